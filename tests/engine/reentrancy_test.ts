/**
 * Observers and applications that call the engine from inside their own calls. What they ask for is carried
 * out, and nothing else is harmed: not the server, not other connections, not the queue.
 *
 * @module
 */

import type { ConnectionInfo, Observer } from "../../reactor/observer.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { FakeConn, settled } from "./fakes.ts";
import { HOOKS } from "./hooks.ts";
import { GET, request, UPGRADE, upload } from "./requests.ts";
import { answers, type Line, onRig, Rig, type RigOptions } from "./rig.ts";

const OK = { status: 200, fields: [] };

/** A fresh connection is served. */
async function assertServes(rig: Rig): Promise<void> {
  assertEquals([rig.reactor.phase, rig.ended], ["serving", undefined]);
  const before = rig.calls.length;
  const wire = new FakeConn({ hostname: "192.0.2.99" });
  rig.listener.offer(wire);
  await settled();
  await wire.send(GET);
  const call = rig.calls.at(-1);
  assert(call !== undefined && rig.calls.length > before, "The handler was not called");
  call.exchange.respond(OK, "ok");
  call.exchange.settled();
  await settled();
  assert(wire.output.startsWith("HTTP/1.1 200"), wire.output);
}

Deno.test("an observer that aborts each connection as it opens does not end the server", async () => {
  const rig = new Rig({ limits: { connectionsPerAddress: 1 } });
  const first = await rig.connect();
  const stop = rig.reactor.observe({ opened: (connection) => connection.abort() });
  const second = new FakeConn();
  rig.listener.offer(second);
  await settled();
  assertEquals([first.state, second.closed], ["idle", true]);
  stop();
  await assertServes(rig);
  await rig.finish();
});

/** Connections that fail while they are accepted. */
class Broken extends FakeConn {
  constructor(readonly how: "remoteAddr" | "handshake" | "unref" | "read" | "ref") {
    super({ tls: how === "handshake" });
    if (how === "handshake") {
      this.handshake = () => {
        throw new Error(how);
      };
    }
    if (how === "remoteAddr") {
      Object.defineProperty(this, "remoteAddr", {
        get: () => {
          throw new Error(how);
        },
      });
    }
  }

  override unref(): void {
    if (this.how === "unref") throw new Error("unref");
    super.unref();
  }

  override read(into: Bytes): Promise<number | null> {
    if (this.how === "read") throw new Error("read");
    return super.read(into);
  }
}

for (const how of ["remoteAddr", "handshake", "unref", "read"] as const) {
  Deno.test(`a connection whose ${how} throws costs itself alone`, async () => {
    const rig = new Rig();
    if (how === "unref") rig.reactor.unref();
    const wire = new Broken(how);
    rig.listener.offer(wire);
    await settled();
    assertEquals([wire.closed, rig.reactor.connections.size], [true, 0]);
    const reported = rig.defects.splice(0).map((error) => (error as Error).message);
    assertEquals(reported, how === "remoteAddr" || how === "unref" ? [how] : []);
    await assertServes(rig);
    await rig.finish();
  });
}

for (const [name, act] of [["aborts", "abort"], ["closes", "close"]] as const) {
  Deno.test(`a slot comes back though an observer ${name} a request that has to wait`, async () => {
    const rig = new Rig({ queue: { maxActive: 1 } });
    await rig.sent(request({ target: "/slow" }));
    const slow = rig.last;
    const stop = rig.reactor.observe({ begun: ({ connection }) => connection[act]() });
    const waiting = await rig.sent(GET);
    stop();
    slow.exchange.respond(OK, "");
    slow.exchange.settled();
    await rig.advance(1);
    if (act === "close") {
      rig.last.exchange.respond(OK, "");
      rig.last.exchange.settled();
      await rig.advance(1);
    }
    assertEquals(waiting.reason, act === "abort" ? "forced" : null);
    assertEquals(rig.reactor.admission!.stats().active, 0);
    await assertServes(rig);
    assertEquals(rig.reactor.admission!.stats().active, 0);
    await rig.finish();
  });

  Deno.test(`a slot comes back though an observer ${name} a request that begins at once`, async () => {
    const rig = new Rig({ queue: { maxActive: 1 }, handle: ({ exchange }) => exchange.settled() });
    const stop = rig.reactor.observe({ begun: ({ connection }) => connection[act]() });
    const line = await rig.sent(GET);
    stop();
    if (act === "close") rig.last.exchange.respond(OK, "");
    else assertEquals([line.reason, rig.calls.length], ["forced", 0]);
    assertEquals(rig.reactor.admission!.stats().active, 0);
    await assertServes(rig);
    await rig.finish();
  });
}

