/**
 * A connection that breaks at every step of its life, in every way: whatever happens, the Set is empty
 * in the end, every buffer is back, and every exchange is told exactly once how it ended.
 *
 * @module
 */

import type { State } from "../../reactor/states.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { latin1, settled } from "./fakes.ts";
import { CHUNKED, chunked, GET, head, LAST_GET, UPGRADE, upload } from "./requests.ts";
import { answers, type Call, echoes, type Line, onRig, type Rig } from "./rig.ts";

const OK = { status: 200, fields: [] };

/** Brings a connection to some point of its life. */
interface Step {
  readonly name: string;
  readonly state: State;
  readonly bring: (rig: Rig) => Promise<Line>;
}

async function stuck(rig: Rig, raw: string, takes = 0): Promise<Line> {
  const line = await rig.connect();
  line.wire.takes = takes;
  await line.wire.send(raw);
  return line;
}

/** Reads a body as an application would, and ignores its failure. */
async function reading({ exchange }: Call): Promise<void> {
  try {
    while (await exchange.body!.read() !== null);
  } catch {
    // The test looks at the exchange's own end.
  }
}

async function streaming(rig: Rig, pieces: number): Promise<Line> {
  const line = await rig.sent(GET);
  rig.last.exchange.beginBody(OK, null);
  for (let turn = 0; turn < pieces; turn++) {
    await rig.last.exchange.writeBody(latin1("piece"));
  }
  return line;
}

const STEPS: readonly Step[] = [
  { name: "in the TLS handshake", state: "handshake", bring: (rig) => rig.connect({ tls: true }) },
  { name: "before a byte", state: "idle", bring: (rig) => rig.connect() },
  { name: "in the middle of a head", state: "head", bring: (rig) => rig.sent(GET.slice(0, 20)) },
  {
    name: "in the middle of a long head",
    state: "head",
    bring: (rig) => rig.sent("GET / HTTP/1.1\r\nX: " + "x".repeat(5_000)),
  },
  { name: "while the handler waits", state: "handling", bring: (rig) => rig.sent(GET) },
  {
    name: "while the handler waits, with requests after it",
    state: "handling",
    bring: (rig) => rig.sent(GET + GET, GET.slice(0, 5)),
  },
  {
    name: "with a body that nobody reads",
    state: "handling",
    bring: (rig) => rig.sent(upload(100) + "some"),
  },
  {
    name: "with so much of a body that no read is pending",
    state: "handling",
    bring: (rig) => rig.sent(upload(1_000_000), "b".repeat(300_000)),
  },
  {
    name: "while a body is read",
    state: "handling",
    bring: async (rig) => {
      rig.handle = reading;
      return await rig.sent(upload(100) + "some");
    },
  },
  {
    name: "while a chunked body is collected",
    state: "handling",
    bring: async (rig) => {
      rig.handle = echoes;
      return await rig.sent(CHUNKED + chunked("some").slice(0, 7));
    },
  },
  {
    name: "while 100 (Continue) is written",
    state: "handling",
    bring: async (rig) => {
      rig.handle = reading;
      return await stuck(rig, upload(10, "Expect: 100-continue"));
    },
  },
  {
    name: "while an answer is written",
    state: "writing",
    bring: async (rig) => {
      rig.handle = answers("ok");
      return await stuck(rig, GET);
    },
  },
  {
    name: "in the middle of a large answer, with requests after it",
    state: "writing",
    bring: async (rig) => {
      rig.handle = answers("L".repeat(200_000));
      const line = await stuck(rig, GET + GET);
      await line.wire.takeOnce(70_000);
      return line;
    },
  },
  {
    name: "while the last answer is written",
    state: "writing",
    bring: async (rig) => {
      rig.handle = answers("ok");
      return await stuck(rig, LAST_GET);
    },
  },
  {
    name: "while a refusal is written",
    state: "writing",
    bring: (rig) => stuck(rig, "BAD\r\n\r\n"),
  },
  { name: "while a stream pauses", state: "writing", bring: (rig) => streaming(rig, 2) },
  {
    name: "while a piece of a stream is written",
    state: "writing",
    bring: async (rig) => {
      const line = await streaming(rig, 1);
      line.wire.takes = 0;
      rig.last.exchange.writeBody(latin1("not taken"));
      await settled();
      return line;
    },
  },
  {
    name: "while an unread body is drained",
    state: "draining",
    bring: async (rig) => {
      rig.handle = answers("ok");
      return await rig.sent(upload(100) + "some");
    },
  },
  {
    name: "while it lingers",
    state: "lingering",
    bring: async (rig) => {
      rig.handle = answers("ok");
      return await rig.sent(LAST_GET);
    },
  },
  {
    name: "while an upgraded connection reads",
    state: "upgraded",
    bring: async (rig) => {
      const line = await rig.sent(UPGRADE);
      readRaw(rig.last);
      await settled();
      return line;
    },
  },
  {
    name: "while the head of an upgrade is written",
    state: "upgraded",
    bring: async (rig) => {
      const line = await stuck(rig, UPGRADE);
      readRaw(rig.last);
      await settled();
      return line;
    },
  },
];

