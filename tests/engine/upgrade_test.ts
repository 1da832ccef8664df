/**
 * Connections that a handler takes over: the head, the bytes already read after the request, the
 * peer's end, and their part in time-outs and the shutdown.
 *
 * @module
 */

import { SMALL_BYTES } from "../../reactor/memory/buffer_pool.ts";
import type { TakenConn } from "../../reactor/exchange.ts";
import type { Bytes, Conn } from "../../reactor/ports.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { fromLatin1, latin1, settled } from "./fakes.ts";
import { GET, head, request, UPGRADE } from "./requests.ts";
import { answers, type Line, onRig, type Rig } from "./rig.ts";

const SWITCHING = { status: 101, fields: ["Connection", "Upgrade", "Upgrade", "raw"] };
const CONNECT = head("CONNECT h:80 HTTP/1.1", "Host: h:80");

async function taken(
  rig: Rig,
  ...packets: readonly string[]
): Promise<{ line: Line; raw: TakenConn }> {
  const line = await rig.sent(...packets);
  const { exchange, method } = rig.last;
  const raw = exchange.upgrade(method === "CONNECT" ? { status: 200, fields: [] } : SWITCHING);
  await settled();
  return { line, raw };
}

/** The next bytes, at most `most`. */
async function readText(raw: Conn, most = 100): Promise<string | null> {
  const into: Bytes = new Uint8Array(most);
  const count = await raw.read(into);
  return count === null ? null : fromLatin1(into.subarray(0, count));
}

Deno.test("upgrade() sends the head, and gives the bytes after the request first", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE + "left", "over");
    assert(/^HTTP\/1\.1 101 [^]*\r\nUpgrade: raw\r\n[^]*\r\n\r\n$/.test(line.got()));
    assert(!/content-length|transfer-encoding/i.test(line.got()));
    assertEquals([line.state, rig.last.outcome], ["upgraded", "delivered"]);
    assertEquals(await readText(raw, 6), "leftov");
    assertEquals(await readText(raw), "er");
    const more = readText(raw);
    await line.wire.send("more");
    assertEquals(await more, "more");
    assertEquals(await raw.write(latin1("answer")), 6);
    assertEquals(line.got(), "answer");
    await line.wire.end();
    assertEquals(await readText(raw), null);
    assertEquals(rig.reactor.connections.has(line.connection), true);
    raw.close();
    assertEquals(line.reason, "upgrade_ended");
  });
});

Deno.test("CONNECT that is taken over is answered with 200 and carries raw bytes", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, CONNECT + "tunnel");
    assert(/^HTTP\/1\.1 200 [^]*\r\n\r\n$/.test(line.wire.output), line.wire.output);
    assert(!/content-length|transfer-encoding|connection: close/i.test(line.got()));
    assertEquals(await readText(raw), "tunnel");
    raw.close();
    raw.close();
    assertEquals(line.reason, "upgrade_ended");
  });
});

Deno.test("CONNECT that is not taken over is 501, or the handler's own refusal, and closes", async () => {
  for (const [status, expected] of [[200, 501], [204, 501], [403, 403], [502, 502]] as const) {
    const handle: Rig["handle"] = ({ exchange }) => exchange.respond({ status, fields: [] }, null);
    await onRig({ handle }, async (rig) => {
      const line = await rig.sent(CONNECT + GET);
      assertEquals([line.statuses(), line.state], [[expected], "lingering"]);
    });
  }
});

Deno.test("a 2xx stream to CONNECT is 501 as well", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(CONNECT);
    assertEquals(rig.last.exchange.beginBody({ status: 200, fields: [] }, null), false);
    await settled();
    assertEquals(line.statuses(), [501]);
  });
});

Deno.test("upgrade() throws for a request that did not ask, has a body or was answered", async () => {
  await onRig({}, async (rig) => {
    await rig.sent(GET);
    assertThrows(() => rig.last.exchange.upgrade(SWITCHING), TypeError);
    const line = await rig.sent(UPGRADE);
    rig.last.exchange.respond({ status: 200, fields: [] }, "no");
    assertThrows(() => rig.last.exchange.upgrade(SWITCHING), TypeError);
    await settled();
    // Refused with an answer, the connection goes on as HTTP.
    assertEquals([line.statuses(), line.state], [[200], "idle"]);
    await line.wire.send(GET);
    assertEquals(rig.calls.length, 3);
    rig.last.exchange.respond({ status: 200, fields: [] }, "yes");
    await settled();
    assertEquals(line.statuses(), [200]);
  });
});

