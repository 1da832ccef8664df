/** Peer: the Hono app on Deno.serve. */

import { createHonoApp } from "./hono_app.ts";

const [port, pageFile = "", folder = ""] = Deno.args;
Deno.serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  createHonoApp({ pageFile, folder }).fetch,
);
