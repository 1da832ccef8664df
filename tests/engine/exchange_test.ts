/**
 * What becomes of an exchange: its abort with a typed reason, its delivery, and its request's body when
 * the client leaves early or the answer is given first.
 *
 * @module
 */

import { AbortError, BodyError } from "../../reactor/errors.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { fromLatin1, latin1, settled } from "./fakes.ts";
import { CHUNKED, chunked, GET, request, upload } from "./requests.ts";
import { answers, type Call, echoes, type Line, onRig, type Rig, type RigOptions } from "./rig.ts";

const OK = { status: 200, fields: [] };

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}

/** How a promise ended, if it has. */
interface Fate {
  value?: unknown;
  error?: unknown;
}

function fateOf(promise: Promise<unknown>): Fate {
  const fate: Fate = {};
  promise.then((value) => fate.value = value, (error) => fate.error = error);
  return fate;
}

interface Ending {
  readonly name: string;
  readonly options?: RigOptions;
  /** Ends the exchange while its handler waits. */
  readonly end: (line: Line, rig: Rig) => Promise<unknown>;
  readonly code: string;
  readonly reason: Line["reason"];
}

const ENDINGS: readonly Ending[] = [
  {
    name: "the client resets",
    end: ({ wire }) => wire.reset(),
    code: "peer_gone",
    reason: "peer_reset",
  },
  {
    name: "the handler's time is over",
    options: { timeouts: { handler: 1_000, linger: 0 } },
    end: (_, rig) => rig.advance(1_500),
    code: "handler_timeout",
    reason: "handler_timeout",
  },
  {
    name: "somebody aborts the connection",
    end: async ({ connection }) => await connection.abort(),
    code: "shutdown",
    reason: "forced",
  },
  {
    name: "the shutdown's deadline passes",
    end: async (_, rig) => {
      rig.reactor.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 100, grace: 100 });
      await rig.advance(200);
    },
    code: "shutdown",
    reason: "forced",
  },
];

for (const { name, options = {}, end, code, reason } of ENDINGS) {
  Deno.test(`onAbort and onDelivered tell when ${name}: ${code}`, async () => {
    await onRig(options, async (rig) => {
      const line = await rig.sent(GET);
      let aborts = 0;
      const call = rig.last;
      const { onAbort } = call.exchange;
      call.exchange.onAbort = (error) => {
        aborts++;
        onAbort!(error);
      };
      await end(line, rig);
      await settled();
      assert(call.aborted instanceof AbortError && call.aborted.name === "AbortError");
      assertEquals([call.aborted.code, call.exchange.abortReason, aborts], [code, call.aborted, 1]);
      assertEquals(codeOf(call.outcome), code);
      assertEquals(line.reason, reason);
      // Harmless by now.
      call.exchange.respond(OK, "late");
      assertEquals(call.exchange.beginBody(OK, null), false);
      assertEquals(await call.exchange.writeBody(latin1("late")), false);
      call.exchange.endBody();
      call.exchange.flush();
      call.exchange.cut();
      assert(!line.got().includes("late"));
    });
  });

  Deno.test(`a body that is being read fails when ${name}`, async () => {
    await onRig(options, async (rig) => {
      const line = await rig.sent(upload(100) + "some");
      const { body } = rig.last.exchange;
      assertEquals(fromLatin1((await body!.read())!), "some");
      const fate = fateOf(body!.read());
      await end(line, rig);
      await settled();
      assert(fate.error instanceof BodyError, `${fate.error}`);
      const later = await fail(body!.read());
      assertEquals(later instanceof BodyError, true);
    });
  });
}

async function fail(promise: Promise<unknown>): Promise<unknown> {
  const fate = fateOf(promise);
  await settled();
  if (!("error" in fate)) throw new Error(`It did not fail: ${JSON.stringify(fate)}`);
  return fate.error;
}

Deno.test("an answer that was delivered is never aborted afterwards", async () => {
  for (const end of ["reset", "end"] as const) {
    await onRig({ handle: answers("ok") }, async (rig) => {
      const line = await rig.sent(GET);
      assertEquals(rig.last.outcome, "delivered");
      await line.wire[end]();
      assertEquals([line.state, rig.last.aborted, rig.last.exchange.abortReason], [
        "closed",
        undefined,
        undefined,
      ]);
      assertEquals(rig.last.outcome, "delivered");
    });
  }
});