Deno.test("an upgraded connection has no time-out of HTTP", async () => {
  const timeouts = { idle: 1_000, head: 1_000, handler: 1_000, body: 1_000, write: 1_000 };
  await onRig({ timeouts }, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE);
    await rig.advance(120_000);
    assertEquals(line.state, "upgraded");
    line.wire.takes = 0;
    const writing = raw.write(latin1("slow"));
    await rig.advance(120_000);
    assertEquals(line.state, "upgraded");
    await line.wire.take(2);
    assertEquals(await writing, 2);
  });
});

Deno.test("bytes that look like many requests do not stop an upgraded connection", async () => {
  await onRig({ limits: { pipelinedRequests: 4 } }, async (rig) => {
    const line = await rig.sent(UPGRADE);
    for (let turn = 0; turn < 10; turn++) await line.wire.send("\r\n\r\n");
    const raw = rig.last.exchange.upgrade(SWITCHING);
    let got = "";
    for (let turn = 0; turn < 40 && got.length < 44; turn++) {
      const reading = readText(raw);
      if (turn === 1) await line.wire.send("last");
      await settled();
      got += await reading ?? "";
      if (got.endsWith("last")) break;
    }
    assertEquals(got, "\r\n\r\n".repeat(10) + "last");
  });
});

Deno.test("what an upgraded connection does not read stays with the peer", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE);
    for (let turn = 0; turn < 100; turn++) await line.wire.send("f".repeat(10_000));
    assert(line.connection.bytesIn < 150_000, `${line.connection.bytesIn}`);
    let size = 0;
    while (size < 1_000_000) size += (await readText(raw, 50_000))!.length;
    assertEquals(size, 1_000_000);
  });
});

Deno.test("an upgraded connection stays in the shutdown: open to the end of its grace, then cut", async () => {
  await onRig({ handle: answers("x") }, async (rig) => {
    rig.handle = () => {};
    const { line, raw } = await taken(rig, UPGRADE);
    const report = rig.reactor.shutdown({
      readyDelay: 0,
      firstRequest: 0,
      deadline: 1_000,
      grace: 500,
    });
    await rig.advance(1_400);
    assertEquals(line.state, "upgraded");
    const reading = readText(raw).catch(() => null);
    await rig.advance(200);
    assertEquals([line.reason, await reading], ["forced", null]);
    const { drained, forced } = await report;
    assertEquals([drained, forced], [0, 1]);
  });
});

Deno.test("an upgraded connection that ends in time drains the shutdown", async () => {
  await onRig({}, async (rig) => {
    const { raw } = await taken(rig, UPGRADE);
    const report = rig.reactor.shutdown({
      readyDelay: 0,
      firstRequest: 0,
      deadline: 1_000,
      grace: 500,
    });
    await rig.advance(300);
    raw.close();
    await settled();
    const { drained, forced, drainMs } = await report;
    assertEquals([drained, forced, drainMs], [1, 0, 300]);
  });
});

Deno.test("a client that resets ends the raw reads and writes", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE);
    const reading = readText(raw).catch(() => "failed");
    await line.wire.reset();
    assert([null, "failed"].includes(await reading));
    assertEquals(await raw.write(latin1("x")).catch(() => "failed"), "failed");
    assertEquals([line.reason, line.state], ["peer_reset", "closed"]);
  });
});

Deno.test("upgrade() after the client has half-closed gives what it sent and then the end", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(UPGRADE + "all");
    await line.wire.end();
    const raw = rig.last.exchange.upgrade(SWITCHING);
    assertEquals([await readText(raw), await readText(raw)], ["all", null]);
    await raw.closeWrite();
    assertEquals(line.wire.finished, true);
    raw.close();
  });
});

Deno.test("a request asks for an upgrade only in HTTP/1.1", async () => {
  await onRig({}, async (rig) => {
    const fields = ["Connection: Upgrade", "Upgrade: raw"];
    await rig.sent(request({ version: "1.0", fields }));
    assertThrows(() => rig.last.exchange.upgrade(SWITCHING), TypeError);
  });
});

