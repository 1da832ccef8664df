/**
 * Interim answers (RFC 9110 §15.2) on a whole engine: what goes out, when, and when nothing does.
 *
 * @module
 */

import { assertEquals, assertThrows } from "../support/assert.ts";
import { settled } from "./fakes.ts";
import { GET, head, request } from "./requests.ts";
import { type Handle, onRig } from "./rig.ts";

const HINTS = { status: 103, fields: ["Link", "</a.css>; rel=preload"] };
const HINTS_TEXT = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
const OK = { status: 200, fields: [] };

Deno.test("an interim answer goes out at once, as often as it is sent, and then the answer", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    assertEquals(rig.last.exchange.interim(HINTS), true);
    await settled();
    assertEquals(line.got(), HINTS_TEXT);
    assertEquals(rig.last.exchange.interim({ status: 102, fields: [] }), true);
    await settled();
    assertEquals(line.got(), "HTTP/1.1 102 Processing\r\n\r\n");
    assertEquals([line.state, rig.last.exchange.responded], ["handling", false]);
    rig.last.exchange.respond(OK, "x");
    await settled();
    assertEquals([line.statuses(), rig.last.outcome, line.state], [[200], "delivered", "idle"]);
  });
});

Deno.test("an interim answer sent from within the call comes before the answer", async () => {
  const handle: Handle = ({ exchange }) => {
    exchange.interim(HINTS);
    exchange.interim(HINTS);
    exchange.respond(OK, "x");
  };
  await onRig({ handle }, async (rig) => {
    const line = await rig.sent(GET + GET);
    await settled();
    assertEquals(line.statuses(), [103, 103, 200, 103, 103, 200]);
    assertEquals(line.state, "idle");
  });
});

Deno.test("nothing goes out to HTTP/1.0, once the answer has begun, and after the end", async () => {
  await onRig({}, async (rig) => {
    const old = await rig.sent(head("GET / HTTP/1.0"));
    assertEquals(rig.last.exchange.interim(HINTS), false);
    await settled();
    assertEquals(old.got(), "");
    const line = await rig.sent(GET);
    rig.last.exchange.beginBody(OK, null);
    assertEquals(rig.last.exchange.interim(HINTS), false);
    rig.last.exchange.endBody();
    await settled();
    assertEquals(rig.last.exchange.interim(HINTS), false);
    assertEquals(line.statuses(), [200]);
    const gone = await rig.sent(GET);
    gone.connection.abort();
    await settled();
    assertEquals(rig.last.exchange.interim(HINTS), false);
  });
});

Deno.test("a field that cannot be sent throws, and nothing goes out", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    for (const fields of [["a b", "c"], ["a", "b\r\nc: d"], ["a", "\0"]]) {
      assertThrows(() => rig.last.exchange.interim({ status: 103, fields }), TypeError);
    }
    await settled();
    assertEquals(line.got(), "");
    rig.last.exchange.respond(OK, "");
    await settled();
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("an interim answer comes after the answers before it, and besides a 100", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(
      GET + request({ fields: ["Expect: 100-continue", "Content-Length: 1"] }),
    );
    rig.last.exchange.respond(OK, "first");
    await settled();
    const { exchange } = rig.last;
    exchange.interim(HINTS);
    const body = exchange.body!.readAll();
    await settled();
    await line.wire.send("x");
    assertEquals((await body).length, 1);
    exchange.respond(OK, "second");
    await settled();
    assertEquals(line.statuses(), [200, 103, 100, 200]);
  });
});

Deno.test("a client that takes no interim answer is cut by the write time-out", async () => {
  await onRig({ timeouts: { write: 1_000 } }, async (rig) => {
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET);
    rig.last.exchange.interim(HINTS);
    await rig.advance(20_000);
    assertEquals(line.reason, "write_timeout");
  });
});
