/**
 * The PROXY header in the engine, on a fake wire and a clock that stands still: at every split it comes
 * before the first request, its addresses take the place of the socket's, what is wrong ends the connection
 * without a byte, and neither time nor memory is without a bound.
 *
 * @module
 */

import fc from "fast-check";
import type { ConnectionInfo } from "../../reactor/observer.ts";
import { ProxiedConn } from "../../reactor/proxy_protocol/proxied_conn.ts";
import { TICK_MS } from "../../reactor/timing/heartbeat.ts";
import { FakeConn, latin1, settled } from "../engine/fakes.ts";
import { GET } from "../engine/requests.ts";
import { answers, Line, onRig, type Rig, type RigOptions } from "../engine/rig.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { binary, V4_ADDRESSES, zeros } from "./headers.ts";

const LINE = "PROXY TCP4 203.0.113.7 198.51.100.1 4711 443\r\n";
const LOCAL = binary({ command: 0x20, family: 0, addresses: [] });
const OPTIONS: RigOptions = {
  proxyProtocol: { from: ["192.0.2.1"], timeout: 3_000 },
  timeouts: { idle: 60_000 },
  handle: answers("ok"),
};

/** A proxy connects. */
async function connect(rig: Rig, { allowed = true } = {}): Promise<Line> {
  const before = new Set(rig.reactor.connections);
  const wire = new FakeConn();
  const opened: Line[] = [];
  const stop = rig.reactor.observe({
    opened: (connection) => opened.push(new Line(wire, connection)),
  });
  rig.listener.offer(new ProxiedConn(wire, { allowed }));
  await settled();
  stop();
  assert(!before.has(opened[0]!.connection));
  return opened[0]!;
}

for (const [name, header] of [["1", LINE], ["2", binary()], ["2, local", LOCAL]] as const) {
  Deno.test(`the header of version ${name} may be split anywhere, and the first request come with it`, async () => {
    const bytes = latin1(header + GET + GET);
    await onRig(OPTIONS, async (rig) => {
      for (let at = 1; at <= bytes.length; at++) {
        const line = await connect(rig);
        assertEquals(line.state, "proxy_header");
        await line.wire.send(bytes.slice(0, at));
        if (at < bytes.length) await line.wire.send(bytes.slice(at));
        assertEquals(line.statuses(), [200, 200], `Split at ${at}`);
        line.connection.abort();
      }
      const line = await connect(rig);
      for (let at = 0; at < bytes.length; at++) await line.wire.send(bytes.slice(at, at + 1));
      assertEquals(line.statuses(), [200, 200], "Byte by byte");
    });
  });
}

Deno.test("the addresses are the header's from then on, and the socket's where it names none", async () => {
  await onRig(OPTIONS, async (rig) => {
    const socket = { transport: "tcp", hostname: "192.0.2.1", port: 40_000 };
    const line = await connect(rig);
    assertEquals(line.connection.remoteAddr, socket as typeof line.connection.remoteAddr);
    await line.wire.send(LINE + GET);
    assertEquals(
      [line.connection.remoteAddr, line.connection.localAddr],
      [
        { transport: "tcp", hostname: "203.0.113.7", port: 4711 },
        { transport: "tcp", hostname: "198.51.100.1", port: 443 },
      ],
    );
    const { client, connection } = rig.last.exchange.info;
    assertEquals([client.address, client.port, client.protocol], ["203.0.113.7", 4711, "http"]);
    assertEquals(connection.remoteAddr, line.connection.remoteAddr);
    for (const header of [LOCAL, "PROXY UNKNOWN\r\n", binary({ family: 0, addresses: [] })]) {
      const local = await connect(rig);
      await local.wire.send(header + GET);
      assertEquals(local.statuses(), [200]);
      assertEquals(local.connection.remoteAddr, socket as typeof local.connection.remoteAddr);
    }
  });
});

