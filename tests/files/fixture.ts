/**
 * A program that serves the folder named on its command line, or none, prints its port, and ends with
 * its stdin.
 */

import { serve, staticFiles } from "../../mod.ts";

const [root] = Deno.args;
const server = serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) },
  root === undefined ? () => new Response("hello") : staticFiles(root, { listing: true }),
);
for await (const _ of Deno.stdin.readable);
await server.shutdown({ deadline: 0, grace: 0 });