Deno.test("a request that an observer aborts as it begins never reaches its handler", async () => {
  const rig = new Rig();
  const stop = rig.reactor.observe({ begun: ({ connection }) => connection.abort() });
  const line = await rig.sent(GET);
  assertEquals([line.reason, rig.calls.length], ["forced", 0]);
  stop();
  await assertServes(rig);
  await rig.finish();
});

Deno.test("an observer may abort a connection over the limit when its TLS handshake is over", async () => {
  const rig = new Rig({ limits: { connectionsPerAddress: 1 } });
  await rig.connect({ tls: true });
  const stop = rig.reactor.observe({
    moved: (connection, from) => {
      if (from === "handshake") connection.abort();
    },
  });
  const over = new FakeConn({ tls: true });
  rig.listener.offer(over);
  await settled();
  await over.secure();
  assertEquals(over.closed, true);
  stop();
  await assertServes(rig);
  await rig.finish();
});

/** Connections that trigger every hook. */
async function lead(rig: Rig): Promise<Line[]> {
  const lines: Line[] = [];
  for (const sends of [GET, upload(4) + "ab", "GET / HTTP/1.1\r\n\r\n", UPGRADE]) {
    const wire = new FakeConn({ hostname: `192.0.2.${lines.length + 10}` });
    const before = new Set<ConnectionInfo>(rig.reactor.connections);
    rig.listener.offer(wire);
    await settled();
    await wire.send(sends);
    const own = [...rig.reactor.connections].find((each) => !before.has(each));
    if (own !== undefined) lines.push({ wire, connection: own } as unknown as Line);
  }
  await rig.advance(100);
  return lines;
}

/** The connection that a hook is about. */
function about(told: unknown): ConnectionInfo {
  return (told as { connection?: ConnectionInfo }).connection ?? told as ConnectionInfo;
}

const ACTIONS: Readonly<Record<string, (rig: Rig, connection: ConnectionInfo) => void>> = {
  "closes its connection": (_, connection) => connection.close(),
  "aborts its connection": (_, connection) => connection.abort(),
  "aborts all connections": (rig) => {
    for (const each of rig.reactor.connections) each.abort();
  },
  "answers all requests": (rig) => {
    for (const { exchange } of rig.calls) exchange.respond(OK, "again");
  },
  "cuts all answers": (rig) => {
    for (const { exchange } of rig.calls) exchange.cut();
  },
  "cancels all bodies": (rig) => {
    for (const { exchange } of rig.calls) exchange.body?.cancel();
  },
  "observes anew": (rig) => rig.reactor.observe({ moved() {} })(),
  "throws": () => {
    throw new Error("mine");
  },
};

for (const hook of HOOKS.filter((each) => each !== "entered")) {
  for (const [action, act] of Object.entries(ACTIONS)) {
    for (const queue of [undefined, { maxActive: 2, maxQueued: 1 }]) {
      const options: RigOptions = {
        ...(queue === undefined ? {} : { queue }),
        handle: (call) => {
          answers("hello")(call);
          call.exchange.settled();
        },
      };
      const name = `${hook}: an observer that ${action}${queue ? ", with a queue" : ""}`;
      Deno.test(`${name}, leaves the server as it was`, async () => {
        const rig = new Rig(options);
        const observer: Record<string, unknown> = {};
        observer[hook] = (told: unknown) => act(rig, about(told));
        const stop = rig.reactor.observe(observer as Observer);
        await lead(rig);
        stop();
        const mine = rig.observerErrors.every((error) => (error as Error).message === "mine");
        assert(mine, String(rig.observerErrors[0]));
        if (queue !== undefined) assertEquals(rig.reactor.admission!.stats().active, 0);
        await assertServes(rig);
        await rig.finish();
      });
    }
  }
}

