/**
 * `limits.requestsPerClient` and `limits.ipv6Prefix` on the fake wire: what a request over the limit gets, when
 * one no longer counts, and which addresses are one client.
 *
 * @module
 */

import { ClientCounts } from "../../reactor/accepting/client_counts.ts";
import { ABANDONED_MS } from "../../reactor/admission/abandoned.ts";
import type { Observer } from "../../reactor/observer.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { settled } from "./fakes.ts";
import { CHUNKED, GET, request, UPGRADE, upload } from "./requests.ts";
import { answers, type Call, type Line, onRig, type Rig, type RigOptions } from "./rig.ts";

const OK = { status: 200, fields: [] };
const ONE: RigOptions = { limits: { requestsPerClient: 1 } };

/** Answers, as a handler that has returned its answer. */
function atOnce(call: Call): void {
  call.exchange.settled();
  answers(call.target)(call);
}

function finish({ exchange }: Call): void {
  exchange.settled();
  exchange.respond(OK, "done");
}

/** What a new request of the same client gets: 429, or the application's attention. */
async function next(rig: Rig): Promise<number | "called"> {
  const before = rig.calls.length;
  const line = await rig.sent(GET);
  const [status] = line.statuses();
  if (rig.calls.length > before) finish(rig.last);
  line.connection.abort();
  await settled();
  return status ?? "called";
}

Deno.test("limits.requestsPerClient: one over it gets 429 and keeps its connection", async () => {
  await onRig({ limits: { requestsPerClient: 2 } }, async (rig) => {
    await rig.sent(GET);
    await rig.sent(GET);
    const third = await rig.sent(GET);
    const answer = third.got();
    assert(/^HTTP\/1\.1 429 Too Many Requests\r\n/.test(answer), answer);
    assert(/\r\nretry-after: 1\r\n/.test(answer), answer);
    assert(!/connection: close/i.test(answer), answer);
    assertEquals([third.state, rig.calls.length], ["idle", 2] as unknown[]);
    const other = await rig.connect({ hostname: "192.0.2.99" });
    await other.wire.send(GET);
    assertEquals([other.state, rig.calls.length], ["handling", 3] as unknown[]);
    finish(rig.calls[0]!);
    await settled();
    await third.wire.send(GET);
    assertEquals([third.state, rig.calls.length], ["handling", 4] as unknown[]);
    for (const call of rig.calls.slice(1)) finish(call);
  });
});

Deno.test("limits.requestsPerClient is told as a refusal with its code, and settles as 429", async () => {
  await onRig(ONE, async (rig) => {
    await rig.sent(GET);
    const seen: unknown[] = [];
    const observer: Observer = {
      moved: (_, from) => seen.push(from),
      begun: (_, { target }) => seen.push(target),
      refused: (_, { code, status, exchange }) => seen.push([code, status, exchange?.status]),
      settled: ({ status }, error) => seen.push([status, error]),
    };
    rig.reactor.observe(observer);
    await rig.sent(request({ target: "/over" }));
    const expected = ["idle", "/over", ["too_many_requests", 429, 429], "head", [429, undefined]];
    assertEquals(seen.slice(0, 5), expected);
    finish(rig.last);
  });
});

Deno.test("limits.requestsPerClient counts no pipelined request before its turn", async () => {
  await onRig({ ...ONE, handle: atOnce }, async (rig) => {
    const line = await rig.sent(GET.repeat(200));
    assertEquals(line.statuses().filter((status) => status === 200).length, 200);
    rig.handle = () => {};
    await line.wire.send(GET.repeat(3));
    assertEquals([line.statuses(), line.state], [[], "handling"] as unknown[]);
    // The others wait in their connection and are called one by one.
    rig.handle = atOnce;
    finish(rig.last);
    await settled();
    assertEquals([line.statuses(), line.state], [[200, 200, 200], "idle"] as unknown[]);
  });
});