Deno.test("an answer is delivered when the kernel has taken its last byte, not before", async () => {
  await onRig({ handle: answers("0123456789") }, async (rig) => {
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET);
    await line.wire.takeOnce(20);
    assertEquals(rig.last.outcome, undefined);
    await line.wire.take(Infinity);
    assertEquals([rig.last.outcome, rig.last.aborted], ["delivered", undefined]);
    let told: unknown = "nothing";
    // Asked too late: the answer is the same.
    rig.last.exchange.onDelivered = (error) => told = error;
    assertEquals(told, undefined);
  });
});

Deno.test("an answer of which the client takes half is aborted, not delivered", async () => {
  await onRig({ handle: answers("0123456789") }, async (rig) => {
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET);
    await line.wire.takeOnce(20);
    await line.wire.reset();
    assertEquals([codeOf(rig.last.outcome), codeOf(rig.last.aborted)], ["peer_gone", "peer_gone"]);
  });
});

Deno.test("pipelined answers are each told of their own delivery", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET + GET + GET);
    await line.wire.reset();
    assertEquals(rig.calls.length >= 1, true);
    assert(rig.calls.every(({ outcome }) => codeOf(outcome) === "peer_gone"));
  });
});

Deno.test("a client that half-closes fires the abort, and gets the answer all the same", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    await line.wire.end();
    assertEquals([codeOf(rig.last.aborted), line.state], ["peer_gone", "handling"]);
    rig.last.exchange.respond(OK, "still");
    await settled();
    assert(line.got().endsWith("\r\n\r\nstill"));
    assertEquals([rig.last.outcome, line.reason], ["delivered", "peer_closed"]);
  });
});

Deno.test("a client that half-closes after several requests gets all answers", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET + GET + GET);
    await line.wire.end();
    for (let turn = 1; turn <= 3; turn++) {
      assertEquals(rig.calls.length, turn);
      rig.last.exchange.respond(OK, "x");
      await settled();
    }
    assertEquals([line.statuses(), line.reason], [[200, 200, 200], "peer_closed"]);
  });
});

Deno.test("a streamed answer to a client that half-closed goes on as long as it moves", async () => {
  await onRig({ timeouts: { linger: 2_000 } }, async (rig) => {
    for (const begun of [true, false]) {
      const line = await rig.sent(GET);
      const { exchange } = rig.last;
      if (begun) exchange.beginBody(OK, null);
      await line.wire.end();
      if (!begun) exchange.beginBody(OK, null);
      for (let turn = 0; turn < 6; turn++) {
        await rig.advance(1_500);
        assertEquals(await exchange.writeBody(latin1("piece")), true, `${begun} ${turn}`);
      }
      // After such a silence nobody can tell whether the client is still there.
      await rig.advance(2_500);
      assertEquals([line.state, line.reason], ["closed", "peer_closed"], `${begun}`);
    }
  });
});

for (
  const [name, raw] of [
    ["Content-Length", upload(5) + "hello"],
    ["chunks", CHUNKED + chunked("he", "llo")],
  ] as const
) {
  Deno.test(`a body with ${name} that arrived whole is read though the client half-closed`, async () => {
    await onRig({}, async (rig) => {
      for (const how of ["readAll", "readText", "read"] as const) {
        const line = await rig.sent(raw);
        await line.wire.end();
        const all = await rig.last.exchange.body![how](fromLatin1);
        assertEquals(typeof all === "string" ? all : fromLatin1(all!), "hello");
        rig.last.exchange.respond(OK, "got it");
        await settled();
        assert(line.got().endsWith("got it"));
      }
    });
  });

  Deno.test(`a body with ${name} that arrived whole stays readable after the answer`, async () => {
    await onRig({ handle: answers("first") }, async (rig) => {
      const line = await rig.sent(raw);
      assertEquals([line.statuses(), line.state], [[200], "idle"]);
      assertEquals(fromLatin1(await rig.last.exchange.body!.readAll()), "hello");
      // The next request is not touched by it.
      const { body } = rig.last.exchange;
      await line.wire.send(GET);
      assertEquals([await body!.read(), line.statuses()], [null, [200]]);
    });
  });

  Deno.test(`a body with ${name} that arrived whole can be had as text after the answer`, async () => {
    await onRig({ handle: answers("first") }, async (rig) => {
      await rig.sent(raw);
      const { body } = rig.last.exchange;
      assertEquals([await body!.readText(fromLatin1), await body!.read()], ["hello", null]);
    });
  });

  Deno.test(`a body with ${name} that is cut short rejects`, async () => {
    await onRig({}, async (rig) => {
      for (const how of ["read", "readAll", "readText"] as const) {
        const line = await rig.sent(raw.slice(0, -3 - (raw.endsWith("\r\n") ? 5 : 0)));
        const { body } = rig.last.exchange;
        const fate = fateOf(allOf(body!, how));
        await settled();
        await line.wire.end();
        assertEquals([codeOf(fate.error), codeOf(rig.last.aborted)], ["peer_closed", "peer_gone"]);
      }
    });
  });
}

