/**
 * A program whose server is traced when OpenTelemetry is on, and knows nothing of it. Its command line
 * names the server, gives its options as JSON, and the address of another server to ask; it prints its
 * port and ends with its stdin. The path says what its handler does.
 */

import { trace } from "@opentelemetry/api";
import {
  serve,
  type ServeHandler,
  type ServeHandlerInfo,
  type ServeTcpOptions,
} from "../../mod.ts";

const [name = "weir", json = "{}", other = ""] = Deno.args;
const tracer = trace.getTracer("app");

function note(name: string): void {
  tracer.startSpan(name).end();
}

const PIECE = new TextEncoder().encode("piece");

const HANDLERS: Record<string, ServeHandler> = {
  "/route": () => {
    const span = trace.getActiveSpan();
    span?.setAttribute("http.route", "/:any");
    span?.updateName("ANY /:any");
    return new Response("routed");
  },
  "/routes": () => {
    trace.getActiveSpan()?.setAttributes({ "http.route": "/:some" });
    return new Response("routed");
  },
  "/throw": async () => {
    await Promise.resolve();
    throw new RangeError("Out of it");
  },
  "/no-response": () => ({}) as Response,
  "/500": () => new Response("broken", { status: 500 }),
  "/404": () => new Response("nothing", { status: 404 }),
  "/inner": async () => {
    note("at once");
    await new Promise((resolve) => setTimeout(resolve, 5));
    note("later");
    await (await fetch(`${other}/asked`)).text();
    return new Response("inner");
  },
  "/pulled": () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          note("pulled");
          controller.enqueue(PIECE);
          controller.close();
        },
      }, { highWaterMark: 0 }),
    ),
  "/breaks": () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(PIECE);
          await new Promise((resolve) => setTimeout(resolve, 20));
          controller.error(new RangeError("Broken off"));
        },
      }),
    ),
  "/endless": () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          controller.enqueue(PIECE);
        },
      }),
    ),
  "/never": (request) =>
    new Promise((_, reject) =>
      request.signal.addEventListener("abort", () => reject(request.signal.reason))
    ),
  "/slow/never": () => new Promise(() => {}),
  "/upgrade": (_, info: ServeHandlerInfo) => {
    const conn = info.upgrade({ headers: { upgrade: "other" } });
    conn.write(PIECE).then(() => conn.close());
    return new Response(null);
  },
};

function handler(request: Request, info: ServeHandlerInfo): Response | Promise<Response> {
  const handle = HANDLERS[new URL(request.url).pathname];
  if (handle !== undefined) return handle(request, info);
  if (request.body === null) return new Response("hello");
  return request.text().then((text) => new Response(text));
}

function onError(): Response {
  note("mended");
  return new Response("failed", { status: 500 });
}

function onListen({ port }: Deno.NetAddr): void {
  console.log(port);
}

const given: ServeTcpOptions & { early?: "ask" | "end" } = JSON.parse(json);
const { early, ...more } = given;
const options = { hostname: "127.0.0.1", port: 0, onListen, onError, ...more };

/** Within a span of the program, of which no request may become a child. */
const server = tracer.startActiveSpan("program", (span) => {
  const server = name === "weir"
    ? serve(options, handler as ServeHandler<Deno.NetAddr>)
    : Deno.serve(options, handler as unknown as Deno.ServeHandler<Deno.NetAddr>);
  span.end();
  return server;
});
const shutdown = server.shutdown as (times?: object) => Promise<unknown>;
const end = () => shutdown.call(server, { deadline: 0, grace: 200 });
if (early === "end") await end();
if (early === "ask") await (await fetch(`http://127.0.0.1:${server.addr.port}/early`)).text();
for await (const _ of Deno.stdin.readable);
await end();
