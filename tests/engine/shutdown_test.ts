/**
 * The three phases of a shutdown on the fake clock: what each connection gets, when it resolves, and
 * what its report says.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { latin1, settled } from "./fakes.ts";
import { GET, LAST_GET, upload } from "./requests.ts";
import { answers, type Line, onRig, type Rig } from "./rig.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";

const OK = { status: 200, fields: [] };
const TIMES = { readyDelay: 0, firstRequest: 0, deadline: 1_000, grace: 300 };

/** A shutdown that was begun, and its report as soon as there is one. */
interface Ending {
  report?: ShutdownReport;
}

async function shutDown(rig: Rig, times = TIMES): Promise<Ending> {
  const ending: Ending = {};
  rig.reactor.shutdown(times).then((report) => ending.report = report);
  await settled();
  return ending;
}

Deno.test("shutdown() of a server without connections resolves at once", async () => {
  await onRig({}, async (rig) => {
    const { report } = await shutDown(rig);
    assertEquals(report, { drained: 0, aborted: 0, forced: 0, drainMs: 0, abortMs: 0 });
    assertEquals([rig.listener.closed, rig.ended], [true, "ended"]);
  });
});

Deno.test("shutdown() closes what is idle at once: fresh, long idle, and in the handshake", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    const used = await rig.sent(GET);
    await rig.advance(2_500);
    const lines = [await rig.connect(), used, await rig.connect({ tls: true })];
    const { report } = await shutDown(rig);
    assertEquals(lines.map(({ reason }) => reason), ["shutdown", "shutdown", "shutdown"]);
    assertEquals(report, { drained: 3, aborted: 0, forced: 0, drainMs: 0, abortMs: 0 });
  });
});

Deno.test("shutdown() ends in stages what was answered a moment ago: its client may still be reading", async () => {
  for (const client of ["closes", "stays"]) {
    await onRig({ handle: answers("x") }, async (rig) => {
      const line = await rig.sent(GET);
      const ending = await shutDown(rig);
      assertEquals([line.state, line.reason], ["lingering", null]);
      if (client === "closes") await line.wire.end();
      else await rig.advance(750);
      assertEquals([line.state, line.reason], ["closed", "shutdown"]);
      assertEquals([ending.report!.drained, ending.report!.forced], [1, 0]);
    });
  }
});

Deno.test("shutdown() answers what is in flight with connection: close, and drops what follows", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET + GET);
    const ending = await shutDown(rig);
    await rig.advance(400);
    rig.last.exchange.respond(OK, "in time");
    await settled();
    const answer = line.got();
    assert(/\r\nconnection: close\r\n/i.test(answer) && answer.endsWith("in time"), answer);
    assertEquals([line.state, rig.calls.length, rig.last.aborted], ["lingering", 1, undefined]);
    await line.wire.end();
    assertEquals(line.reason, "shutdown");
    const { drained, aborted, forced, drainMs } = ending.report!;
    assertEquals([drained, aborted, forced, drainMs], [1, 0, 0, 400]);
  });
});

Deno.test("shutdown() aborts at the deadline, and cuts when the grace is over", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const ending = await shutDown(rig);
    await rig.advance(TIMES.deadline - 1);
    assertEquals(rig.last.aborted, undefined);
    await rig.advance(1);
    assertEquals((rig.last.aborted as { code?: string }).code, "shutdown");
    await rig.advance(TIMES.grace - 1);
    assertEquals([line.state, ending.report], ["handling", undefined]);
    await rig.advance(1);
    assertEquals(line.reason, "forced");
    const { drainMs, abortMs } = TIMES.deadline === 1_000
      ? { drainMs: 1_000, abortMs: 300 }
      : TIMES as never;
    assertEquals(ending.report, { drained: 0, aborted: 1, forced: 1, drainMs, abortMs });
    assertEquals([rig.clock.pending, rig.ended], [0, "ended"]);
  });
});

Deno.test("a handler that answers its abort within the grace is not cut", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const ending = await shutDown(rig);
    await rig.advance(TIMES.deadline + 100);
    rig.last.exchange.respond({ status: 503, fields: [] }, "going down");
    await settled();
    assertEquals([line.statuses(), line.state], [[503], "lingering"]);
    await line.wire.end();
    const { drained, aborted, forced, abortMs } = ending.report!;
    assertEquals([drained, aborted, forced, abortMs], [0, 1, 0, 100]);
  });
});

Deno.test("a stream goes on to the deadline, and is told by its abort", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const { exchange } = rig.last;
    exchange.beginBody(OK, null);
    await exchange.writeBody(latin1("one"));
    const ending = await shutDown(rig);
    await rig.advance(500);
    assertEquals(await exchange.writeBody(latin1("two")), true);
    await rig.advance(500);
    assertEquals((rig.last.aborted as { code?: string }).code, "shutdown");
    assertEquals(await exchange.writeBody(latin1("bye")), true);
    exchange.endBody();
    await settled();
    assert(line.got().endsWith("3\r\nbye\r\n0\r\n\r\n"));
    // It was announced as a connection that stays, but it closes.
    await line.wire.end();
    await rig.advance(TIMES.grace);
    assertEquals(line.state, "closed");
    assertEquals(ending.report!.aborted, 1);
  });
});

interface Draining {
  readonly name: string;
  readonly bring: (rig: Rig) => Promise<Line>;
  readonly go: (line: Line) => Promise<void>;
  readonly reason: Line["reason"];
}

