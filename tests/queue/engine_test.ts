/**
 * A connection whose request waits in the queue, on a fake wire: everything that can happen meanwhile.
 *
 * @module
 */

import { Rig, type RigOptions } from "../engine/rig.ts";
import { CHUNKED, GET, request, upload } from "../engine/requests.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";

/** One handler at a time, which the test answers. */
const ONE: RigOptions = { queue: { maxActive: 1, maxWait: 1_000 } };

const FIRST = request({ target: "/first" });

/** A rig whose one slot is taken, by the first call. */
async function busy(options: RigOptions = ONE): Promise<Rig> {
  const rig = new Rig(options);
  await rig.sent(FIRST);
  return rig;
}

/** Answers a call, and settles. */
function finish(rig: Rig, target: string): void {
  const call = rig.calls.find((each) => each.target === target);
  if (call === undefined) throw new Error(`${target} was never called`);
  call.exchange.respond({ status: 200, fields: [] }, target);
  call.exchange.settled();
}

function targets(rig: Rig): string[] {
  return rig.calls.map(({ target }) => target);
}

Deno.test("a request that waits goes on when the slot is free", async () => {
  const rig = await busy();
  const line = await rig.sent(request({ target: "/second" }));
  assertEquals([line.state, targets(rig)], ["queued", ["/first"]] as never);
  assertEquals(rig.reactor.admission?.stats().queued, { high: 0, normal: 1 });
  finish(rig, "/first");
  await rig.advance(1);
  assertEquals([line.state, targets(rig)], ["handling", ["/first", "/second"]] as never);
  finish(rig, "/second");
  await rig.advance(1);
  assertStringIncludes(line.got(), "/second");
  assertEquals(line.state, "idle");
  await rig.finish();
});

Deno.test("the head of a request that waits is whole when it is handled, whatever came after it", async () => {
  const rig = await busy();
  const body = "x".repeat(50_000);
  const line = await rig.connect();
  const field = `A: ${"a".repeat(1_500)}`;
  await line.wire.send(request({ target: "/second", fields: [field], body: "" }) + upload(50_000));
  for (let at = 0; at < body.length; at += 10_000) {
    await line.wire.send(body.slice(at, at + 10_000));
  }
  assertEquals(line.state, "queued");
  finish(rig, "/first");
  await rig.advance(1);
  assertEquals(targets(rig), ["/first", "/second"]);
  finish(rig, "/second");
  await rig.advance(1);
  assertEquals(rig.last.target, "/");
  assertEquals((await rig.last.exchange.body!.readAll()).length, 50_000);
  await rig.finish();
});

interface Row {
  readonly name: string;
  readonly options?: RigOptions;
  readonly sends?: string;
  readonly act: (rig: Rig, line: Awaited<ReturnType<Rig["sent"]>>) => Promise<unknown>;
  /** The statuses that the client gets, the state of its connection, and why it ended. */
  readonly statuses: readonly number[];
  readonly state: string;
  readonly reason?: string;
  readonly shed?: number;
  readonly left?: number;
}

const ROWS: readonly Row[] = [
  {
    name: "its wait is over",
    act: (rig) => rig.advance(1_001),
    statuses: [503],
    state: "idle",
    shed: 1,
  },
  {
    name: "its wait is nearly over",
    act: (rig) => rig.advance(999),
    statuses: [],
    state: "queued",
  },
  {
    name: "the client resets the connection",
    act: (_, { wire }) => wire.reset(),
    statuses: [],
    state: "closed",
    reason: "peer_reset",
    left: 1,
  },
  {
    name: "the client ends its side",
    act: (_, { wire }) => wire.end(),
    statuses: [503],
    state: "closed",
    reason: "peer_closed",
    left: 1,
  },
  {
    name: "the client sends more requests",
    act: (_, { wire }) => wire.send(GET, GET),
    statuses: [],
    state: "queued",
  },
  {
    name: "its body arrives, and its wait is over",
    sends: upload(3),
    act: async (rig, { wire }) => {
      await wire.send("abc");
      await rig.advance(1_001);
    },
    statuses: [503],
    state: "idle",
    shed: 1,
  },
  {
    name: "its chunked body has not come, and its wait is over",
    sends: CHUNKED,
    act: (rig) => rig.advance(1_001),
    statuses: [503],
    state: "lingering",
    shed: 1,
  },
  {
    name: "the connection is told to close",
    act: (rig, { connection }) => {
      connection.close();
      finish(rig, "/first");
      return rig.advance(1);
    },
    statuses: [],
    state: "handling",
  },
  {
    name: "the connection is aborted",
    act: (rig, { connection }) => {
      connection.abort();
      return rig.advance(1);
    },
    statuses: [],
    state: "closed",
    reason: "forced",
    left: 1,
  },
  {
    name: "time-outs of handler, head and keep-alive pass",
    options: {
      queue: { maxActive: 1, maxWait: 100_000 },
      timeouts: { head: 100, idle: 100, body: 100 },
    },
    act: (rig) => rig.advance(5_000),
    statuses: [],
    state: "queued",
  },
  {
    name: "the server stops, and its deadline passes",
    act: async (rig) => {
      rig.reactor.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 500, grace: 10_000 });
      await rig.advance(501);
    },
    statuses: [503],
    state: "lingering",
    shed: 1,
  },
  {
    name: "the server stops, and the slot becomes free in time",
    act: async (rig) => {
      rig.reactor.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 500, grace: 10_000 });
      finish(rig, "/first");
      await rig.advance(1);
    },
    statuses: [],
    state: "handling",
  },
  {
    name: "the server is ended at once",
    act: async (rig) => {
      rig.reactor.force();
      await rig.advance(1);
    },
    statuses: [],
    state: "closed",
    reason: "forced",
    left: 1,
  },
];