for (const hook of HOOKS) {
  for (const way of ["force", "shutdown"] as const) {
    Deno.test(`${hook}: an observer that calls ${way}() ends the server in good order`, async () => {
      const rig = new Rig({ handle: answers("hello") });
      const phases: string[] = [];
      const end = () => {
        if (way === "force") rig.reactor.force();
        else rig.reactor.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 100, grace: 100 });
      };
      const observer: Observer = { entered: (phase) => phases.push(phase) };
      rig.reactor.observe(observer);
      rig.reactor.observe({ [hook]: end } as Observer);
      for (const sends of [GET, upload(4) + "ab", "GET / HTTP/1.1\r\n\r\n"]) {
        const wire = new FakeConn();
        rig.listener.offer(wire);
        await settled();
        if (!wire.closed) await wire.send(sends);
        if (!wire.closed) await wire.end();
      }
      if (hook === "entered") {
        rig.reactor.shutdown({ readyDelay: 10, firstRequest: 0, deadline: 100, grace: 100 });
      }
      await rig.advance(5_000);
      if (rig.reactor.phase === "serving") rig.reactor.force();
      await settled();
      assertEquals(phases.at(-1), "ended");
      assertEquals(phases.filter((phase) => phase === "ended").length, 1);
      await rig.finish();
    });
  }
}

Deno.test("a handler that throws gives its slot back, and costs its connection alone", async () => {
  const rig = new Rig({ queue: { maxActive: 1 } });
  const other = await rig.connect();
  rig.handle = () => {
    throw new Error("mine");
  };
  const line = await rig.sent(GET);
  assertEquals([line.reason, other.state], ["internal_error", "idle"] as never);
  assertEquals(rig.defects.splice(0).map((error) => (error as Error).message), ["mine"]);
  assertEquals(rig.reactor.admission!.stats().active, 0);
  rig.handle = () => {};
  await assertServes(rig);
  await rig.finish();
});

Deno.test("what onAbort and onDelivered throw costs their connection alone", async () => {
  for (const hook of ["onAbort", "onDelivered"] as const) {
    const rig = new Rig();
    rig.handle = ({ exchange }) => {
      exchange[hook] = () => {
        throw new Error(hook);
      };
    };
    const line = await rig.sent(GET);
    if (hook === "onAbort") await line.wire.end();
    else rig.last.exchange.respond(OK, "");
    await settled();
    assertEquals([line.reason, rig.defects.splice(0).length], ["internal_error", 1] as never);
    rig.handle = () => {};
    await assertServes(rig);
    await rig.finish();
  }
});

Deno.test("while an observer is told, the connection shows the state in which the event left it", async () => {
  const rig = new Rig({ handle: answers("hello") });
  const shown: string[] = [];
  rig.reactor.observe({
    opened: ({ state }) => shown.push(state),
    moved: ({ state, closeReason }, from) => shown.push(`${from} ${state} ${closeReason}`),
    closed: ({ state, closeReason }) => shown.push(`${state} ${closeReason}`),
  });
  const line = await rig.sent(GET);
  line.connection.abort();
  assertEquals(shown, [
    "idle",
    "idle head null",
    "head handling null",
    "handling writing null",
    "writing idle null",
    "idle closed forced",
    "closed forced",
  ]);
  await rig.finish();
});

Deno.test("an observer that was removed is not told of what happened before", async () => {
  const rig = new Rig();
  const told: string[] = [];
  rig.reactor.observe({ opened: () => stop() });
  const stop = rig.reactor.observe({
    opened: () => told.push("opened"),
    moved: () => told.push("moved"),
  });
  const line = await rig.sent(GET);
  assertEquals(told, []);
  line.connection.abort();
  await rig.finish();
});

Deno.test("a shutdown that is asked for again while observers hear of it joins the first", async () => {
  await onRig({}, async (rig) => {
    const phases: string[] = [];
    const shutdowns: unknown[] = [];
    const stop = () =>
      shutdowns.push(
        rig.reactor.shutdown({ readyDelay: 100, firstRequest: 0, deadline: 100, grace: 100 }),
      );
    rig.reactor.observe({
      entered(phase) {
        phases.push(phase);
        if (phases.length < 4) stop();
      },
    });
    stop();
    await rig.advance(1_000);
    assertEquals(phases, ["leaving", "draining", "ended"]);
    assertEquals(new Set(shutdowns).size, 1);
  });
});

Deno.test("a server that is ended while observers hear that it is leaving waits for nothing more", async () => {
  await onRig({}, async (rig) => {
    rig.reactor.observe({
      entered(phase) {
        if (phase === "leaving") rig.reactor.force();
      },
    });
    let isOver = false;
    rig.reactor.shutdown({ readyDelay: 60_000, firstRequest: 0, deadline: 100, grace: 100 }).then(
      () => isOver = true,
    );
    await settled();
    assertEquals([rig.reactor.phase, isOver, rig.clock.pending], ["ended", true, 0]);
  });
});
