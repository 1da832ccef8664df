/**
 * Observers, handlers and callbacks may call the engine from inside any of its calls: it does what
 * they ask when they have returned, only the connections that they name are affected, and the
 * server goes on. Here every deed is tried from every hook; `tests/fuzz/reentrancy_test.ts` does it
 * at random.
 *
 * @module
 */

import { ABANDONED_MS } from "../../reactor/admission/abandoned.ts";
import type { ConnectionInfo, Observer } from "../../reactor/observer.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { Uncaught } from "../support/uncaught.ts";
import { FakeConn, type FakeConnOptions, settled } from "./fakes.ts";
import { HOOKS } from "./hooks.ts";
import { GET, request, UPGRADE, upload } from "./requests.ts";
import { answers, type Call, Rig, type RigOptions } from "./rig.ts";

const OK = { status: 200, fields: [] };
const STOP = { readyDelay: 0, firstRequest: 0, deadline: 100, grace: 100 };

/** Runs `body` on a rig, then: no defect, nothing uncaught, nothing left. */
async function onWatchedRig(
  options: RigOptions,
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  using uncaught = new Uncaught();
  const rig = new Rig(options);
  await body(rig);
  await rig.finish();
  await uncaught.turn();
  assertEquals([uncaught.rejections, uncaught.errors, rig.acceptErrors], [[], [], []]);
}

/** A client whose connection may be gone as soon as it is there. */
async function offer(rig: Rig, wire: FakeConn = new FakeConn()): Promise<FakeConn> {
  rig.listener.offer(wire);
  await settled();
  return wire;
}

/** A client that is left alone is served, and no slot is missing. */
async function assertServes(rig: Rig, options: FakeConnOptions = {}): Promise<void> {
  rig.handle = (call) => {
    answers("still here")(call);
    call.exchange.settled();
  };
  const wire = await offer(rig, new FakeConn({ hostname: "203.0.113.9", ...options }));
  await wire.send(GET);
  assert(wire.output.startsWith("HTTP/1.1 200 "), `${rig.reactor.phase}: ${wire.output}`);
  await wire.end();
  await rig.advance(ABANDONED_MS + 5_000);
  assertEquals([rig.reactor.phase, rig.ended], ["serving", undefined]);
  assertEquals(rig.reactor.admission?.stats().active ?? 0, 0, "Slots are missing");
}

// Everything from everywhere.

interface Deed {
  readonly name: string;
  /** Whether the server stops serving. */
  readonly ends?: boolean;
  readonly act: (rig: Rig, connection: ConnectionInfo | null) => void;
}

const DEEDS: readonly Deed[] = [
  { name: "closes its connection", act: (_, connection) => connection?.close() },
  { name: "aborts its connection", act: (_, connection) => connection?.abort() },
  {
    name: "closes all connections",
    act: ({ reactor }) => reactor.connections.forEach((each) => each.close()),
  },
  {
    name: "aborts all connections",
    act: ({ reactor }) => reactor.connections.forEach((each) => each.abort()),
  },
  { name: "answers all requests", act: answerAll },
  {
    name: "cuts all requests",
    act: ({ calls }) => calls.forEach(({ exchange }) => exchange.cut()),
  },
  {
    name: "sends interim answers to all requests",
    act: ({ calls }) => calls.forEach(({ exchange }) => exchange.interim(HINTS)),
  },
  {
    name: "pauses and resumes the queue",
    act({ reactor }) {
      reactor.admission?.pause();
      reactor.admission?.resume();
    },
  },
  { name: "shuts the server down", ends: true, act: ({ reactor }) => void reactor.shutdown(STOP) },
  { name: "forces the server to its end", ends: true, act: ({ reactor }) => reactor.force() },
];

const HINTS = { status: 103, fields: ["Link", "</a>"] };

function answerAll({ calls }: Rig): void {
  for (const { exchange } of calls) {
    exchange.respond(OK, "from within");
    exchange.settled();
  }
}

/** Traffic that triggers every hook. */
async function traffic(rig: Rig): Promise<void> {
  rig.handle = (call) => {
    if (call.target === "/slow") return;
    if (call.target === "/raw") tryToUpgrade(call);
    else answers("answer")(call);
    call.exchange.settled();
  };
  const slow = await offer(rig);
  await slow.send(request({ target: "/slow" }));
  const reset = await offer(rig);
  await reset.send(request({ target: "/slow" }));
  await reset.reset();
  const mixed = await offer(rig);
  await mixed.send(
    GET + GET,
    upload(30) + "b".repeat(10),
    "b".repeat(20) + GET + "no request\r\n\r\n",
  );
  const over = await offer(rig);
  await over.send(request({ target: "/slow" }) + GET);
  const raw = await offer(rig);
  await raw.send(UPGRADE.replace("/ ", "/raw "), "raw");
  const tls = await offer(rig, new FakeConn({ tls: true }));
  await tls.secure();
  await tls.send(GET);
  answerAll(rig);
  await settled();
  for (const wire of [slow, mixed, over, raw, tls]) await wire.end();
  answerAll(rig);
  await rig.advance(10_000);
}

function tryToUpgrade({ exchange }: Call): void {
  exchange.upgrade({ status: 101, fields: ["Upgrade", "raw"] }).close();
}

/** Does `deed` in the hook, unless it is already doing so. */
function meddler(rig: Rig, hook: keyof Observer, { act }: Deed): Observer {
  let inside = false;
  return {
    [hook](subject: unknown): void {
      if (inside) return;
      inside = true;
      act(rig, connectionOf(subject));
      inside = false;
    },
  };
}