Deno.test("limits.requestsPerClient refuses pipelined requests one by one, in their order", async () => {
  await onRig(ONE, async (rig) => {
    const first = await rig.sent(GET);
    const line = await rig.sent(GET.repeat(3));
    assertEquals([line.statuses(), line.state], [[429, 429, 429], "idle"] as unknown[]);
    finish(rig.last);
    await settled();
    assertEquals(first.statuses(), [200]);
  });
});

interface BodyRow {
  readonly name: string;
  readonly sends: readonly string[];
  readonly statuses: readonly number[];
  readonly state: string;
}

const BODIES: readonly BodyRow[] = [
  {
    name: "a body that is here",
    sends: [upload(3) + "abc" + GET],
    statuses: [429, 429],
    state: "idle",
  },
  {
    name: "a body that has begun",
    sends: [upload(6) + "abc", "def" + GET],
    statuses: [429, 429],
    state: "idle",
  },
  { name: "a body that may never come", sends: [CHUNKED], statuses: [429], state: "lingering" },
  {
    name: "a body that waits for 100 (Continue)",
    sends: [upload(3, "Expect: 100-continue")],
    statuses: [429],
    state: "lingering",
  },
  {
    name: "Connection: close",
    sends: [request({ fields: ["Connection: close"] })],
    statuses: [429],
    state: "lingering",
  },
  { name: "an upgrade", sends: [UPGRADE], statuses: [429], state: "idle" },
  { name: "HEAD", sends: [request({ method: "HEAD" }) + GET], statuses: [429, 429], state: "idle" },
];

for (const { name, sends, statuses, state } of BODIES) {
  Deno.test(`a request over limits.requestsPerClient with ${name}: ${statuses}, then ${state}`, async () => {
    await onRig(ONE, async (rig) => {
      await rig.sent(GET);
      const line = await rig.sent(...sends);
      assertEquals([line.statuses(), line.state], [statuses, state] as unknown[]);
      assertEquals(rig.calls.length, 1);
      finish(rig.last);
    });
  });
}

interface EndRow {
  readonly name: string;
  readonly options?: RigOptions;
  readonly sends?: string;
  readonly act: (rig: Rig, line: Line) => unknown;
  /** What the next request of the client gets then, and after {@linkcode ABANDONED_MS}. */
  readonly then: number | "called";
  readonly later: number | "called";
}

const ENDS: readonly EndRow[] = [
  { name: "nothing", act: () => {}, then: 429, later: 429 },
  {
    name: "its answer and its handler's end",
    act: (rig) => finish(rig.last),
    then: "called",
    later: "called",
  },
  {
    name: "its answer, while its handler goes on",
    act: ({ last }) => last.exchange.respond(OK, "ok"),
    then: 429,
    later: 429,
  },
  {
    name: "its handler's end, while its answer is a stream",
    act({ last: { exchange } }) {
      exchange.settled();
      exchange.beginBody(OK, null);
      exchange.writeBody(new Uint8Array(9));
    },
    then: 429,
    later: 429,
  },
  {
    name: "the end of its stream",
    async act({ last: { exchange } }) {
      exchange.settled();
      exchange.beginBody(OK, null);
      await exchange.writeBody(new Uint8Array(9));
      exchange.endBody();
    },
    then: "called",
    later: "called",
  },
  {
    name: "a stream that is cut",
    act({ last: { exchange } }) {
      exchange.settled();
      exchange.beginBody(OK, null);
      exchange.cut();
    },
    then: "called",
    later: "called",
  },
  {
    name: "a reset, while its handler goes on",
    act: (_, { wire }) => wire.reset(),
    then: 429,
    later: "called",
  },
  {
    name: "a reset, and its handler's end",
    async act({ last }, { wire }) {
      await wire.reset();
      last.exchange.settled();
    },
    then: "called",
    later: "called",
  },
  {
    name: "a reset in the middle of its stream",
    async act({ last: { exchange } }, { wire }) {
      exchange.settled();
      exchange.beginBody(OK, null);
      await wire.reset();
    },
    then: "called",
    later: "called",
  },
  {
    name: "its connection's abort, while its handler goes on",
    act: (_, { connection }) => connection.abort(),
    then: 429,
    later: "called",
  },
  {
    name: "its handler's time-out",
    options: { timeouts: { handler: 1_000 } },
    act: (rig) => rig.advance(1_100),
    then: 429,
    later: "called",
  },
  {
    name: "a body that breaks the protocol",
    sends: CHUNKED,
    async act({ last }, { wire }) {
      const failing = last.exchange.body!.read().catch(() => {});
      await wire.send("no chunk\r\n");
      await failing;
      last.exchange.settled();
    },
    then: "called",
    later: "called",
  },
  {
    name: "an upgrade",
    sends: UPGRADE,
    act({ last: { exchange } }) {
      exchange.upgrade({ status: 101, fields: ["upgrade", "x"] });
      exchange.settled();
    },
    then: 429,
    later: 429,
  },
  {
    name: "the end of its upgraded connection",
    sends: UPGRADE,
    async act({ last: { exchange } }) {
      const raw = exchange.upgrade({ status: 101, fields: ["upgrade", "x"] });
      exchange.settled();
      await settled();
      raw.close();
    },
    then: "called",
    later: "called",
  },
  {
    name: "the client's reset of its upgraded connection",
    sends: UPGRADE,
    async act({ last: { exchange } }, { wire }) {
      exchange.upgrade({ status: 101, fields: ["upgrade", "x"] });
      exchange.settled();
      await wire.reset();
    },
    then: "called",
    later: "called",
  },
];

