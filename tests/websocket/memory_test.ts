/**
 * What an idle socket holds: neither the buffer into which its last message was read, nor that message. The
 * figures are those of the heap alone, which are the same in each run; `idle/main.ts` measures all of it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { letGoOfRead, loadFraming, type Receiver } from "../../handlers/websocket/framing.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { concat } from "../support/response.ts";
import { idleMemory } from "./idle/measure.ts";
import { frame, TEXT } from "./raw_socket.ts";

const KIB = 1024;

/** Measured: 8.4 KiB in the heap, 2.0 KiB outside of it. */
const MOST_HEAP_BYTES = 10 * KIB;
const MOST_EXTERNAL_BYTES = 4 * KIB;

for (const bytes of [5, 20_000]) {
  Deno.test(`an idle socket holds little after a message of ${bytes} bytes`, async () => {
    const idle = { sockets: 3_000, messages: 1, bytes };
    const { heap, external } = await idleMemory("weir", idle);
    assert(heap <= MOST_HEAP_BYTES, `${heap} bytes in the heap`);
    assert(external <= MOST_EXTERNAL_BYTES, `${external} bytes outside of it`);
  });
}

/** Hands `bytes` to the receiver as one read, and lets go of it. */
function readInto(receiver: Receiver, bytes: Uint8Array<ArrayBuffer>): void {
  receiver._write(Buffer.from(bytes.slice().buffer), "buffer", () => {});
  letGoOfRead(receiver);
}

Deno.test("letGoOfRead() leaves nothing of a long read, and a frame may be incomplete at the time", async () => {
  const { Receiver } = await loadFraming();
  const receiver = new Receiver({
    isServer: true,
    extensions: {},
    maxPayload: 0,
    maxBufferedChunks: 0,
    maxFragments: 0,
  });
  const got: string[] = [];
  receiver.on("message", (data) => got.push(data.toString()));
  const long = "long ".repeat(10_000);
  const frames = concat([frame(TEXT, long), frame(TEXT, "short"), frame(TEXT, long)]);
  const cut = frames.length - 20_000;
  readInto(receiver, frames.subarray(0, cut));
  assertEquals(receiver._mask?.buffer.byteLength, 4);
  readInto(receiver, frames.subarray(cut));
  assertEquals(got, [long, "short", long]);
});
