/**
 * Bytes, ends and writes during and after an answer: what a client sends while it is written, a
 * client that ends while it is written, or that still reads when the server goes. On the fakes
 * where the order matters, on sockets where only the kernel can show a reset.
 *
 * @module
 */

import { latin1 } from "../engine/fakes.ts";
import { answers, type Call, type Line, onRig, type Rig } from "../engine/rig.ts";
import { assertEquals } from "../support/assert.ts";
import { GET, head, request } from "../support/requests.ts";
import { onWeir, type Running, start } from "../support/servers.ts";
import { pause, until } from "../support/time.ts";

const OK = { status: 200, fields: [] };
const LARGE = latin1("y".repeat(300_000));

function upload(length: number): string {
  return head("POST / HTTP/1.1", "Host: h", `Content-Length: ${length}`);
}

/** Reads the body to its end; returns its length. */
async function readOut(rig: Rig, { body }: Call["exchange"]): Promise<number> {
  let size = 0;
  for (let piece = await body!.read(); piece !== null; piece = await body!.read()) {
    rig.buffers.handedOver(piece);
    size += piece.length;
  }
  return size;
}

/** A client that takes nothing for now, and has sent this. */
async function stalled(rig: Rig, raw: string): Promise<Line> {
  const line = await rig.connect();
  line.wire.takes = 0;
  await line.wire.send(raw);
  return line;
}

Deno.test("cancel() of a body after its answer ends the wait for its rest", async () => {
  await onRig({ timeouts: { body: 0, idle: 0 } }, async (rig) => {
    rig.handle = ({ exchange }) => {
      exchange.body!.read();
      exchange.respond(OK, "early");
    };
    const line = await rig.sent(upload(8_000_000));
    assertEquals([line.statuses(), line.state], [[200], "draining"]);
    rig.last.exchange.body!.cancel();
    assertEquals(line.state, "lingering");
  });
});

for (const [name, more] of [["no byte", ""], ["many bytes", "x".repeat(100_000)]] as const) {
  Deno.test(`a body whose reader gives up after its answer, with ${name}, is waited for no longer`, async () => {
    await onRig({ timeouts: { body: 200, linger: 200 } }, async (rig) => {
      rig.handle = async ({ exchange }) => {
        const reading = exchange.body!.read();
        exchange.respond(OK, "early");
        rig.buffers.handedOver(await reading.catch(() => null) ?? new Uint8Array());
      };
      const line = await rig.sent(upload(8_000_000));
      assertEquals([line.statuses(), line.state], [[200], "draining"]);
      if (more !== "") await line.wire.send(more);
      await rig.advance(1_000);
      assertEquals(line.state, "closed");
    });
  });
}

Deno.test("a client that ends while the answer to its unread body is written is let go", async () => {
  await onRig({}, async (rig) => {
    rig.handle = async ({ exchange }) => {
      await undefined;
      exchange.respond(OK, "early");
    };
    const line = await stalled(rig, upload(100) + "abc");
    assertEquals(line.state, "writing");
    await line.wire.end();
    await line.wire.take(Infinity);
    assertEquals([line.statuses(), line.state, line.reason], [[200], "closed", "peer_closed"]);
  });
});

const EARLY = [
  ["a large answer given at once", LARGE, 0],
  ["a large answer given later", LARGE, 1],
  ["a small answer given at once", "small", 0],
] as const;

for (const [name, answer, turns] of EARLY) {
  Deno.test(`a body read after ${name} comes in while that is written`, async () => {
    await onRig({}, async (rig) => {
      let read = 0;
      rig.handle = async ({ exchange }) => {
        const reading = readOut(rig, exchange);
        for (let turn = 0; turn < turns; turn++) await undefined;
        exchange.respond(OK, answer);
        read = await reading;
      };
      const line = await stalled(rig, upload(1_000_000));
      for (let sent = 0; sent < 1_000_000; sent += 50_000) await line.wire.send("x".repeat(50_000));
      assertEquals([line.state, line.wire.writing, read], ["writing", true, 1_000_000]);
      await line.wire.take(Infinity);
      assertEquals([line.statuses(), line.state], [[200], "idle"]);
    });
  });
}

Deno.test("a request after an unread body is answered though the client ended meanwhile", async () => {
  await onRig({}, async (rig) => {
    rig.handle = async ({ exchange, target }) => {
      await undefined;
      exchange.respond(OK, `answer to ${target} `);
    };
    const line = await stalled(rig, upload(10) + "abc");
    await line.wire.send("defghij" + request({ target: "/2" }));
    await line.wire.end();
    await line.wire.take(Infinity);
    assertEquals(line.got().match(/answer to \S+/g), ["answer to /", "answer to /2"] as string[]);
    assertEquals([line.state, line.reason], ["closed", "peer_closed"]);
  });
});

Deno.test("close() while an answer is written ends in stages", async () => {
  await onRig({ handle: answers("early") }, async (rig) => {
    const line = await stalled(rig, GET);
    assertEquals(line.state, "writing");
    line.connection.close();
    await line.wire.take(Infinity);
    assertEquals([line.statuses(), line.state, line.wire.finished], [[200], "lingering", true]);
  });
});

interface Live {
  readonly state: string;
  readonly requests: number;
  close(): void;
}

function theOnly(running: Running): Live | undefined {
  return [...(running.server as unknown as { connections: Set<Live> }).connections][0];
}

const ENDS: readonly (readonly [name: string, end: (running: Running) => unknown])[] = [
  ["shutdown()", (running) => running.server.shutdown()],
  ["close()", (running) => theOnly(running)!.close()],
];

for (const [name, end] of ENDS) {
  onWeir(
    `${name} leaves a client the answer that it still reads, whatever it sends`,
    async (peer) => {
      await using running = start(peer, () => new Response(LARGE));
      using client = await running.connect();
      await client.send(GET);
      await until(
        () => theOnly(running)?.requests === 1 && theOnly(running)?.state === "idle",
        "idle",
      );
      end(running);
      await pause(20);
      await client.sendWhileOpen(GET);
      await pause(20);
      const { text, end: kind } = await client.remains();
      assertEquals([text.length - text.indexOf("\r\n\r\n") - 4, kind], [LARGE.length, "clean"]);
    },
  );
}
