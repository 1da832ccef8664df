/**
 * A program with a provider of its own, which fails at every call; its server must still answer. It
 * prints its port and ends with its stdin.
 */

import { trace, type Tracer, type TracerProvider } from "@opentelemetry/api";
import { serve } from "../../mod.ts";

function fail(): never {
  throw new Error("The provider is broken");
}

const tracer: Tracer = { startSpan: fail, startActiveSpan: fail };
const provider: TracerProvider = { getTracer: () => tracer };
trace.setGlobalTracerProvider(provider);

const options = {
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }: Deno.NetAddr) => console.log(port),
};
const server = serve(options, () => new Response("hello"));
for await (const _ of Deno.stdin.readable);
await server.shutdown({ deadline: 0, grace: 0 });