async function allOf(
  body: NonNullable<Call["exchange"]["body"]>,
  how: "read" | "readAll" | "readText",
) {
  if (how === "readText") await body.readText(fromLatin1);
  else if (how === "readAll") await body.readAll();
  else while (await body.read() !== null);
}

Deno.test("readText() of a body that comes in two reads, with the next request after it", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(upload(5) + "hel");
    const text = rig.last.exchange.body!.readText(fromLatin1);
    await line.wire.send("lo" + GET);
    assertEquals(await text, "hello");
    rig.last.exchange.respond(OK, "first");
    await settled();
    rig.last.exchange.respond(OK, "second");
    await settled();
    assertEquals(line.statuses(), [200, 200]);
  });
});

Deno.test("readText() leaves the request after the body where it is", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(upload(5) + "hello" + upload(3) + "abc");
    for (const expected of ["hello", "abc"]) {
      assertEquals(rig.last.exchange.body!.readText(fromLatin1), expected);
      assertEquals(await rig.last.exchange.body!.read(), null);
      rig.last.exchange.respond(OK, expected);
      await settled();
    }
    assertEquals(line.statuses(), [200, 200]);
  });
});

Deno.test("a body that was thrown away after the answer rejects, and does not look empty", async () => {
  for (const how of ["read", "readAll", "readText"] as const) {
    await onRig({ handle: answers("early") }, async (rig) => {
      const line = await rig.sent(upload(5) + "he");
      const { body } = rig.last.exchange;
      await line.wire.send("llo" + GET);
      assertEquals([line.statuses(), line.state], [[200, 200], "idle"]);
      for (let i = 0; i < 2; i++) {
        const fate = fateOf(allOf(body!, how));
        await settled();
        assertEquals(codeOf(fate.error), "aborted", how);
      }
    });
  }
});

Deno.test("a read of the rest of a body after the answer settles, whatever follows", async () => {
  const followed: Readonly<Record<string, (line: Line, rig: Rig) => Promise<unknown>>> = {
    "the rest comes": ({ wire }) => wire.send("x".repeat(90)),
    "the client ends": ({ wire }) => wire.end(),
    "the client resets": ({ wire }) => wire.reset(),
    "nothing comes": (_, rig) => rig.advance(30_000),
    "the connection is aborted": async ({ connection }) => await connection.abort(),
  };
  for (const [name, act] of Object.entries(followed)) {
    for (const length of [100, 10_000_000]) {
      for (const early of [true, false]) {
        await onRig({ handle: answers("early") }, async (rig) => {
          const line = await rig.sent(upload(length) + "0123456789");
          const { body } = rig.last.exchange;
          const fates: Fate[] = [];
          if (early) fates.push(fateOf(allOf(body!, "read")));
          await act(line, rig);
          if (!early) fates.push(fateOf(allOf(body!, "read")));
          await settled();
          await rig.advance(30_000);
          const settledFates = fates.filter((fate) => "value" in fate || "error" in fate);
          assertEquals(settledFates.length, fates.length, `${name}, ${length}, early: ${early}`);
        });
      }
    }
  }
});

Deno.test("cancel() gives null to reads and lets the next request through", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(upload(10) + "0123");
    const { exchange } = rig.last;
    const reading = fateOf(exchange.body!.read());
    await settled();
    assertEquals(fromLatin1(reading.value as never), "0123");
    const next = fateOf(exchange.body!.read());
    exchange.body!.cancel();
    await settled();
    assertEquals([next.value, await exchange.body!.read()], [null, null]);
    exchange.respond(OK, "enough");
    await line.wire.send("456789" + GET);
    assertEquals([rig.calls.length, line.statuses()], [2, [200]]);
  });
});

