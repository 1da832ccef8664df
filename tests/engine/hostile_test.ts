/**
 * What a hostile review of the engine found, each with a test that fails without its fix: memory
 * that tiny packets cost, limits by path that an odd target escaped, answers that were cut or cut
 * short.
 *
 * @module
 */

import { latin1, settled } from "./fakes.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { CHUNKED, GET, head, UPGRADE, upload } from "./requests.ts";
import { answers, type Call, echoes, type Line, onRig, type Rig } from "./rig.ts";

const OK = { status: 200, fields: [] };
const KIB = 1024;
const LARGE = latin1("y".repeat(300_000));

/** Allocated by JavaScript: objects, and what arrays of bytes have outside of the heap. */
function allocated(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

for (
  const [name, begin, unit] of [["sized", upload(256 * KIB), "x"], [
    "chunked",
    CHUNKED,
    "1\r\nx\r\n",
  ]]
) {
  Deno.test(`a ${name} body that is collected costs its bytes, and no piece for each packet of one byte`, async () => {
    const fed = 200_000;
    await onRig({ handle: echoes, limits: { bufferedBodyBytes: 256 * KIB } }, async (rig) => {
      const line = await rig.sent(begin!);
      const packet = latin1(unit!);
      const before = allocated();
      for (let count = 0; count < fed; count++) {
        line.wire.offer(packet);
        // Until it is read, and one read at a time.
        while (line.wire.unread > 0) await undefined;
      }
      await settled();
      const cost = allocated() - before;
      assertEquals([line.state, line.connection.bytesIn], [
        "handling",
        begin!.length + fed * unit!.length,
      ]);
      assert(cost < 24 * fed, `${cost} bytes for ${fed}`);
      line.connection.abort();
    });
  });
}

Deno.test("pieces of every size are collected in their order", async () => {
  await onRig({ handle: echoes }, async (rig) => {
    const line = await rig.sent(upload(60_000));
    let body = "";
    for (let size = 1; body.length < 60_000; size = size * 7 % 12_007) {
      const piece = String.fromCharCode(97 + size % 26).repeat(
        Math.min(size, 60_000 - body.length),
      );
      body += piece;
      await line.wire.send(piece);
    }
    assertEquals(line.got().endsWith(`\r\n\r\n${body}`), true);
  });
});

Deno.test("a slow handler keeps its time though the client half-closed during the answer before it", async () => {
  await onRig({ timeouts: { linger: 2_000, handler: 0 } }, async (rig) => {
    rig.handle = (call) => {
      if (rig.calls.length === 1) answers("first")(call);
    };
    const line = await rig.connect();
    line.wire.takes = 0;
    await line.wire.send(GET + GET);
    await line.wire.end();
    await line.wire.take(Infinity);
    assertEquals([rig.calls.length, line.state], [2, "handling"]);
    await rig.advance(10_000);
    assertEquals(line.state, "handling");
    rig.last.exchange.respond(OK, "second");
    await settled();
    assertEquals([line.statuses(), line.reason], [[200, 200], "peer_closed"]);
  });
});

/** A client that has sent a request whose body is still read when its answer is there. */
async function readAfterAnswer(rig: Rig, body: string): Promise<Line> {
  rig.handle = ({ exchange }: Call) => {
    drop(exchange.body!.readAll());
    exchange.respond(OK, LARGE);
  };
  const line = await rig.connect();
  line.wire.takes = 0;
  await line.wire.send(CHUNKED + body);
  return line;
}

async function drop(reading: unknown): Promise<void> {
  try {
    await reading;
  } catch {
    // What becomes of the body is not what is tested.
  }
}

Deno.test("a body that breaks after its answer does not cut the answer that is being written", async () => {
  await onRig({}, async (rig) => {
    const line = await readAfterAnswer(rig, "5\r\nhello\r\n");
    await line.wire.send("no chunk");
    await line.wire.take(Infinity);
    assertEquals(line.got().endsWith("y".repeat(300_000)), true);
    assertEquals([line.state, line.wire.finished], ["lingering", true]);
    await line.wire.end();
    assertEquals(line.reason, "bad_request");
  });
});

Deno.test("a body that breaks after its answer leaves the client time to read it", async () => {
  await onRig({}, async (rig) => {
    const line = await readAfterAnswer(rig, "5\r\nhello\r\n");
    await line.wire.take(Infinity);
    assertEquals(line.state, "draining");
    await line.wire.send("no chunk" + GET);
    assertEquals([line.state, line.wire.finished, rig.calls.length], ["lingering", true, 1]);
    await line.wire.end();
    assertEquals(line.reason, "bad_request");
  });
});

Deno.test("a target that only looks like another path does not get that path's limits", async () => {
  const limits = { bodyBytes: 10 };
  const overrides = [{ path: "/big/*", limits: { bodyBytes: 0 } }];
  await onRig({ limits, overrides }, async (rig) => {
    const status = async (target: string) => {
      const line = await rig.sent(head(`POST ${target} HTTP/1.1`, "Host: h", "Content-Length: 99"));
      const [status] = line.statuses();
      line.connection.abort();
      return status ?? "handling";
    };
    for (
      const target of ["/big/", "/big/x", "/a/../big/x", "/./big/x", "http://h/big/x", "/big/.x"]
    ) {
      assertEquals(await status(target), "handling", target);
    }
    for (
      const target of [
        "/big/../a",
        "/big/%2e%2E/a",
        "/big/.%2e/a",
        "/big/..",
        "/big/..\\a",
        "/big/..#a",
        "http://h#/big/x",
        "http://h?/big/x",
        "http://h/#/big/x",
        "/#/big/x",
        "/?/big/x",
      ]
    ) assertEquals(await status(target), 413, target);
  });
});

Deno.test("reads of a connection that was taken over come back in their order, and all at its end", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(UPGRADE);
    const raw = rig.last.exchange.upgrade({ status: 101, fields: ["Upgrade", "raw"] });
    const read = async () => {
      const into = new Uint8Array(4);
      const count = await raw.read(into);
      return count === null ? null : String.fromCharCode(...into.subarray(0, count));
    };
    const reads = [read(), read(), read(), read()];
    await line.wire.send("one two");
    await line.wire.end();
    assertEquals(await Promise.all(reads), ["one ", "two", null, null]);
    raw.close();
  });
});