for (const { name, options = {}, sends = GET, act, then, later } of ENDS) {
  Deno.test(`limits.requestsPerClient after ${name}: the next one gets ${then}, later ${later}`, async () => {
    await onRig({ ...options, ...ONE }, async (rig) => {
      const line = await rig.sent(sends);
      await act(rig, line);
      await settled();
      assertEquals(await next(rig), then);
      // By then the other deadlines of the first one are over as well, unless it is kept going.
      await rig.advance(ABANDONED_MS - 100);
      if (line.state !== "closed" || then === "called") assertEquals(await next(rig), then);
      await rig.advance(200);
      if (line.state !== "closed" || later !== then) assertEquals(await next(rig), later);
      for (const { exchange } of rig.calls) exchange.settled();
    });
  });
}

Deno.test("a handler that throws at once counts no longer", async () => {
  await onRig(ONE, async (rig) => {
    rig.handle = () => {
      throw new Error("as a test");
    };
    await rig.sent(GET);
    assertEquals(rig.defects.splice(0).length, 1);
    rig.handle = () => {};
    assertEquals(await next(rig), "called");
  });
});

// With a queue.

const QUEUED: RigOptions = {
  limits: { requestsPerClient: 2 },
  queue: { maxActive: 1, maxWait: 1_000 },
};

Deno.test("limits.requestsPerClient refuses before the queue, and counts those that wait", async () => {
  await onRig(QUEUED, async (rig) => {
    await rig.sent(GET);
    const waiting = await rig.sent(GET);
    assertEquals(waiting.state, "queued");
    const over = await rig.sent(GET);
    assertEquals([over.statuses(), over.state], [[429], "idle"] as unknown[]);
    const { queued, shed } = rig.reactor.admission!.stats();
    assertEquals([queued.normal, shed], [1, 0]);
    finish(rig.last);
    await rig.advance(1);
    assertEquals(waiting.state, "handling");
    finish(rig.last);
  });
});

const LEAVES: readonly (readonly [name: string, act: (rig: Rig, line: Line) => unknown])[] = [
  ["the queue has turned it away", (rig) => rig.advance(1_001)],
  ["its client has left", (_, { wire }) => wire.end()],
  ["its connection was reset", (_, { wire }) => wire.reset()],
  ["its connection was aborted", (_, { connection }) => connection.abort()],
];

