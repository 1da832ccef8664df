import { assertEquals } from "../support/assert.ts";
import { Hono } from "hono";
import { onWeir, start } from "../support/servers.ts";
import { handlersPool } from "./support.ts";

onWeir("a pool answers inside Hono", async (peer) => {
  await using pool = handlersPool();
  const app = new Hono()
    .get("/hello", (c) => pool(c.req.raw))
    .post("/echo", (c) => pool(c.req.raw))
    .get("/throw", (c) => pool(c.req.raw))
    .onError((error, c) => c.text(error.name, 500));
  await using running = start(peer, (request) => app.fetch(request));
  assertEquals(await (await fetch(running.url("/hello"))).text(), "hello");
  const echo = await fetch(running.url("/echo"), { method: "POST", body: "back" });
  assertEquals(await echo.text(), "back");
  assertEquals(await (await fetch(running.url("/throw"))).text(), "FarError");
});
