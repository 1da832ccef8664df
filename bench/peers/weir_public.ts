/** Peer: the app on Weir, with every Response taken apart through its public interface only. */

import { takeApart } from "../../handlers/fetch/response.ts";
import { serve } from "../../mod.ts";
import { createApp } from "../app.ts";

takeApart("public");
const [port, pageFile = ""] = Deno.args;
serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  createApp({ pageFile }),
);
