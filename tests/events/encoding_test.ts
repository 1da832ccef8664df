/**
 * What goes over the wire for each event, what a client makes of it, and what is refused.
 *
 * @module
 */

import { loadEncoder, type ServerSentEvent } from "../../handlers/events/encoding.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { within } from "../support/time.ts";
import { streamServer } from "./stream_client.ts";

const encode = await loadEncoder();

interface Row {
  readonly event: ServerSentEvent | string;
  readonly text: string;
  /** What the client dispatches, as type, data and lastEventId; `null` for nothing. */
  readonly seen: readonly [type: string, data: string, id: string] | null;
}

const ROWS: readonly Row[] = [
  { event: "hello", text: "data: hello\n\n", seen: ["message", "hello", ""] },
  { event: { data: "hello" }, text: "data: hello\n\n", seen: ["message", "hello", ""] },
  { event: "", text: "data: \n\n", seen: ["message", "", ""] },
  { event: " a  b ", text: "data:  a  b \n\n", seen: ["message", " a  b ", ""] },
  { event: "a\nb", text: "data: a\ndata: b\n\n", seen: ["message", "a\nb", ""] },
  { event: "a\rb", text: "data: a\ndata: b\n\n", seen: ["message", "a\nb", ""] },
  { event: "a\r\nb", text: "data: a\ndata: b\n\n", seen: ["message", "a\nb", ""] },
  { event: "a\n\rb", text: "data: a\ndata: \ndata: b\n\n", seen: ["message", "a\n\nb", ""] },
  { event: "\n", text: "data: \ndata: \n\n", seen: ["message", "\n", ""] },
  { event: "a\n", text: "data: a\ndata: \n\n", seen: ["message", "a\n", ""] },
  {
    event: "a\n\nevent: b",
    text: "data: a\ndata: \ndata: event: b\n\n",
    seen: ["message", "a\n\nevent: b", ""],
  },
  { event: "data: x", text: "data: data: x\n\n", seen: ["message", "data: x", ""] },
  { event: ":x", text: "data: :x\n\n", seen: ["message", ":x", ""] },
  {
    event: "\u2028\u0085\v\f",
    text: "data: \u2028\u0085\v\f\n\n",
    seen: ["message", "\u2028\u0085\v\f", ""],
  },
  { event: "\ufeffa", text: "data: \ufeffa\n\n", seen: ["message", "\ufeffa", ""] },
  { event: "a\0b", text: "data: a\0b\n\n", seen: ["message", "a\0b", ""] },
  { event: "é\u{1f600}", text: "data: é\u{1f600}\n\n", seen: ["message", "é\u{1f600}", ""] },
  { event: "\ud800", text: "data: \ufffd\n\n", seen: ["message", "\ufffd", ""] },
  {
    event: { event: "tick", data: "1" },
    text: "event: tick\ndata: 1\n\n",
    seen: ["tick", "1", ""],
  },
  {
    event: { event: " tick", data: "1" },
    text: "event:  tick\ndata: 1\n\n",
    seen: [" tick", "1", ""],
  },
  { event: { event: "tick" }, text: "event: tick\ndata: \n\n", seen: ["tick", "", ""] },
  { event: { event: "", data: "1" }, text: "data: 1\n\n", seen: ["message", "1", ""] },
  { event: { id: "7", data: "x" }, text: "id: 7\ndata: x\n\n", seen: ["message", "x", "7"] },
  { event: { id: 7, data: "x" }, text: "id: 7\ndata: x\n\n", seen: ["message", "x", "7"] },
  { event: { id: " 7 ", data: "x" }, text: "id:  7 \ndata: x\n\n", seen: ["message", "x", " 7 "] },
  { event: { id: "é", data: "x" }, text: "id: é\ndata: x\n\n", seen: ["message", "x", "é"] },
  { event: { id: "", data: "x" }, text: "id: \ndata: x\n\n", seen: ["message", "x", ""] },
  { event: { id: "8" }, text: "id: 8\n\n\n", seen: null },
  { event: { retry: 0 }, text: "retry: 0\n\n\n", seen: null },
  {
    event: { retry: 5_000, data: "x" },
    text: "retry: 5000\ndata: x\n\n",
    seen: ["message", "x", ""],
  },
  { event: { comment: "" }, text: ": \n\n", seen: null },
  { event: { comment: "a\r\nb\ndata: c" }, text: ": a\n: b\n: data: c\n\n", seen: null },
  { event: { comment: "c", data: "x" }, text: ": c\n\ndata: x\n\n", seen: ["message", "x", ""] },
  {
    event: { comment: "c", data: "x", id: "1", event: "e", retry: 9 },
    text: ": c\n\nevent: e\nretry: 9\nid: 1\ndata: x\n\n",
    seen: ["e", "x", "1"],
  },
];