Deno.test("the fields of version 2 are kept, and that of TLS says what the client spoke", async () => {
  await onRig(OPTIONS, async (rig) => {
    const line = await connect(rig);
    await line.wire.send(binary({ tlvs: [[2, [104]], [0x20, [1, 0, 0, 0, 0]]] }) + GET);
    const { proxyHeader, info } = rig.last.exchange;
    assertEquals(proxyHeader?.tlvs.map(({ type, value }) => [type, ...value]), [
      [2, 104],
      [0x20, 1, 0, 0, 0, 0],
    ]);
    assertEquals(info.client.protocol, "https");
    const plain = await connect(rig);
    await plain.wire.send(binary({ tlvs: [[0x20, [0, 0, 0, 0, 0]]] }) + GET);
    assertEquals(rig.last.exchange.info.client.protocol, "http");
  });
});

const WRONG: readonly (readonly [name: string, bytes: string])[] = [
  ["a request", GET],
  ["a line that is wrong", "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n"],
  ["a line without end", "PROXY UNKNOWN " + "x".repeat(200)],
  ["a binary header that is wrong", binary({ command: 0x31 })],
  ["a binary header that is too long", binary({ length: 4_097 })],
  ["TLS", "\x16\x03\x01"],
];

for (const [name, bytes] of WRONG) {
  Deno.test(`${name} in the header's place closes without an answer`, async () => {
    await onRig(OPTIONS, async (rig) => {
      const line = await connect(rig);
      await line.wire.send(bytes);
      assertEquals([line.reason, line.wire.output, rig.calls.length], [
        "proxy_header_failed",
        "",
        0,
      ]);
      assert(line.wire.closed);
    });
  });
}

Deno.test("the end of the stream and a reset before the header's end close", async () => {
  await onRig(OPTIONS, async (rig) => {
    const ended = await connect(rig);
    await ended.wire.send("PROXY ");
    await ended.wire.end();
    const reset = await connect(rig);
    await reset.wire.reset();
    assertEquals([ended.reason, reset.reason], ["proxy_header_failed", "proxy_header_failed"]);
  });
});

Deno.test("a peer that may send no header is closed at once, and nothing is read of it", async () => {
  await onRig(OPTIONS, async (rig) => {
    const line = await connect(rig, { allowed: false });
    assertEquals([line.reason, line.wire.reads], ["proxy_header_failed", 0]);
  });
});

Deno.test("proxyProtocol.timeout closes, however the header trickles in", async () => {
  await onRig(OPTIONS, async (rig) => {
    const silent = await connect(rig);
    const slow = await connect(rig);
    for (let ms = 0; ms < 2_900; ms += 100) {
      await slow.wire.send(LINE[ms / 100]!);
      await rig.advance(100);
    }
    await rig.advance(99);
    assertEquals([silent.state, slow.state], ["proxy_header", "proxy_header"]);
    await rig.advance(1 + 4 * TICK_MS);
    assertEquals([silent.reason, slow.reason], ["proxy_header_timeout", "proxy_header_timeout"]);
    assertEquals([slow.wire.output, slow.wire.closed], ["", true]);
  });
});

