/** Peer: the app on Weir, with all its default time-outs and limits. */

import { serve, staticFiles } from "../../mod.ts";
import { createApp } from "../app.ts";

const [port, pageFile = "", folder = ""] = Deno.args;
serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  createApp({ pageFile, files: staticFiles(folder) }),
);
