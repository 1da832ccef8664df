/**
 * A server with TLS in a process of its own; prints its port and ends with its stdin. The options come as
 * JSON on the command line, the handler answers with as many bytes as the path says.
 *
 * @module
 */

import { serve } from "../../mod.ts";

const server = serve(
  { ...JSON.parse(Deno.args[0]!), hostname: "127.0.0.1", port: 0, onListen() {} },
  ({ url }) => new Response("x".repeat(Number(new URL(url).pathname.slice(1)) || 2)),
);
// Like every program that takes signals: the runtime sets them up in its first moments, and without a
// free descriptor it panics then (Deno 2.9.6).
Deno.addSignalListener("SIGHUP", () => {});
console.log(server.addr.port);
for await (const _ of Deno.stdin.readable);
await server.shutdown({ deadline: 0, grace: 0 });
Deno.exit();
