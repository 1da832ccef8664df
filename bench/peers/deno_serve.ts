/** Peer: the app on Deno.serve. */

import { createApp } from "../app.ts";

const [port, pageFile = ""] = Deno.args;
Deno.serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  createApp({ pageFile }),
);
