/**
 * A real application, written with Hono, on both servers: routes, middleware, JSON, forms, streaming.
 *
 * @module
 */

import { Hono } from "hono";
import { stream, streamSSE, streamText } from "hono/streaming";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { getCookie, setCookie } from "hono/cookie";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { GET, request } from "../support/requests.ts";
import { onBoth, start } from "../support/servers.ts";

function app(): Hono {
  const hono = new Hono();
  hono.use(async (context, next) => {
    await next();
    context.header("X-Seen", context.req.path);
  });
  hono.use("/cors/*", cors());
  hono.use("/etag/*", etag());
  hono.get("/", (context) => context.text("Hello Hono!"));
  hono.get("/users/:id", (context) => {
    return context.json({ id: context.req.param("id"), q: context.req.query("q") ?? null });
  });
  hono.post("/json", async (context) => context.json({ got: await context.req.json() }, 201));
  hono.post("/form", async (context) => {
    const { name, file } = await context.req.parseBody();
    return context.text(
      `${name} ${file instanceof File ? `${file.name} ${await file.text()}` : ""}`,
    );
  });
  hono.get("/text", (context) => {
    return streamText(context, async (out) => {
      for (const word of ["one ", "two ", "three"]) await out.write(word);
    });
  });
  hono.get("/events", (context) => {
    return streamSSE(context, async (out) => {
      for (const id of ["1", "2"]) await out.writeSSE({ id, data: `event ${id}` });
    });
  });
  hono.post("/echo", (context) => {
    return stream(context, async (out) => {
      const body = context.req.raw.body;
      if (body) await out.pipe(body);
    });
  });
  hono.get("/cookie", (context) => {
    setCookie(context, "a", "1");
    setCookie(context, "b", "2");
    return context.json(getCookie(context));
  });
  hono.get("/cors/x", (context) => context.text("x"));
  hono.get("/etag/x", (context) => context.text("x"));
  hono.get("/moved", (context) => context.redirect("/", 301));
  hono.get("/throws", () => {
    throw new Error("Boom");
  });
  hono.onError((error, context) => context.text(`Own: ${error.message}`, 500));
  hono.notFound((context) => context.text("Own 404", 404));
  return hono;
}

const BOUNDARY = "----b";
const FORM = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="name"',
  "",
  "me",
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="f.txt"',
  "Content-Type: text/plain",
  "",
  "inside",
  `--${BOUNDARY}--`,
  "",
].join("\r\n");

interface Row {
  readonly raw: string;
  readonly status?: number;
  readonly text: string | RegExp;
  readonly fields?: Readonly<Record<string, string | RegExp>>;
}

const JSON_TYPE = "Content-Type: application/json";
const ROWS: Readonly<Record<string, Row>> = {
  "a text": {
    raw: GET,
    text: "Hello Hono!",
    fields: { "x-seen": "/", "content-type": /^text\/plain/ },
  },
  "a parameter and a query": {
    raw: request({ target: "/users/7?q=a%20b" }),
    text: '{"id":"7","q":"a b"}',
    fields: { "content-type": /^application\/json/ },
  },
  "JSON in and out": {
    raw: request({ target: "/json", body: '{"a":[1]}', fields: [JSON_TYPE] }),
    status: 201,
    text: '{"got":{"a":[1]}}',
  },
  "a form with a file": {
    raw: request({
      target: "/form",
      body: FORM,
      fields: [`Content-Type: multipart/form-data; boundary=${BOUNDARY}`],
    }),
    text: "me f.txt inside",
  },
  "streamed text": { raw: request({ target: "/text" }), text: "one two three" },
  "events": {
    raw: request({ target: "/events" }),
    text: /^data: event 1\nid: 1\n\ndata: event 2\nid: 2\n\n$/,
    fields: { "content-type": /^text\/event-stream/ },
  },
  "a body piped back": {
    raw: request({ target: "/echo", body: "there and back" }),
    text: "there and back",
  },
  "cookies": { raw: request({ target: "/cookie", fields: ["Cookie: c=3"] }), text: '{"c":"3"}' },
  "CORS": {
    raw: request({ target: "/cors/x", fields: ["Origin: http://o"] }),
    text: "x",
    fields: { "access-control-allow-origin": "*" },
  },
  "a preflight": {
    raw: request({
      method: "OPTIONS",
      target: "/cors/x",
      fields: ["Origin: http://o", "Access-Control-Request-Method: PUT"],
    }),
    status: 204,
    text: "",
  },
  "an entity tag": { raw: request({ target: "/etag/x" }), text: "x", fields: { "etag": /^"/ } },
  "a redirect": {
    raw: request({ target: "/moved" }),
    status: 301,
    text: "",
    fields: { "location": "/" },
  },
  "an error": { raw: request({ target: "/throws" }), status: 500, text: "Own: Boom" },
  "no route": { raw: request({ target: "/none" }), status: 404, text: "Own 404" },
  "HEAD": {
    raw: request({ method: "HEAD" }),
    text: "",
    fields: { "x-seen": "/" },
  },
};

for (const [name, { raw, status = 200, text, fields = {} }] of Object.entries(ROWS)) {
  onBoth(`Hono: ${name}`, async (peer) => {
    await using running = start(peer, app().fetch);
    using client = await running.connect();
    // Twice on one connection: it is kept alive.
    for (let turn = 0; turn < 2; turn++) {
      const answer = await client.ask(raw);
      assertEquals(answer.status, status, answer.text);
      assert(answer.header("connection") !== "close");
      if (typeof text === "string") assertEquals(answer.text, text);
      else assertMatch(answer.text, text);
      for (const [field, value] of Object.entries(fields)) {
        if (typeof value === "string") assertEquals(answer.header(field), value);
        else assertMatch(answer.header(field) ?? "", value);
      }
    }
    assertEquals(running.errors, []);
  });
}

onBoth("Hono: 304 to a known entity tag", async (peer) => {
  await using running = start(peer, app().fetch);
  using client = await running.connect();
  const tag = (await client.ask(request({ target: "/etag/x" }))).header("etag") ?? "";
  const fields = [`If-None-Match: ${tag}`];
  assertEquals((await client.ask(request({ target: "/etag/x", fields }))).status, 304);
  assertEquals((await client.ask(GET)).text, "Hello Hono!");
});

onBoth("Hono: set-cookie lines stay apart", async (peer) => {
  await using running = start(peer, app().fetch);
  using client = await running.connect();
  const answer = await client.ask(request({ target: "/cookie" }));
  assertEquals(answer.headers("set-cookie"), ["a=1; Path=/", "b=2; Path=/"]);
});