/** Takes the connection over and reads it to its end. */
async function readRaw({ exchange }: Call): Promise<void> {
  const raw = exchange.upgrade({ status: 101, fields: [] });
  const into = new Uint8Array(100);
  try {
    while (await raw.read(into) !== null);
    await raw.write(latin1("goodbye"));
  } catch {
    // A connection that broke must still be closed.
  } finally {
    raw.close();
  }
}

/** What happens to it. */
const BLOWS: Readonly<Record<string, (line: Line, rig: Rig) => Promise<unknown>>> = {
  "the peer resets": ({ wire }) => wire.reset(),
  "the peer ends its side": ({ wire }) => wire.end(),
  "the peer ends its side, then resets": async ({ wire }) => {
    await wire.end();
    await wire.reset();
  },
  "the peer sends garbage": ({ wire }) => wire.send("\x00\xff garbage\r\n\r\n".repeat(500)),
  "the peer sends requests": ({ wire }) => wire.send(GET.repeat(100)),
  "the peer falls silent": (_, rig) => rig.advance(200_000),
  "its end of the stream cannot be sent": async ({ wire, connection }) => {
    wire.refusesFin = true;
    await wire.take(Infinity);
    connection.close();
  },
  "somebody closes it": async ({ connection }) => await connection.close(),
  "somebody aborts it": async ({ connection }) => await connection.abort(),
  "somebody closes and aborts it": async ({ connection }) => {
    connection.close();
    connection.abort();
    connection.close("shutdown");
    await settled();
  },
  "the server is shut down": async (_, rig) => {
    rig.reactor.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 500, grace: 500 });
    await rig.advance(2_000);
  },
  "the server is forced": async (_, rig) => await rig.reactor.force(),
};

/** What happens afterwards: the handler answers at last, or never does. */
const AFTERMATHS: Readonly<Record<string, (rig: Rig) => Promise<unknown>>> = {
  "the handler never answers": () => Promise.resolve(),
  "the handler answers at last": async (rig) => {
    for (const { exchange } of rig.calls) {
      if (exchange.responded) exchange.endBody();
      else exchange.respond(OK, "at last");
      await settled();
    }
  },
  "the handler streams at last": async (rig) => {
    for (const { exchange } of rig.calls) {
      if (!exchange.responded) exchange.beginBody(OK, null);
      exchange.writeBody(latin1("at last"));
      await settled();
      exchange.endBody();
    }
  },
  "the handler gives up": async (rig) => {
    for (const { exchange } of rig.calls) exchange.cut();
    await settled();
  },
};

for (const { name, state, bring } of STEPS) {
  Deno.test(`a connection that is hit ${name} leaves nothing behind`, async () => {
    for (const [blow, hit] of Object.entries(BLOWS)) {
      for (const [aftermath, act] of Object.entries(AFTERMATHS)) {
        const what = `${blow}; ${aftermath}`;
        await onRig({}, async (rig) => {
          const line = await bring(rig);
          assertEquals(line.state, state, what);
          const told = countTellings(rig.calls);
          await hit(line, rig);
          await settled();
          await act(rig);
          await settled();
          // The first read after a stall is of a peer that takes everything again.
          if (!line.wire.closed) await line.wire.take(Infinity);
          rig.reactor.force();
          await settled();
          assertEquals(line.state, "closed", what);
          assert(line.reason !== null, what);
          assert(line.wire.closed, what);
          told(what);
        });
      }
    }
  });
}

