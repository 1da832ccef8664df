/**
 * hono/deno's `upgradeWebSocket`, which calls `Deno.upgradeWebSocket` with the request that the server
 * handed out: it works without change when that function is Weir's.
 *
 * @module
 */

import { Hono } from "hono";
import { cors } from "hono/cors";
import { upgradeWebSocket as honoUpgrade } from "hono/deno";
import { upgradeWebSocket } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { start, WEIR } from "../support/servers.ts";
import { until, within } from "../support/time.ts";
import { close, frame, lineOf, nextFrame, opened, TEXT } from "./raw_socket.ts";

/** Puts Weir's function in the place of Deno's until it is disposed of. */
function replaced(): Disposable {
  const original = Deno.upgradeWebSocket;
  Object.assign(Deno, { upgradeWebSocket });
  return { [Symbol.dispose]: () => Object.assign(Deno, { upgradeWebSocket: original }) };
}

function app(events: string[]): Hono {
  const hono = new Hono();
  hono.use("/cors", cors());
  const upgrade = honoUpgrade((context) => ({
    onOpen: (_, socket) => {
      events.push(`open ${context.req.path} ${socket.readyState} ${socket.protocol}`);
    },
    onMessage: ({ data }, socket) => {
      events.push(`message ${data}`);
      socket.send(`got ${data}`);
    },
    onClose: ({ code }) => events.push(`close ${code}`),
    onError: () => events.push("error"),
  }));
  hono.get("/chat", upgrade);
  hono.get("/cors", upgrade);
  hono.get("/plain", (context) => context.text("plain"));
  return hono;
}

for (const path of ["/chat", "/cors"]) {
  Deno.test(`hono/deno's upgradeWebSocket on ${path}`, async () => {
    using _ = replaced();
    const events: string[] = [];
    await using server = start(WEIR, app(events).fetch);
    using client = await opened(server, ["Sec-WebSocket-Protocol: chat, other"], path);
    await client.send(frame(TEXT, "hi"));
    assertEquals(lineOf(await nextFrame(client)), "text:got hi");
    await client.send(close(4000));
    assertEquals(lineOf(await nextFrame(client)), "close:4000");
    client.close();
    await until(() => events.length === 3, "the close event");
    assertEquals(events, [`open ${path} 1 chat`, "message hi", "close 4000"]);
    assertEquals(server.errors, []);
  });
}

Deno.test("hono/deno's upgradeWebSocket answers a plain request as hono does", async () => {
  using _ = replaced();
  await using server = start(WEIR, app([]).fetch);
  assertEquals((await within(fetch(server.url("/chat")), "an answer")).status, 404);
  const answer = await fetch(server.url("/plain"));
  assertEquals(await answer.text(), "plain");
});