const DRAINING: readonly Draining[] = [
  {
    name: "an answer that is being written",
    bring: async (rig) => {
      const line = await rig.connect();
      line.wire.takes = 0;
      await line.wire.send(GET);
      return line;
    },
    go: async ({ wire }) => {
      await wire.take(Infinity);
      await wire.end();
    },
    reason: "shutdown",
  },
  {
    name: "an unread body that is being drained",
    bring: (rig) => rig.sent(upload(10) + "0123"),
    go: async ({ wire }) => {
      await wire.send("456789");
      await wire.end();
    },
    reason: "shutdown",
  },
  {
    name: "a connection that lingers",
    bring: (rig) => rig.sent(LAST_GET),
    go: ({ wire }) => wire.end(),
    reason: "asked",
  },
  {
    name: "a head that has begun",
    bring: (rig) => rig.sent(GET.slice(0, 10)),
    go: async ({ wire }) => {
      await wire.send(GET.slice(10));
      await wire.end();
    },
    reason: "shutdown",
  },
];

for (const { name, bring, go, reason } of DRAINING) {
  Deno.test(`shutdown() waits for ${name}, and no longer`, async () => {
    await onRig({ handle: answers("ok") }, async (rig) => {
      const line = await bring(rig);
      const ending = await shutDown(rig);
      await rig.advance(200);
      assert(line.state !== "closed", line.state);
      await go(line);
      assertEquals([line.state, line.reason], ["closed", reason]);
      const { drained, forced, drainMs } = ending.report!;
      assertEquals([drained, forced, drainMs], [1, 0, 200]);
      assertEquals(line.statuses(), [200]);
    });
  });
}

Deno.test("close() on a connection while its body is drained closes it after the body", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    const line = await rig.sent(upload(10) + "0123");
    line.connection.close();
    assertEquals(line.state, "draining");
    await line.wire.send("456789");
    assertEquals([line.state, line.reason], ["lingering", null]);
    await line.wire.end();
    assertEquals([line.state, line.reason], ["closed", "asked"]);
  });
});

Deno.test("a second call joins the first and gives the same report", async () => {
  await onRig({}, async (rig) => {
    await rig.sent(GET);
    const first = await shutDown(rig);
    const second = await shutDown(rig, { ...TIMES, deadline: 100_000, grace: 100_000 });
    await rig.advance(TIMES.deadline + TIMES.grace);
    assert(first.report !== undefined && first.report === second.report);
    assertEquals((await shutDown(rig)).report, first.report);
  });
});

Deno.test("force() during a shutdown ends it at once, and the report says so", async () => {
  for (const after of [0, 500, 1_100]) {
    await onRig({}, async (rig) => {
      const lines = [await rig.sent(GET), await rig.sent(GET), await rig.connect()];
      const ending = await shutDown(rig);
      await rig.advance(after);
      rig.reactor.force();
      await settled();
      assertEquals(lines.map(({ reason }) => reason), ["forced", "forced", "shutdown"]);
      const { drained, forced, drainMs, abortMs } = ending.report!;
      assertEquals([drained, forced, drainMs + abortMs], [1, 2, after], `After ${after} ms`);
      assertEquals([rig.clock.pending, rig.ended], [0, "ended"]);
    });
  }
});

Deno.test("force() without a shutdown cuts everything and aborts every handler", async () => {
  await onRig({}, async (rig) => {
    const lines = [await rig.sent(GET), await rig.sent(upload(5)), await rig.connect()];
    rig.reactor.force();
    await settled();
    assertEquals(lines.map(({ reason }) => reason), ["forced", "forced", "forced"]);
    assert(rig.calls.every(({ aborted }) => (aborted as { code?: string }).code === "shutdown"));
    assertEquals([rig.listener.closed, rig.ended], [true, "ended"]);
    rig.reactor.force();
    const { report } = await shutDown(rig);
    assertEquals([report!.drained, report!.forced], [0, 0]);
  });
});

Deno.test("connections that the peers broke are not counted as drained", async () => {
  await onRig({}, async (rig) => {
    const lines = [await rig.sent(GET), await rig.sent(GET)];
    const ending = await shutDown(rig);
    await lines[0]!.wire.reset();
    rig.calls[1]!.exchange.respond(OK, "x");
    await settled();
    await lines[1]!.wire.end();
    assertEquals(ending.report!.drained, 1);
  });
});

Deno.test("a deadline and a grace of 0 cut at once", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const ending = await shutDown(rig, { ...TIMES, deadline: 0, grace: 0 });
    await rig.advance(0);
    await rig.advance(0);
    assertEquals([line.reason, ending.report?.forced], ["forced", 1]);
    assertEquals((rig.last.aborted as { code?: string }).code, "shutdown");
  });
});

Deno.test("many connections: all counted, none twice", async () => {
  await onRig({}, async (rig) => {
    for (let at = 0; at < 50; at++) await rig.connect();
    for (let at = 0; at < 20; at++) await rig.sent(GET);
    const ending = await shutDown(rig);
    for (let at = 0; at < 5; at++) rig.calls[at]!.exchange.respond(OK, null);
    await rig.advance(TIMES.deadline + TIMES.grace);
    const { drained, aborted, forced } = ending.report!;
    // The five whose clients never close linger for a short while only.
    assertEquals([drained, aborted, forced], [55, 15, 15]);
  });
});
