/**
 * A server of event streams in a process of its own, which says what it holds: for each line on stdin a line
 * on stdout. `count`: open streams and used heap in bytes, after a collection; `send N`: sends N bytes to
 * every stream.
 *
 * @module
 */

import { type EventSink, eventStream, serve } from "../../mod.ts";

declare const gc: () => void;

const sinks = new Set<EventSink>();
const server = serve(
  { hostname: "127.0.0.1", port: 0, onListen: () => {} },
  (request) =>
    eventStream(request, (events) => {
      sinks.add(events);
      return () => void sinks.delete(events);
    }, { heartbeat: 5_000 }),
);
console.log(server.addr.port);

for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const [command, size] = text.trim().split(" ");
  if (command === "send") { for (const { send } of sinks) send("x".repeat(Number(size))); }
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let i = 0; i < 3; i++) gc();
  const { heapUsed, external, rss } = Deno.memoryUsage();
  console.log(JSON.stringify({ streams: sinks.size, bytes: heapUsed + external, rss }));
}
const begin = performance.now();
const { forced } = await server.shutdown({ deadline: 10_000 });
console.log(JSON.stringify({ forced, ms: performance.now() - begin }));