Deno.test("one read at a time", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(upload(10));
    const first = fateOf(rig.last.exchange.body!.read());
    assertEquals(codeOf(await fail(rig.last.exchange.body!.read())), "body_used");
    await line.wire.send("0123");
    assertEquals(fromLatin1(first.value as never), "0123");
  });
});

Deno.test("bodies come through whole in packets of every size", async () => {
  const text = Array.from({ length: 300 }, (_, at) => `${at} `).join("");
  const raws = [request({ body: text }), CHUNKED + chunked(text.slice(0, 7), text.slice(7))];
  await onRig({ handle: echoes }, async (rig) => {
    for (const raw of raws) {
      for (const size of [1, 2, 3, 17, 100, 1_000, 5_000]) {
        const line = await rig.connect();
        for (let at = 0; at < raw.length; at += size) {
          await line.wire.send(raw.slice(at, at + size));
        }
        assert(line.got().endsWith(`\r\n\r\n${text}`), `${size}`);
        await line.wire.end();
      }
    }
  });
});

Deno.test("an answer given inside onAbort harms nothing", async () => {
  for (const { name, options, end, reason } of ENDINGS) {
    await onRig(options ?? {}, async (rig) => {
      const line = await rig.sent(GET);
      const { exchange } = rig.last;
      exchange.onAbort = () => exchange.respond(OK, "from the abort");
      await end(line, rig);
      await settled();
      // A handler that is asked to stop, and not cut off, may still answer at that moment.
      const heard = reason === "handler_timeout" || name.includes("deadline");
      assertEquals(line.statuses(), heard ? [200] : [], name);
      const kept = reason === "handler_timeout";
      assertEquals(line.state, kept ? "idle" : "closed", name);
      assertEquals(rig.reactor.connections.has(line.connection), kept);
    });
  }
});

Deno.test("an answer that falls short of its Content-Length cuts the connection", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const { exchange } = rig.last;
    exchange.beginBody(OK, 10);
    assertEquals(await exchange.writeBody(latin1("1234")), true);
    exchange.endBody();
    await settled();
    assertEquals([line.reason, codeOf(rig.last.outcome)], ["handler_failed", "closed"]);
    assert(line.got().endsWith("\r\n\r\n1234"));
  });
});

Deno.test("writeBody() tells when enough was written, and cuts the rest", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const { exchange } = rig.last;
    exchange.beginBody(OK, 6);
    assertEquals(await exchange.writeBody(latin1("1234")), true);
    assertEquals(await exchange.writeBody(latin1("5678")), false);
    exchange.endBody();
    await settled();
    assert(line.got().endsWith("\r\n\r\n123456"));
    assertEquals([line.state, rig.last.outcome], ["idle", "delivered"]);
  });
});

Deno.test("cut() closes so that the client can tell, before and within an answer", async () => {
  await onRig({}, async (rig) => {
    for (const begun of [false, true]) {
      const line = await rig.sent(GET);
      const { exchange } = rig.last;
      if (begun) {
        exchange.beginBody(OK, null);
        await exchange.writeBody(latin1("some"));
      }
      exchange.cut();
      await settled();
      assertEquals([line.reason, line.got().endsWith("0\r\n\r\n")], ["handler_failed", false]);
      assert(rig.last.outcome instanceof Error);
    }
  });
});

Deno.test("the connection's own signal fires once, at its end, also when asked for later", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    const line = await rig.sent(GET);
    const signal = line.connection.signal as AbortSignal;
    assertEquals(signal.aborted, false);
    await line.wire.end();
    assertEquals([signal.aborted, codeOf(signal.reason)], [true, "peer_gone"]);
    const other = await rig.sent(GET);
    other.connection.abort();
    const late = other.connection.signal as AbortSignal;
    assertEquals([late.aborted, codeOf(late.reason)], [true, "shutdown"]);
  });
});

Deno.test("connections are counted and seen: id, peer, requests, bytes", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    const first = await rig.sent(GET, GET);
    const second = await rig.connect({ hostname: "192.0.2.9" });
    assertEquals([...rig.reactor.connections].map(({ id }) => id), [1, 2]);
    const { connection } = first;
    assertEquals([connection.requests, connection.bytesIn], [2, 2 * GET.length]);
    assertEquals(connection.bytesOut, first.wire.output.length);
    assertEquals((second.connection.remoteAddr as Deno.NetAddr).hostname, "192.0.2.9");
    await second.wire.end();
    assertEquals(rig.reactor.connections.has(second.connection), false);
  });
});