for (const { event, text, seen } of ROWS) {
  Deno.test(`the event ${JSON.stringify(event)} is written as ${JSON.stringify(text)}`, () => {
    assertEquals(new TextDecoder("utf-8", { ignoreBOM: true }).decode(encode(event)), text);
  });

  Deno.test(`a client dispatches ${JSON.stringify(event)} as ${JSON.stringify(seen)}`, async () => {
    const type = seen?.[0] ?? "message";
    const got = await dispatched([event, { event: "end", data: "end" }], ["message", type, "end"]);
    const [first, end] = got;
    if (seen === null) assertEquals([first!.type, got.length], ["end", 1]);
    else assertEquals([first!.type, first!.data, first!.lastEventId], [...seen]);
    assertEquals((end ?? first)!.type, "end");
  });
}

/** What the runtime's own EventSource makes of a stream up to the event `end`. */
async function dispatched(
  events: readonly (ServerSentEvent | string)[],
  types: readonly string[],
): Promise<MessageEvent[]> {
  await using server = streamServer(({ send }) => {
    for (const event of events) send(event);
  });
  const client = new EventSource(`http://127.0.0.1:${server.addr.port}/`);
  const got: MessageEvent[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const type of new Set(types)) {
    client.addEventListener(type, (event) => {
      got.push(event as MessageEvent);
      if (type === "end") resolve();
    });
  }
  await within(promise, "the last event");
  client.close();
  return got;
}

const REFUSED: readonly [event: unknown, message: string][] = [
  [undefined, "expected an object or a string, received undefined"],
  [null, "expected an object or a string, received null"],
  [7, "expected an object or a string, received a number"],
  [{}, "it has none of data, event, id, retry and comment"],
  [{ type: "tick" }, "it has none of data, event, id, retry and comment"],
  [{ data: 7 }, "its data has to be a string, received a number"],
  [{ data: { a: 1 } }, "its data has to be a string, received an object"],
  [{ data: null }, "its data has to be a string, received null"],
  [{ comment: 7 }, "its comment has to be a string, received a number"],
  [{ event: "a\nb", data: "x" }, "its event contains a line break"],
  [{ event: "a\rb", data: "x" }, "its event contains a line break"],
  [{ event: 7, data: "x" }, "its event has to be a string, received a number"],
  [{ id: "a\nb", data: "x" }, "its id contains a line break"],
  [{ id: "a\r", data: "x" }, "its id contains a line break"],
  [{ id: "a\0", data: "x" }, "its id contains a NUL"],
  [{ id: null, data: "x" }, "its id has to be a string, received null"],
  [{ retry: -1 }, "its retry has to be a whole number of milliseconds"],
  [{ retry: 1.5 }, "its retry has to be a whole number of milliseconds"],
  [{ retry: 1e21 }, "its retry has to be a whole number of milliseconds"],
  [{ retry: "5" }, "its retry has to be a whole number of milliseconds"],
];

for (const [event, message] of REFUSED) {
  Deno.test(`the event ${JSON.stringify(event)} is refused: ${message}`, () => {
    const error = assertThrows(() => encode(event as ServerSentEvent), TypeError);
    assertEquals((error as Error).message, `Cannot send the event: ${message}`);
  });
}

Deno.test("properties that are undefined are as if they were not there", () => {
  const event = { data: "x", id: undefined, event: undefined } as unknown as ServerSentEvent;
  assertEquals(new TextDecoder().decode(encode(event)), "data: x\n\n");
});

Deno.test("a long text of many lines is written in linear time", () => {
  const begin = performance.now();
  const bytes = encode("x\n".repeat(200_000));
  assert(bytes.length > 1_000_000);
  assert(performance.now() - begin < 2_000);
});
