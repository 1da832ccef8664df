import { assertEquals } from "../support/assert.ts";
import { Hono } from "hono";
import { FakeBody, received } from "./fake_exchange.ts";

function app(): Hono {
  return new Hono()
    .get("/users/:id", (c) =>
      c.json({
        id: c.req.param("id"),
        query: c.req.query("q"),
        header: c.req.header("x-one"),
        all: c.req.header(),
        path: c.req.path,
      }))
    .post("/json", async (c) => c.json(await c.req.json()))
    .post("/form", async (c) => c.json(await c.req.parseBody()))
    .post("/raw", async (c) => c.text(await c.req.raw.clone().text() + await c.req.text()))
    .notFound((c) => c.text("none", 404));
}

Deno.test("Hono reads path, parameters, query and fields", async () => {
  const { request } = received(["GET /users/7%20a?q=%C3%A9 HTTP/1.1", "Host: h", "X-One: 1"]);
  const response = await app().fetch(request);
  assertEquals(await response.json(), {
    id: "7 a",
    query: "é",
    header: "1",
    all: { host: "h", "x-one": "1" },
    path: "/users/7 a",
  });
});

Deno.test("Hono reads bodies", async () => {
  const fields = (type: string) => ["Host: h", `Content-Type: ${type}`];
  const ask = async (line: string, type: string, content: string) => {
    const body = new FakeBody({ pieces: [content] });
    const { request } = received([line, ...fields(type)], { body });
    return await (await app().fetch(request)).text();
  };
  assertEquals(await ask("POST /json HTTP/1.1", "application/json", '{"a":1}'), '{"a":1}');
  const form = "application/x-www-form-urlencoded";
  assertEquals(await ask("POST /form HTTP/1.1", form, "a=1&b=2"), '{"a":"1","b":"2"}');
  assertEquals(await ask("POST /raw HTTP/1.1", "text/plain", "ab"), "abab");
});

Deno.test("Hono answers a HEAD and an unknown path", async () => {
  const { request } = received(["HEAD /nowhere HTTP/1.1", "Host: h"]);
  assertEquals((await app().fetch(request)).status, 404);
});