for (const { name, options, sends, act, statuses, state, reason, shed = 0, left = 0 } of ROWS) {
  Deno.test(`a request waits, and ${name}`, async () => {
    const rig = await busy(options);
    const line = await rig.sent(sends ?? GET);
    assertEquals(line.state, "queued");
    const calls = rig.calls.length;
    await act(rig, line);
    assertEquals(line.statuses(), statuses as number[]);
    assertEquals([line.state, line.reason], [state, reason ?? null] as never);
    const stats = rig.reactor.admission!.stats();
    assertEquals([stats.shed, stats.left], [shed, left]);
    if (state !== "handling") assertEquals(rig.calls.length, calls, "The handler ran");
    await rig.finish();
  });
}

Deno.test("a request that is turned away is told when to come again, and its connection goes on", async () => {
  const rig = await busy({ queue: { maxActive: 1, maxQueued: 0 } });
  const line = await rig.sent(GET);
  assertEquals(
    line.got().replace(/date: [^\r]+/, "date: now"),
    "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\ndate: now\r\n\r\n",
  );
  finish(rig, "/first");
  await line.wire.send(request({ target: "/second" }));
  assertEquals(rig.last.target, "/second");
  await rig.finish();
});

Deno.test("what the limits refuse is refused before it could wait", async () => {
  const rig = await busy({ queue: { maxActive: 1 }, limits: { bodyBytes: 2 } });
  const line = await rig.sent(upload(3));
  assertEquals(line.statuses(), [413]);
  await rig.finish();
});

Deno.test("a client that pipelines has one place in the queue, and the others go first", async () => {
  const rig = await busy({ queue: { maxActive: 1, maxWait: 60_000 } });
  const greedy = await rig.sent(
    Array.from({ length: 64 }, (_, i) => request({ target: `/g${i}` })).join(""),
  );
  assertEquals(rig.reactor.admission?.stats().queued.normal, 1);
  const others = ["/a", "/b", "/c"];
  for (const target of others) await rig.sent(request({ target }));
  assertEquals(rig.reactor.admission?.stats().queued.normal, 4);
  const order: string[] = [];
  for (let i = 0; i < 7; i++) {
    const { target } = rig.last;
    if (target !== "/first") order.push(target);
    finish(rig, target);
    await rig.advance(1);
  }
  assertEquals(order.slice(0, 4).sort(), ["/a", "/b", "/c", "/g0"]);
  assertEquals(order.slice(4), ["/g1", "/g2"]);
  assert(greedy.statuses().length >= 3);
  await rig.finish();
});

Deno.test("a health check goes before all that wait", async () => {
  const rig = await busy();
  for (const target of ["/a", "/b", "/healthz"]) await rig.sent(request({ target }));
  finish(rig, "/first");
  await rig.advance(1);
  assertEquals(rig.last.target, "/healthz");
  await rig.finish();
});

Deno.test("lane() sees the request before anything is made of it", async () => {
  const seen: unknown[] = [];
  const rig = await busy({
    queue: {
      maxActive: 1,
      lane: ({ method, path, header }) => {
        seen.push([method, path]);
        return header === undefined ? "normal" : "high";
      },
    },
  });
  await rig.sent(request({ method: "PUT", target: "/a?b" }));
  assertEquals(seen, [["PUT", "/a"]]);
  assertEquals(rig.reactor.admission?.stats().queued, { high: 1, normal: 0 });
  await rig.finish();
});

Deno.test("a slot is free when the answer is complete and the handler has settled, not before", async () => {
  for (const order of ["answer first", "settle first"] as const) {
    const rig = await busy();
    const { exchange } = rig.last;
    await rig.sent(request({ target: "/second" }));
    exchange.beginBody({ status: 200, fields: [] }, null);
    await rig.advance(5);
    if (order === "answer first") exchange.endBody();
    else exchange.settled();
    await rig.advance(5);
    assertEquals(targets(rig), ["/first"]);
    if (order === "answer first") exchange.settled();
    else exchange.endBody();
    await rig.advance(5);
    assertEquals(targets(rig), ["/first", "/second"]);
    await rig.finish();
  }
});

Deno.test("a connection that was taken over needs no slot once its handler has settled", async () => {
  const rig = await busy();
  rig.calls.length = 0;
  await rig.finish();
  const other = new Rig(ONE);
  const line = await other.sent(
    request({ fields: ["Connection: Upgrade", "Upgrade: raw"], target: "/raw" }),
  );
  other.last.exchange.upgrade({ status: 101, fields: [] });
  other.last.exchange.settled();
  assertEquals([line.state, other.reactor.admission?.stats().active], ["upgraded", 0] as never);
  await other.finish();
});

Deno.test("observers hear how long a request waited, and of those turned away", async () => {
  const rig = await busy();
  const notes: string[] = [];
  rig.reactor.observe({
    settled: ({ status, queuedMs }) => notes.push(`${status} after ${Math.round(queuedMs)}`),
    refused: (_, { code, status }) => notes.push(`${code} ${status}`),
  });
  await rig.sent(request({ target: "/second" }));
  await rig.advance(40);
  await rig.sent(request({ target: "/third" }));
  finish(rig, "/first");
  await rig.advance(1);
  finish(rig, rig.last.target);
  await rig.advance(1);
  const last = rig.last.target;
  assert(last === "/second" || last === "/third");
  assertEquals(notes.filter((note) => note.startsWith("200")).length, 2);
  assert(notes.some((note) => /^200 after (40|0)$/.test(note)), notes.join());
  rig.reactor.admission!.pause();
  await rig.sent(request({ target: "/fourth" }));
  await rig.advance(1_001);
  assert(notes.includes("overloaded 503") && notes.includes("503 after 1000"), notes.join());
  await rig.finish();
});