Deno.test("a failed write after the client's end ends a connection that was taken over", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE);
    await line.wire.end();
    assertEquals(line.state, "upgraded");
    await line.wire.reset();
    // Nobody reads after the end, so only the write can tell.
    await assertRejects(() => raw.write(latin1("too late")));
    assertEquals([line.state, line.reason], ["closed", "peer_reset"] as unknown[]);
  });
});

Deno.test("whoever has taken a connection over is told once that its end is asked for", async () => {
  await onRig({}, async (rig) => {
    const { line } = await taken(rig, UPGRADE);
    const { raw: other } = await taken(rig, UPGRADE);
    const told: string[] = [];
    other.onAsked = (reason) => told.push(reason);
    line.connection.close("asked");
    assertEquals(told, []);
    const report = rig.reactor.shutdown({
      readyDelay: 0,
      firstRequest: 0,
      deadline: 1_000,
      grace: 500,
    });
    assertEquals([told, other.asked], [["shutdown"], "shutdown"] as unknown[]);
    await rig.advance(1_600);
    assertEquals([told, (await report).forced], [["shutdown"], 2] as unknown[]);
  });
});

Deno.test("a connection whose end was asked for before its upgrade says so", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(UPGRADE);
    line.connection.close("asked");
    const raw = rig.last.exchange.upgrade(SWITCHING);
    assertEquals([raw.asked, line.state], ["asked", "upgraded"] as unknown[]);
    raw.close();
  });
});

Deno.test("what a listener for the end throws costs its own connection alone", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE);
    const { raw: other } = await taken(rig, UPGRADE);
    raw.onAsked = () => {
      throw new Error("Thrown by a listener");
    };
    let told = 0;
    other.onAsked = () => told++;
    const report = rig.reactor.shutdown({
      readyDelay: 0,
      firstRequest: 0,
      deadline: 1_000,
      grace: 500,
    });
    await settled();
    assertEquals([line.reason, told], ["internal_error", 1] as unknown[]);
    rig.defects.length = 0;
    other.close();
    await report;
  });
});

/** Reads to the end; returns how many bytes there were. */
async function readAll(rig: Rig, raw: TakenConn, how: "take" | "read"): Promise<number> {
  const into = new Uint8Array(100_000);
  for (let sum = 0;;) {
    const got = await (how === "take" ? raw.take() : raw.read(into));
    if (got === null) return sum;
    if (typeof got !== "number") rig.buffers.handedOver(got);
    sum += typeof got === "number" ? got : got.length;
  }
}

for (const how of ["take", "read"] as const) {
  Deno.test(`${how}(): a connection that is idle after much has come waits with a small buffer`, async () => {
    await onRig({}, async (rig) => {
      const { line, raw } = await taken(rig, UPGRADE);
      const before = rig.buffers.outBytes;
      const reading = readAll(rig, raw, how);
      for (const size of [3_000, 60_000, 60_000, 10]) await line.wire.send("x".repeat(size));
      const held = rig.buffers.outBytes - before;
      assert(held <= SMALL_BYTES, `${held} bytes more are held`);
      await line.wire.end();
      assertEquals(await reading, 123_010);
      raw.close();
    });
  });
}

Deno.test("a read whose array was given away fails, and the connection goes on", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE);
    const into = new Uint8Array(10);
    const reading = raw.read(into).then(() => "read", (error) => error.name);
    structuredClone(into, { transfer: [into.buffer] });
    await line.wire.send("lost");
    assertEquals(await reading, "TypeError");
    assertEquals(fromLatin1((await raw.take())!), "lost");
    raw.close();
  });
});

Deno.test("take() gives what has arrived in arrays of the caller's own, and then the end", async () => {
  await onRig({}, async (rig) => {
    const { line, raw } = await taken(rig, UPGRADE + "first");
    const first = await raw.take();
    const next = raw.take();
    await line.wire.send("second");
    const second = await next;
    assertEquals([first, second].map((bytes) => fromLatin1(bytes!)), ["first", "second"]);
    assert(first!.buffer !== second!.buffer);
    await line.wire.end();
    assertEquals(await raw.take(), null);
    raw.close();
  });
});
