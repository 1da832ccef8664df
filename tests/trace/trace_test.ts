import type { TraceEvent, TraceOptions } from "../../mod.ts";
import { ABSENT_MS } from "../../handlers/trace/attendance.ts";
import { trace } from "../../handlers/trace/trace.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { answers, Rig } from "../engine/rig.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

async function all(events: AsyncIterable<TraceEvent>): Promise<TraceEvent[]> {
  const list: TraceEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

function steps(events: readonly TraceEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "lost") return `lost ${event.events}`;
    if (event.type === "drop") {
      return `drop ${event.reason} ${event.droppedBytes} ${event.droppedRequests} in ${event.state}`;
    }
    return `${event.oldState} ${event.newState} ${event.ms}`;
  });
}

async function life(options: TraceOptions): Promise<TraceEvent[]> {
  const rig = new Rig({ handle: answers("hello") });
  const events = trace(rig.reactor, options);
  const line = await rig.sent(GET);
  await rig.advance(500);
  await line.wire.send("GET");
  await line.wire.reset();
  await rig.finish();
  return await all(events);
}

const STATES = [
  "null idle 0",
  "idle head 0",
  "head handling 0",
  "handling writing 0",
  "writing idle 0",
  "idle head 500",
  "head closed 0",
];

Deno.test("trace() tells of every state, what was thrown away, and ends with the server", async () => {
  const events = await life({});
  assertEquals(steps(events), [
    ...STATES.slice(0, -1),
    "drop closed 3 0 in head",
    ...STATES.slice(-1),
  ]);
  const last = events.at(-1)!;
  assertEquals(last.type === "state" ? { ...last, atMs: 0, bytesOut: 0 } : last, {
    type: "state",
    atMs: 0,
    id: 1,
    peer: { transport: "tcp", hostname: "192.0.2.1", port: 40_000 },
    local: { transport: "tcp", hostname: "127.0.0.1", port: 80 },
    requests: 1,
    bytesIn: GET.length + 3,
    bytesOut: 0,
    bytesDiscarded: 3,
    closeReason: "peer_reset",
    oldState: "head",
    newState: "closed",
    ms: 0,
  });
});

Deno.test("trace() with one kind of event tells of no other", async () => {
  assertEquals(steps(await life({ events: ["state"] })), STATES);
  assertEquals(steps(await life({ events: ["drop"] })), ["drop closed 3 0 in head"]);
  assertEquals(steps(await life({ events: [] })), []);
});

Deno.test("a slow listener loses events, which are counted", async () => {
  assertEquals(steps(await life({ buffer: 2 })), ["null idle 0", "idle head 0", "lost 6"]);
});

Deno.test("nothing is observed for a listener that has left, nor on a server that has ended", async () => {
  const rig = new Rig();
  const events = trace(rig.reactor);
  assertEquals(rig.reactor.observers !== null, true);
  await rig.connect();
  for await (const _ of events) break;
  assertEquals(rig.reactor.observers, null);
  await rig.finish();
  assertEquals(await all(trace(rig.reactor)), []);
  assertEquals(rig.reactor.observers, null);
});

Deno.test("two listeners hear the same", async () => {
  const rig = new Rig();
  const [one, two] = [trace(rig.reactor), trace(rig.reactor, { events: ["state"] })];
  await rig.sent(GET);
  await rig.finish();
  assertEquals(
    steps(await all(one)).filter((step) => !step.startsWith("drop")),
    steps(await all(two)),
  );
});

const BAD: readonly [
  options: unknown,
  error: typeof TypeError | typeof RangeError,
  text: string,
][] = [
  [{ buffer: 0 }, RangeError, "'trace.buffer': expected a whole number from 1"],
  [{ buffer: "10" }, TypeError, "'trace.buffer'"],
  [{ events: ["states"] }, TypeError, "'trace.events'"],
  [{ events: "state" }, TypeError, "'trace.events'"],
  [{ buffers: 1 }, TypeError, "'trace.buffers': no such option"],
  [null, TypeError, "'trace': expected an object"],
];

for (const [options, error, text] of BAD) {
  Deno.test(`trace() refuses ${JSON.stringify(options)}`, async () => {
    const rig = new Rig();
    const { message } = assertThrows(() => trace(rig.reactor, options as TraceOptions), error);
    assertStringIncludes(message, text);
    assertEquals(rig.reactor.observers, null);
    await rig.finish();
  });
}

Deno.test("trace() observes nothing for one who never listens, nor for one who has stopped", async () => {
  const rig = new Rig({ handle: answers("hello") });
  const events = trace(rig.reactor, { buffer: 4 }, rig.clock);
  const line = await rig.sent(GET);
  assertEquals(rig.reactor.observers !== null, true);
  await rig.advance(ABSENT_MS);
  assertEquals(rig.reactor.observers, null);
  // Whoever comes late gets what was kept, where something is missing, and what happens from then on.
  assertEquals(steps([(await events.next()).value!]), ["null idle 0"]);
  assertEquals(rig.reactor.observers !== null, true);
  for (let turn = 1; turn < 4; turn++) await events.next();
  assertEquals((await events.next()).value?.type, "lost");
  await line.wire.send(GET);
  assertEquals(steps([(await events.next()).value!])[0]!.startsWith("idle head"), true);
  await rig.advance(2 * ABSENT_MS);
  assertEquals(rig.reactor.observers, null);
  await rig.finish();
  for await (const _ of events);
  assertEquals(rig.clock.pending, 0);
});

Deno.test("trace() goes on for one who listens and has little to hear, or takes his time", async () => {
  const rig = new Rig({ handle: answers("hello") });
  const events = trace(rig.reactor, {}, rig.clock);
  const waiting = events.next();
  await rig.advance(10 * ABSENT_MS);
  const line = await rig.sent(GET);
  assertEquals(steps([(await waiting).value!]), ["null idle 0"]);
  await rig.advance(1_000);
  await line.wire.end();
  await rig.advance(10 * ABSENT_MS);
  await rig.finish();
  assertEquals(steps(await all(events)).slice(0, 3), STATES.slice(1, 4));
  assertEquals(rig.clock.pending, 0);
});

Deno.test("trace() that rests ends with the server", async () => {
  const rig = new Rig({ handle: answers("hello") });
  const events = trace(rig.reactor, {}, rig.clock);
  await rig.advance(ABSENT_MS);
  await rig.finish();
  assertEquals(steps(await all(events)), ["lost 1"]);
});