Deno.test("a header that came in time leaves the idle time-out to the first request", async () => {
  await onRig(OPTIONS, async (rig) => {
    const line = await connect(rig);
    await rig.advance(2_000);
    await line.wire.send(LINE);
    assertEquals(line.state, "idle");
    await rig.advance(50_000);
    await line.wire.send(GET);
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("a shutdown and an abort end a connection that waits for its header", async () => {
  await onRig(OPTIONS, async (rig) => {
    const cut = await connect(rig);
    cut.connection.abort();
    assertEquals(cut.reason, "forced");
    const line = await connect(rig);
    void rig.reactor.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 1_000, grace: 100 });
    await settled();
    assertEquals([line.reason, line.wire.closed], ["shutdown", true]);
  });
});

Deno.test("limits.connectionsPerAddress counts the addresses of headers, not the proxy's", async () => {
  await onRig({ ...OPTIONS, limits: { connectionsPerAddress: 1 } }, async (rig) => {
    const other = binary({ addresses: [203, 0, 113, 8, ...V4_ADDRESSES.slice(4)] });
    const lines = [];
    for (const header of [LINE, LINE, other]) {
      const line = await connect(rig);
      await line.wire.send(header + GET);
      lines.push(line);
    }
    assertEquals(lines.map((line) => line.statuses()), [[200], [503], [200]]);
    lines[0]!.connection.abort();
    const next = await connect(rig);
    await next.wire.send(LINE + GET);
    assertEquals(next.statuses(), [200]);
  });
});

Deno.test("limits.connections counts connections that wait for their header", async () => {
  const limits = { connections: 1, overConnections: "refuse" } as const;
  await onRig({ ...OPTIONS, limits }, async (rig) => {
    await connect(rig);
    const over = await connect(rig);
    await over.wire.send(LINE + GET);
    assertEquals(over.statuses(), [503]);
  });
});

Deno.test("a header takes no buffer of the pool, and what comes after a long one is all there", async () => {
  const long = binary({ tlvs: [[5, zeros(4_096 - 15)]] });
  await onRig(OPTIONS, async (rig) => {
    const line = await connect(rig);
    await line.wire.send(long.slice(0, 4_000));
    assertEquals([line.state, rig.buffers.out], ["proxy_header", 0]);
    await line.wire.send(long.slice(4_000) + GET + GET);
    assertEquals(line.statuses(), [200, 200]);
  });
});

// Observers may call anything while the header is awaited, read and refused.

const DEEDS: Readonly<Record<string, (rig: Rig, connection: ConnectionInfo) => void>> = {
  "closes the connection": (_, connection) => connection.close(),
  "aborts the connection": (_, connection) => connection.abort(),
  "forces the server": ({ reactor }) => reactor.force(),
  "shuts the server down": ({ reactor }) =>
    void reactor.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 100, grace: 100 }),
  "throws": () => {
    throw new Error("From an observer");
  },
};

for (const hook of ["opened", "moved", "dropped", "closed"] as const) {
  for (const [name, act] of Object.entries(DEEDS)) {
    Deno.test(`an observer that ${name} when a connection with a header is ${hook}`, async () => {
      await onRig(OPTIONS, async (rig) => {
        let told = 0;
        rig.reactor.observe({
          [hook]: (connection: ConnectionInfo) => {
            told++;
            act(rig, connection);
          },
        });
        for (const bytes of [LINE + GET + "BAD\r\n\r\n", GET]) {
          const wire = new FakeConn();
          rig.listener.offer(new ProxiedConn(wire, { allowed: true }));
          await settled();
          for (let at = 0; at < bytes.length; at += 7) {
            await wire.send(latin1(bytes).slice(at, at + 7));
          }
          await wire.end();
        }
        await rig.advance(5_000);
        assert(told > 0 || hook === "dropped", "Nothing was told");
        assertEquals(rig.observerErrors.length, name === "throws" ? told : 0);
      });
    });
  }
}

Deno.test("damaged headers in random pieces: served, refused as HTTP, or closed without a byte", async () => {
  const bytes = fc.record({
    raw: fc.constantFrom(LINE, binary(), LOCAL, binary({ tlvs: [[5, [1, 2, 3]]] })),
    edits: fc.array(fc.record({ at: fc.nat(60), byte: fc.nat(255) }), { maxLength: 1 }),
    cuts: fc.array(fc.nat(100), { maxLength: 6 }),
    ends: fc.boolean(),
  });
  const counts = { served: 0, failed: 0 };
  await onRig({ ...OPTIONS, limits: { connections: 100_000 } }, async (rig) => {
    await fc.assert(
      fc.asyncProperty(bytes, async ({ raw, edits, cuts, ends }) => {
        const all = latin1(raw + GET);
        for (const { at, byte } of edits) all[at % raw.length] = byte;
        const line = await connect(rig);
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), all.length]) {
          if (cut > from) await line.wire.send(all.slice(from, cut));
          from = Math.max(from, cut);
        }
        if (ends) await line.wire.end();
        else await rig.advance(3_500);
        const { reason, wire: { output } } = line;
        if (output.startsWith("HTTP/1.1 200 ")) counts.served++;
        else if (reason?.startsWith("proxy_header_")) counts.failed++;
        // The damage may make the header end where the request begins to be none.
        else assert(/^HTTP\/1\.1 4\d\d /.test(output), `${reason}: ${output}`);
        if (reason?.startsWith("proxy_header_")) assertEquals(output, "");
        line.connection.abort();
      }),
      { numRuns: 1_000 },
    );
  });
  assert(counts.served > 100 && counts.failed > 100, JSON.stringify(counts));
});
