/** Peer: the Hono app on Weir. */

import { serve } from "../../mod.ts";
import { createHonoApp } from "./hono_app.ts";

const [port, pageFile = "", folder = ""] = Deno.args;
serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  createHonoApp({ pageFile, folder }).fetch,
);
