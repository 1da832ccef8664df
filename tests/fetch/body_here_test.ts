/**
 * A body that is here when its stream is asked for: the platform's own stream of its bytes, and for whoever
 * reads it no different from one that is on its way.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { FakeBody, latin1, received } from "./fake_exchange.ts";

const READERS = ["text", "json", "bytes", "arrayBuffer", "blob", "formData"] as const;

function post(content = "abc"): { readonly request: Request; readonly body: FakeBody } {
  const body = new FakeBody({ pieces: [content], here: true });
  return { request: received(["POST /x HTTP/1.1", "Host: h"], { body }).request, body };
}

Deno.test("a body that is here is taken when its stream is asked for, and is not used by that", async () => {
  const { request, body } = post();
  assertEquals(body.calls, []);
  const stream = request.body!;
  assertEquals(body.calls, ["readAll"]);
  assertEquals([stream === request.body, stream.locked, request.bodyUsed], [true, false, false]);
  assertEquals(await request.text(), "abc");
  assertEquals([stream.locked, request.bodyUsed, body.calls.length], [true, true, 1]);
});

const outcomeOf = (reader: (typeof READERS)[number]) => async (request: Request) => {
  try {
    return Deno.inspect(await request[reader]());
  } catch (error) {
    return String(error);
  }
};

for (const reader of READERS) {
  Deno.test(`${reader}() reads a body whose stream was looked at, once`, async () => {
    const { request } = post("{}");
    assert(request.body);
    const { request: other } = post("{}");
    const [looked, plain] = await Promise.all([request, other].map(outcomeOf(reader)));
    assertEquals(looked, plain);
    await assertRejects(() => request[reader](), TypeError);
    assertEquals(request.bodyUsed, true);
  });
}

Deno.test("the stream of a body that is here can be iterated, cancelled, locked and released", async () => {
  assertEquals(await Array.fromAsync(post().request.body!), [latin1("abc")]);

  const { request: cancelled } = post();
  await cancelled.body!.cancel();
  assertEquals(cancelled.bodyUsed, true);

  const { request } = post();
  const reader = request.body!.getReader();
  await assertRejects(() => request.text(), TypeError);
  assertThrows(() => request.clone(), TypeError);
  assertThrows(() => new Request(request), TypeError);
  reader.releaseLock();
  assertEquals(request.bodyUsed, false);
  assertEquals(await request.text(), "abc");
});

Deno.test("a reader may bring its own buffer", async () => {
  const { request } = post();
  const reader = request.body!.getReader({ mode: "byob" });
  assertEquals([request.body!.locked, request.bodyUsed], [true, false]);
  assertEquals(await reader.read(new Uint8Array(2)), { value: latin1("ab"), done: false });
  assertEquals(await reader.read(new Uint8Array(2)), { value: latin1("c"), done: false });
  assertEquals((await reader.read(new Uint8Array(2))).done, true);
  assertEquals(request.bodyUsed, true);

  const empty = received(["POST / HTTP/1.1", "Host: h"]).request.body!;
  assertEquals((await empty.getReader({ mode: "byob" }).read(new Uint8Array(2))).done, true);

  const { request: given } = post();
  await given.body!.getReader({ mode: "byob" }).cancel();
  assertEquals(given.bodyUsed, true);
});

Deno.test("clone() gives two readable bodies, before and after a look at the stream", async () => {
  for (const look of [false, true]) {
    const { request } = post();
    if (look) assert(request.body);
    const copy = request.clone();
    assertEquals([await copy.text(), request.bodyUsed, copy.bodyUsed], ["abc", false, true]);
    assertEquals(await Array.fromAsync(request.body!), [latin1("abc")]);
    assertEquals(request.bodyUsed, true);
  }
});

Deno.test("new Request() takes the body, before and after a look at the stream", async () => {
  for (const look of [false, true]) {
    const { request } = post();
    if (look) assert(request.body);
    const taker = new Request(request);
    assertEquals(request.bodyUsed, true);
    await assertRejects(() => request.text(), TypeError);
    assertEquals(await taker.text(), "abc");
  }
});

Deno.test("the stream has bytes of its own", async () => {
  const shared = latin1("xabcx");
  const body = new FakeBody({ pieces: [shared.subarray(1, 4)], here: true });
  const { request } = received(["POST / HTTP/1.1", "Host: h"], { body });
  const stream = request.body!;
  shared.fill(0);
  assertEquals((await stream.getReader().read()).value, latin1("abc"));
});
