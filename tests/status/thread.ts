/**
 * A thread with a server of its own that is watched from outside, for the tests of samples.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { Sampler } from "../../handlers/status/sampler.ts";
import { serve } from "../../mod.ts";

/** What the thread is told; a sample is its answer to `sample`. */
export type ToldThread = { readonly watch: boolean } | "sample" | { readonly close: number };

/** How long `/loop` holds the thread, in milliseconds. */
const LOOP_MS = 1_500;

const server = serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
  if (new URL(request.url).pathname === "/loop") {
    const end = performance.now() + LOOP_MS;
    while (performance.now() < end);
  }
  return new Response("x");
});

let sampler: Sampler | null = null;

self.onmessage = ({ data }: MessageEvent<ToldThread>) => {
  if (data === "sample") return self.postMessage(sampler!.take());
  if ("close" in data) return closeById(data.close);
  sampler?.stop();
  sampler = data.watch ? new Sampler(server) : null;
};

self.postMessage(server.addr.port);

function closeById(id: number): void {
  for (const each of server.connections) if (each.id === id) each.close();
}