function connectionOf(subject: unknown): ConnectionInfo | null {
  if (typeof subject !== "object" || subject === null) return null;
  return "connection" in subject ? subject.connection as ConnectionInfo : subject as ConnectionInfo;
}

const KINDS: readonly { readonly name: string; readonly options: RigOptions }[] = [
  { name: "no queue", options: {} },
  { name: "queue", options: { queue: { maxActive: 1, maxQueued: 2, maxWait: 500 } } },
  { name: "limits", options: { limits: { connectionsPerAddress: 2, drainBytes: 5 } } },
  { name: "requests per client", options: { limits: { requestsPerClient: 2 } } },
];

for (const hook of HOOKS) {
  for (const deed of DEEDS) {
    for (const { name, options } of KINDS) {
      Deno.test(`an observer that ${deed.name} in "${hook}" costs nothing else (${name})`, async () => {
        await onWatchedRig(options, async (rig) => {
          const stop = rig.reactor.observe(meddler(rig, hook, deed));
          await traffic(rig);
          stop();
          assertEquals([rig.observerErrors, rig.defects, rig.laneErrors], [[], [], []]);
          assertEquals(rig.reactor.connections.size, 0);
          if (!deed.ends) await assertServes(rig);
          else if (hook !== "entered") assertEquals(rig.ended, "ended");
        });
      });
    }
  }
}

// Callbacks of the application.

for (const callback of ["onAbort", "onDelivered"] as const) {
  for (const deed of DEEDS) {
    for (const { name, options } of KINDS) {
      Deno.test(`${callback} that ${deed.name} costs nothing else (${name})`, async () => {
        await onWatchedRig(options, async (rig) => {
          await traffic(meddling(rig, callback, deed));
          assertEquals([rig.defects, rig.reactor.connections.size], [[], 0]);
          if (!deed.ends) await assertServes(rig);
          else assertEquals(rig.ended, "ended");
        });
      });
    }
  }

  for (const { name, options } of KINDS) {
    Deno.test(`${callback} that throws costs its connection alone, and is reported (${name})`, async () => {
      await onWatchedRig(options, async (rig) => {
        const thrown: unknown[] = [];
        const act = () => {
          thrown.push(`thrown ${thrown.length}`);
          throw thrown.at(-1);
        };
        await traffic(meddling(rig, callback, { name: "throws", act }));
        assert(thrown.length > 0);
        assertEquals(rig.defects.splice(0), thrown);
        assertEquals(rig.reactor.connections.size, 0);
        rig.calls.push = Array.prototype.push;
        await assertServes(rig);
      });
    });
  }
}

/** A rig whose calls each do `deed` when they are called back. */
function meddling(rig: Rig, callback: "onAbort" | "onDelivered", { act }: Deed): Rig {
  const { calls } = rig;
  calls.push = (call) => {
    const { exchange } = call;
    exchange[callback] = () => act(rig, exchange.info.connection);
    return Array.prototype.push.call(calls, call);
  };
  return rig;
}

for (const deed of DEEDS) {
  Deno.test(`a listener of a connection's signal that ${deed.name} costs nothing else`, async () => {
    await onWatchedRig({}, async (rig) => {
      const stop = rig.reactor.observe({
        opened(connection) {
          const signal = connection.signal as AbortSignal;
          signal.addEventListener("abort", () => deed.act(rig, connection), { once: true });
        },
      });
      await traffic(rig);
      stop();
      assertEquals([rig.defects, rig.reactor.connections.size], [[], 0]);
      if (!deed.ends) await assertServes(rig);
      else assertEquals(rig.ended, "ended");
    });
  });
}

// Observers among themselves.

Deno.test("an observer that another one removes is told no more, not even of the same event", async () => {
  await onWatchedRig({ handle: answers("x") }, async (rig) => {
    const told: string[] = [];
    let stop = () => {};
    rig.reactor.observe({ begun: () => stop() });
    stop = rig.reactor.observe({
      opened: () => told.push("opened"),
      begun: () => told.push("begun"),
      closed: () => told.push("closed"),
    });
    const line = await rig.sent(GET);
    assertEquals(line.statuses(), [200]);
    assertEquals(told, ["opened"]);
  });
});

Deno.test("all observers see the step that they are told of, even if one ends the connection in it", async () => {
  await onWatchedRig({ handle: answers("x") }, async (rig) => {
    const steps: string[] = [];
    let ended = false;
    rig.reactor.observe({
      moved(connection) {
        if (connection.state !== "handling" || ended) return;
        ended = true;
        connection.abort();
        connection.close();
      },
    });
    rig.reactor.observe({ moved: ({ state }, from) => steps.push(`${from} -> ${state}`) });
    const line = await rig.sent(GET);
    assertEquals(steps, ["idle -> head", "head -> handling", "handling -> closed"]);
    assertEquals([line.reason, rig.calls.length], ["forced", 0]);
    await assertServes(rig);
  });
});

for (const thrown of [new Error("Mine"), "text", undefined, null, 0, Symbol("own")]) {
  Deno.test(`an observer may throw ${String(thrown)} from every hook`, async () => {
    await onWatchedRig({ queue: { maxActive: 1, maxQueued: 2 } }, async (rig) => {
      let count = 0;
      const fail = () => {
        count++;
        throw thrown;
      };
      const stop = rig.reactor.observe(Object.fromEntries(HOOKS.map((hook) => [hook, fail])));
      await traffic(rig);
      stop();
      assertEquals([rig.observerErrors.length, rig.defects], [count, []]);
      assert(rig.observerErrors.every((each) => Object.is(each, thrown)));
      await assertServes(rig);
    });
  });
}
