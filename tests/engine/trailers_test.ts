/**
 * Trailer fields (RFC 9110 §6.5) on a whole engine: those of a request's body, whoever reads it and when, and
 * those of an answer.
 *
 * @module
 */

import { BodyError } from "../../reactor/errors.ts";
import type { RequestBody } from "../../reactor/exchange.ts";
import { assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { latin1, settled } from "./fakes.ts";
import { CHUNKED, GET, upload } from "./requests.ts";
import { onRig, type Rig } from "./rig.ts";

const OK = { status: 200, fields: [] };
const FIELDS = ["A", "b", "C-D", "e  f", "X", ""];
const END = "0\r\nA: b\r\nC-D:\t e  f \r\nX:\r\n\r\n";

/** What becomes of a promise, for tests that look before it is due. */
function outcomeOf(promise: Promise<readonly string[]>): { value: unknown } {
  const outcome: { value: unknown } = { value: "pending" };
  promise.then((value) => outcome.value = value, (error) => outcome.value = error);
  return outcome;
}

function bodyOf(rig: Rig): RequestBody {
  return rig.last.exchange.body!;
}

Deno.test("trailers come with the end of the body, however it arrives", async () => {
  const text = "3\r\nabc\r\n" + END;
  for (let cut = 0; cut <= text.length; cut++) {
    await onRig({}, async (rig) => {
      const line = await rig.sent(CHUNKED);
      const trailers = bodyOf(rig).trailers();
      const bytes = bodyOf(rig).readAll();
      await line.wire.send(text.slice(0, cut), text.slice(cut));
      assertEquals(await trailers, FIELDS);
      assertEquals(await bytes, latin1("abc"));
      assertEquals(await bodyOf(rig).trailers(), FIELDS);
      rig.last.exchange.respond(OK, "");
      await settled();
      assertEquals(line.state, "idle");
    });
  }
});

Deno.test("trailers come when the body is discarded or was kept at its answer, too", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(CHUNKED + "3\r\nabc\r\n" + END);
    const asked = outcomeOf(bodyOf(rig).trailers());
    assertEquals(asked.value, "pending");
    rig.last.exchange.respond(OK, "");
    await settled();
    assertEquals([asked.value, line.state], [FIELDS, "idle"]);
    assertEquals(await bodyOf(rig).trailers(), FIELDS);
    const { body } = rig.last.exchange;
    await line.wire.send(CHUNKED + "3\r\nabc\r\n");
    const cancelled = outcomeOf(bodyOf(rig).trailers());
    bodyOf(rig).cancel();
    rig.last.exchange.respond(OK, "");
    await line.wire.send(END);
    await settled();
    assertEquals(body === bodyOf(rig), false);
    assertEquals(cancelled.value === "pending", false);
  });
});

Deno.test("there are no trailers without a chunked body, and none in most of those", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(upload(3));
    assertEquals(await bodyOf(rig).trailers(), []);
    await line.wire.send("abc");
    rig.last.exchange.respond(OK, "");
    await line.wire.send(CHUNKED + "0\r\n\r\n");
    const trailers = bodyOf(rig).trailers();
    await bodyOf(rig).readAll();
    assertEquals(await trailers, []);
  });
});

Deno.test("a field of the trailers is none of the next request's", async () => {
  await onRig({}, async (rig) => {
    await rig.sent(CHUNKED + "0\r\nHost: evil\r\nContent-Length: 5\r\n\r\n" + GET);
    assertEquals((await bodyOf(rig).readAll()).length, 0);
    assertEquals(await bodyOf(rig).trailers(), ["Host", "evil", "Content-Length", "5"]);
    rig.last.exchange.respond(OK, "");
    await settled();
    assertEquals([rig.calls.length, rig.last.method, rig.last.exchange.body], [2, "GET", null]);
  });
});

const BROKEN: [
  name: string,
  after: (rig: Rig, line: Awaited<ReturnType<Rig["sent"]>>) => unknown,
][] = [
  ["the framing is broken", (_, line) => line.wire.send("nonsense\r\n")],
  ["a trailer is malformed", (_, line) => line.wire.send("0\r\na b: c\r\n\r\n")],
  ["there are too many", (_, line) => line.wire.send("0\r\n" + "a: b\r\n".repeat(101) + "\r\n")],
  ["they are too large", (_, line) => line.wire.send(`0\r\na: ${"b".repeat(8_200)}\r\n\r\n`)],
  ["the client ends its side", (_, line) => line.wire.end()],
  ["the connection is cut", (_, line) => line.connection.abort()],
  ["the body is too slow", (rig) => rig.advance(100_000)],
];

for (const [name, after] of BROKEN) {
  Deno.test(`trailers are refused with a BodyError when ${name}`, async () => {
    await onRig({}, async (rig) => {
      const line = await rig.sent(CHUNKED + "3\r\nabc\r\n");
      const body = bodyOf(rig);
      const trailers = outcomeOf(body.trailers());
      const reading = outcomeOf((async () => {
        await body.readAll();
        return [];
      })());
      await after(rig, line);
      await settled();
      assertEquals([trailers.value instanceof BodyError, reading.value instanceof BodyError], [
        true,
        true,
      ]);
      await assertRejects(() => body.trailers(), BodyError);
    });
  });
}

Deno.test("trailers of an answer go out after a chunked body alone", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const { exchange } = rig.last;
    exchange.beginBody(OK, null);
    await exchange.writeBody(latin1("abc"));
    line.got();
    exchange.endBody(["A", "b", "C", "\xe9"]);
    await settled();
    assertEquals([line.got(), line.state], ["0\r\nA: b\r\nC: \xe9\r\n\r\n", "idle"]);
    await line.wire.send(GET);
    rig.last.exchange.beginBody(OK, 3);
    await rig.last.exchange.writeBody(latin1("abc"));
    line.got();
    rig.last.exchange.endBody(["A", "b"]);
    await settled();
    assertEquals([line.got(), line.state], ["", "idle"]);
  });
});

Deno.test("a trailer that cannot be sent throws, and the body can still be ended", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    rig.last.exchange.beginBody(OK, null);
    assertThrows(() => rig.last.exchange.endBody(["A", "b\r\n\r\nHTTP/1.1"]), TypeError);
    rig.last.exchange.endBody(["A", "b"]);
    await settled();
    assertEquals(line.got().endsWith("0\r\nA: b\r\n\r\n"), true);
  });
});
