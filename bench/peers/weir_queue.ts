/** Peer: the app on Weir with a queue, whose `maxActive` is the last argument. */

import { serve } from "../../mod.ts";
import { createApp } from "../app.ts";

const [port, pageFile = "", , maxActive] = Deno.args;
serve(
  {
    hostname: "127.0.0.1",
    port: Number(port),
    onListen() {},
    queue: { maxActive: maxActive === "auto" ? "auto" : Number(maxActive) },
  },
  createApp({ pageFile }),
);
