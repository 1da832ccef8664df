/**
 * A program that serves the folder named on its command line, or none, prints its port, and ends with
 * its stdin. With `--expose-gc` among V8's flags, `/_memory` tells how many bytes it holds.
 */

import { serve, staticFiles } from "../../mod.ts";

const [root] = Deno.args;
const files = root === undefined ? null : staticFiles(root, { listing: true });

/** Twice, with a pause: what buffers held is freed beside the program. */
async function memory(): Promise<Response> {
  const { gc } = globalThis as { gc?: () => void };
  for (let count = 0; count < 2; count++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return new Response(String(heapUsed + external));
}

const server = serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
  (request, info) => {
    if (request.url.endsWith("/_memory")) return memory();
    return files === null ? new Response("hello") : files(request, info);
  },
);
for await (const _ of Deno.stdin.readable);
await server.shutdown({ deadline: 0, grace: 0 });
