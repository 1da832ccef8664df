/**
 * A program that uses the library alone. Its options come as JSON on the command line, a certificate and
 * its key as text among them; it prints its port or path, and ends with its stdin. Its handler knows the
 * ways in which an answer can be given: a string, a stream, the request's body, an upgrade, never. Queue,
 * health checks, status page, metrics and a trace are there too; with `log` among the options, which is no
 * option of `serve`, an access log on stderr.
 */

import {
  AccessLog,
  type Conn,
  Health,
  Metrics,
  serve,
  type ServeHandlerInfo,
  type ServeTcpOptions,
  type ServeUnixOptions,
  StatusPage,
} from "../../mod.ts";

async function shout(conn: Conn): Promise<void> {
  const into = new Uint8Array(64);
  for (let count = await conn.read(into); count !== null; count = await conn.read(into)) {
    const text = new TextDecoder().decode(into.subarray(0, count)).toUpperCase();
    await conn.write(new TextEncoder().encode(text));
  }
  conn.close();
}

const health = new Health();
const status = new StatusPage();
const metrics = new Metrics();
let traced = 0;

function handler(request: Request, info: ServeHandlerInfo): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/_weir/")) return status.handler(request, info);
  switch (pathname) {
    case "/metrics":
      return metrics.handler(request);
    case "/traced":
      return new Response(`${traced}`);
    case "/readyz":
      return health.handler(request);
    case "/stream":
      return new Response(new Blob(["streamed"]).stream());
    case "/echo":
      return request.text().then((text) => new Response(text));
    case "/never":
      return new Promise(() => {});
    case "/upgrade":
      shout(info.upgrade({ headers: { connection: "Upgrade", upgrade: "shout" } }));
      return new Response(null);
    default:
      return new Response("hello");
  }
}

const shared = {
  timeouts: { handler: 300, head: 300 },
  overrides: [{ path: "/echo", limits: { bodyBytes: 1_000_000 } }],
  automaticCompression: true,
};
const { log, ...rest } = JSON.parse(Deno.args[0] ?? "{}");
const given: ServeTcpOptions | ServeUnixOptions = rest;
const server = "path" in given
  ? serve({ ...shared, ...given, onListen: () => console.log(0) }, handler)
  : serve({ ...shared, ...given, onListen: ({ port }) => console.log(port) }, handler);
health.observe(server);
status.observe(server);
metrics.observe(server);
countEvents();
const accessLog = log ? new AccessLog() : null;
accessLog?.observe(server);
for await (const _ of Deno.stdin.readable);
await server.shutdown({ deadline: 0, grace: 0 });
await accessLog?.close();

async function countEvents(): Promise<void> {
  for await (const _ of server.trace()) traced++;
}