for (const [name, act] of LEAVES) {
  Deno.test(`a request in the queue counts no longer when ${name}`, async () => {
    await onRig(QUEUED, async (rig) => {
      await rig.sent(GET);
      const waiting = await rig.sent(GET);
      assertEquals((await rig.sent(GET)).statuses(), [429]);
      await act(rig, waiting);
      const again = await rig.sent(GET);
      assertEquals([again.statuses(), again.state], [[], "queued"] as unknown[]);
      finish(rig.last);
      await rig.advance(1);
      finish(rig.last);
    });
  });
}

// Who is one client.

interface AddressRow {
  readonly first: string;
  readonly second: string;
  readonly ipv6Prefix?: number;
  readonly same: boolean;
}

const ADDRESSES: readonly AddressRow[] = [
  { first: "192.0.2.1", second: "192.0.2.1", same: true },
  { first: "192.0.2.1", second: "192.0.2.2", same: false },
  { first: "192.0.2.1", second: "::ffff:192.0.2.1", same: true },
  { first: "::ffff:192.0.2.1", second: "::ffff:192.0.2.2", same: false },
  { first: "::ffff:192.0.2.1", second: "::ffff:c000:201", same: true },
  { first: "::ffff:0:c000:201", second: "::ffff:192.0.2.1", same: false },
  { first: "2001:db8::1", second: "2001:db8::ffff:1", same: true },
  { first: "2001:db8::1", second: "2001:db8:0:0:ffff:ffff:ffff:ffff", same: true },
  { first: "2001:db8::1", second: "2001:db8:0:1::1", same: false },
  { first: "2001:db8::1", second: "2001:db8:0:1::1", ipv6Prefix: 63, same: true },
  { first: "2001:db8::1", second: "2001:db8:0:2::1", ipv6Prefix: 63, same: false },
  { first: "2001:db8:0:ff::1", second: "2001:db8::1", ipv6Prefix: 56, same: true },
  { first: "2001:db8:0:100::1", second: "2001:db8::1", ipv6Prefix: 56, same: false },
  { first: "2001:db8::1", second: "2001:db8::2", ipv6Prefix: 128, same: false },
  { first: "2001:db8::1", second: "2001:0DB8:0:0::1", ipv6Prefix: 128, same: true },
  { first: "2001:db8::2", second: "2001:db8::3", ipv6Prefix: 127, same: true },
  { first: "2001:db8::1", second: "3fff::1", ipv6Prefix: 1, same: true },
  { first: "2001:db8::1", second: "fe80::1", ipv6Prefix: 1, same: false },
  { first: "::1", second: "::", same: true },
  { first: "::1", second: "127.0.0.1", same: false },
];

for (const { first, second, ipv6Prefix = 64, same } of ADDRESSES) {
  const name = `${first} and ${second} are ${same ? "one client" : "two"} by ${ipv6Prefix} bits`;
  Deno.test(`limits.requestsPerClient: ${name}`, async () => {
    await onRig({ limits: { requestsPerClient: 1, ipv6Prefix } }, async (rig) => {
      for (const hostname of [first, second]) {
        await (await rig.connect({ hostname })).wire.send(GET);
      }
      assertEquals(rig.calls.length, same ? 1 : 2);
      for (const call of rig.calls) finish(call);
    });
  });

  Deno.test(`limits.connectionsPerAddress: ${name}`, async () => {
    await onRig({ limits: { connectionsPerAddress: 1, ipv6Prefix } }, async (rig) => {
      const one = await rig.connect({ hostname: first });
      const two = await rig.connect({ hostname: second });
      assertEquals(two.statuses(), same ? [503] : []);
      await one.wire.end();
      const three = await rig.connect({ hostname: second });
      assertEquals(three.statuses(), same ? [] : [503]);
    });
  });
}

Deno.test("clientAt() knows more addresses than it remembers", () => {
  const counts = new ClientCounts({ most: 1, ipv6Prefix: 64 });
  for (let at = 1; at < 5_000; at++) {
    const prefix = `2001:db8:0:${at.toString(16)}::`;
    assertEquals(counts.clientAt(`${prefix}5`), prefix);
  }
  assertEquals(counts.clientAt("2001:db8:0:1::2"), "2001:db8:0:1::");
  assertEquals(counts.size, 0);
});