/** Counts how often each exchange is told of its end; returns the check that it was once. */
function countTellings(calls: readonly Call[]): (what: string) => void {
  const counts = calls.map((call) => {
    const { onDelivered, onAbort } = call.exchange;
    const count = { delivered: call.outcome === undefined ? 0 : 1, aborted: 0 };
    if (count.delivered === 0) {
      call.exchange.onDelivered = (error) => {
        count.delivered++;
        onDelivered?.(error);
      };
    }
    call.exchange.onAbort = (reason) => {
      count.aborted++;
      onAbort?.(reason);
    };
    return count;
  });
  return (what) => {
    for (const { delivered, aborted } of counts) {
      assertEquals(delivered, 1, `Told of the delivery ${delivered} times: ${what}`);
      assert(aborted <= 1, `Aborted ${aborted} times: ${what}`);
    }
  };
}

Deno.test("a peer that ends at every byte of a conversation gets what is due and is let go", async () => {
  const conversation = GET + upload(5) + "hello" + CHUNKED + chunked("abc", "de") +
    head("GET /last HTTP/1.1", "Host: h", "Connection: close");
  await onRig({ handle: echoes }, async (rig) => {
    for (let at = 0; at <= conversation.length; at++) {
      for (const how of ["end", "reset"] as const) {
        const line = await rig.sent(...[conversation.slice(0, at)].filter((text) => text !== ""));
        const before = line.statuses();
        await line.wire[how]();
        await rig.advance(10);
        assertEquals(line.state, "closed", `${how} at ${at}`);
        assert(before.every((status) => status === 200));
        const expected = at === conversation.length
          ? "asked"
          : `peer_${how === "end" ? "closed" : "reset"}`;
        assertEquals<string | null>(line.reason, expected, `${how} at ${at}`);
      }
    }
  });
});

Deno.test("answers come through whole in writes of one byte", async () => {
  const text = "0123456789".repeat(20);
  await onRig({ handle: echoes }, async (rig) => {
    const line = await rig.connect();
    await line.wire.take(1);
    const raw = upload(text.length) + text;
    await line.wire.send(raw + raw);
    for (let turn = 0; turn < 100; turn++) await settled();
    const { output } = line.wire;
    assertEquals(output.split(text).length, 3);
    assertEquals([line.state, line.connection.bytesOut], ["idle", output.length] as unknown[]);
    assert(rig.calls.every(({ outcome }) => outcome === "delivered"));
  });
});

Deno.test("streams come through whole in writes of one byte", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.connect();
    await line.wire.take(1);
    await line.wire.send(GET);
    const { exchange } = rig.last;
    exchange.beginBody(OK, null);
    for (const piece of ["one", "two", "", "three"]) await exchange.writeBody(latin1(piece));
    exchange.endBody();
    for (let turn = 0; turn < 10; turn++) await settled();
    assert(line.got().endsWith("\r\n\r\n" + chunked("one", "two", "three")));
    assertEquals(line.state, "idle");
  });
});

Deno.test("a write that breaks half-way loses every answer that was not written whole", async () => {
  await onRig({ handle: answers("x".repeat(100)) }, async (rig) => {
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET + GET + GET);
    await line.wire.takeOnce(150);
    await line.wire.reset();
    assertEquals(line.reason, "peer_reset");
    assert(rig.calls.every(({ outcome }) => outcome instanceof Error));
  });
});

Deno.test("a reset while it lingers keeps the reason of the close", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    for (const [raw, reason] of [[LAST_GET, "asked"], ["BAD\r\n\r\n", "bad_request"]] as const) {
      const line = await rig.sent(raw);
      assertEquals(line.state, "lingering");
      await line.wire.reset();
      assertEquals(line.reason, reason);
    }
  });
});

Deno.test("an application that throws costs its connection and no other", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    const other = await rig.sent(GET);
    rig.handle = () => {
      throw new Error("A defect of the application");
    };
    const line = await rig.sent(GET);
    await settled();
    assertEquals([line.state, rig.defects.length], ["closed", 1] as unknown[]);
    rig.defects.length = 0;
    rig.handle = answers("ok");
    await other.wire.send(GET);
    assertEquals(other.statuses(), [200, 200]);
  });
});

Deno.test("idle connections wait on small buffers, whatever they did before", async () => {
  await onRig({ handle: answers("ok") }, async (rig) => {
    const long = head("GET / HTTP/1.1", "Host: h", "Cookie: " + "c".repeat(3_000));
    for (const raw of [GET, long, upload(200_000) + "u".repeat(200_000), GET.repeat(500)]) {
      const line = await rig.sent(raw);
      for (let turn = 0; turn < 20; turn++) await settled();
      assertEquals(line.state, "idle");
    }
    assert(rig.buffers.outBytes <= 4 * 2_048, `${rig.buffers.outBytes} bytes are out`);
  });
});
