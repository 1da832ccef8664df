/** Peer: the app on Weir, watched by what the last argument says: `metrics`, or a `trace` that is read. */

import { Metrics, serve } from "../../mod.ts";
import { createApp } from "../app.ts";

const [port, pageFile = "", , watcher] = Deno.args;
const server = serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  createApp({ pageFile }),
);
if (watcher === "metrics") new Metrics().observe(server);
else for await (const _event of server.trace());
