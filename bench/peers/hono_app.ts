/**
 * The app once more, written as a user of Hono writes it: routed, with Hono's own helpers.
 *
 * @module
 */

import { Hono } from "hono";
import { serveStatic } from "hono/deno";
import { createApp } from "../app.ts";
import { BLOCK, GREETING, JSON_FIELDS } from "../app_values.mjs";

/** Makes the app; where Hono adds nothing, the plain app answers. */
export function createHonoApp(
  options: {
    readonly pageFile: string;
    /** Holds the folder `files`. */
    readonly folder: string;
  },
): Hono {
  const plain = createApp(options);
  const [language = "", id = ""] = JSON_FIELDS;
  const app = new Hono();
  app.get("/", (c) => c.text(GREETING));
  app.get("/json", (c) =>
    c.json({
      path: c.req.path,
      name: c.req.query("name"),
      language: c.req.header(language),
      id: c.req.header(id),
    }));
  app.post("/echo", async (c) => c.json(await c.req.json()));
  app.get("/64k", (c) => c.text(BLOCK));
  app.get("/files/*", serveStatic({ root: options.folder }));
  app.all("*", (c) => plain(c.req.raw));
  return app;
}
