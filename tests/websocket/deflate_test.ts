/**
 * permessage-deflate (RFC 7692) on raw sockets: what is agreed on, what goes over the wire, and that the
 * memory of a socket has a bound whatever a client sends.
 *
 * @module
 */

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { assert, assertEquals } from "../support/assert.ts";
import { type Bytes, concat } from "../support/response.ts";
import { eachOf, until, within } from "../support/time.ts";
import {
  BINARY,
  close,
  CONTINUATION,
  frame,
  framesOf,
  handshake,
  lineOf,
  nextFrame,
  opened,
  PING,
  type ServerFrame,
  TEXT,
} from "./raw_socket.ts";
import { socketServer } from "./servers.ts";

const RSV1 = 0x40;
const EXTENSION = "Sec-WebSocket-Extensions: permessage-deflate";
const AGREED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover; " +
  "server_max_window_bits=12";

/** A message as §7.2.1 has it: an empty block's last four bytes are left out. */
function deflated(text: string | Bytes): Bytes {
  const bytes = new Uint8Array(deflateRawSync(text, { finishFlush: 2 }));
  return bytes.subarray(0, bytes.length - 4);
}

function inflated({ payload }: ServerFrame): string {
  return inflateRawSync(concat([payload, Uint8Array.of(0, 0, 255, 255)]), { finishFlush: 2 })
    .toString();
}

/** Offers, and what is agreed on; `null` for nothing. */
const OFFERS: Readonly<Record<string, string | null>> = {
  "permessage-deflate": AGREED,
  "permessage-deflate; client_max_window_bits": AGREED,
  "permessage-deflate; client_max_window_bits=10": `${AGREED}; client_max_window_bits=10`,
  "permessage-deflate; server_no_context_takeover": AGREED,
  "permessage-deflate; server_max_window_bits=15": AGREED,
  "x-other, permessage-deflate": AGREED,
  "permessage-deflate; strange, permessage-deflate": null,
  "permessage-deflate; server_max_window_bits=10": null,
  "permessage-deflate; server_max_window_bits=7": null,
  "permessage-deflate; server_max_window_bits=16": null,
  "permessage-deflate; client_max_window_bits=99": null,
  "permessage-deflate; strange": null,
  "permessage-deflate; ": null,
  "permessage-deflate; server_no_context_takeover=1": null,
  "x-other": null,
};

Deno.test("what is agreed on for each offer", async () => {
  await using sockets = socketServer({ compress: true });
  await eachOf(Object.entries(OFFERS), async ([offer, agreed]) => {
    using client = await sockets.server.connect();
    await client.send(handshake([`Sec-WebSocket-Extensions: ${offer}`]));
    const answer = await client.response();
    const got = answer.headers("sec-websocket-extensions");
    const parts = (list: string) => list.split("; ").sort().join("; ");
    assertEquals(
      [answer.status, ...got.map(parts)],
      [101, ...(agreed === null ? [] : [parts(agreed)])] as unknown[],
      offer,
    );
    // Without an agreement, compressed frames break the protocol.
    await client.send(frame(TEXT, deflated("hi"), { rsv: RSV1 }));
    assertEquals(lineOf(await nextFrame(client)), agreed === null ? "close:1002" : "text:hi");
  });
});

Deno.test("large messages are compressed, small ones are not, and all come back", async () => {
  await using sockets = socketServer({ compress: true });
  using client = await opened(sockets.server, [EXTENSION]);
  const large = "abc".repeat(10_000);
  await client.send(frame(TEXT, deflated(large), { rsv: RSV1 }));
  const answer = await nextFrame(client);
  assertEquals([answer.rsv, inflated(answer)], [RSV1, large] as unknown[]);
  assert(answer.payload.length < 1_000);
  await client.send(frame(TEXT, "small"));
  assertEquals(lineOf(await nextFrame(client)), "text:small");
  assertEquals(sockets.seen[0]!.socket.extensions, AGREED);
  client.close();
});

Deno.test("compressed messages in fragments, with pings between them, at every split", async () => {
  await using sockets = socketServer({ compress: true });
  const bytes = deflated("Hello, Hello, Hello");
  await eachOf(bytes.keys(), async (at) => {
    using client = await opened(sockets.server, [EXTENSION]);
    await client.send(concat([
      frame(TEXT, bytes.slice(0, at), { rsv: RSV1, fin: false }),
      frame(PING, "p"),
      frame(CONTINUATION, bytes.slice(at)),
      close(1000),
    ]));
    const lines = framesOf(await client.rest()).map(lineOf);
    assertEquals(lines, ["pong:p", "text:Hello, Hello, Hello", "close:1000"]);
  });
});

/** What breaks the rules, and the code of the answer. */
const BROKEN: Readonly<Record<string, readonly [code: number, ...frames: Bytes[]]>> = {
  "no deflate data": [1007, frame(TEXT, "\xff\xff\xff\xff", { rsv: RSV1 })],
  "data that end early": [
    1007,
    frame(TEXT, deflateRawSync("x".repeat(100)).subarray(0, 2).toString("latin1") + "\xff\xff", {
      rsv: RSV1,
    }),
  ],
  "text that is not UTF-8": [1007, frame(TEXT, deflated(Uint8Array.of(0xff)), { rsv: RSV1 })],
  "a compressed ping": [1002, frame(PING, deflated("x"), { rsv: RSV1 })],
  "a compressed continuation": [
    1002,
    frame(TEXT, "a", { fin: false }),
    frame(CONTINUATION, deflated("x"), { rsv: RSV1 }),
  ],
  "RSV2 beside RSV1": [1002, frame(TEXT, deflated("x"), { rsv: RSV1 | 0x20 })],
};

Deno.test("broken compressed messages fail the socket", async () => {
  await using sockets = socketServer({ compress: true });
  await eachOf(Object.entries(BROKEN), async ([name, [code, ...sent]]) => {
    using client = await opened(sockets.server, [EXTENSION]);
    await client.send(concat(sent));
    assertEquals(framesOf(await client.rest()).map(lineOf), [`close:${code}`], name);
  });
});

Deno.test("maxMessageBytes counts what a message grows to", async () => {
  await using sockets = socketServer({ compress: true, maxMessageBytes: 100_000 });
  const half = deflated("x".repeat(60_000));
  for (
    const [bytes, answer] of [[100_000, "text"], [100_001, "close:1009"], [
      50_000_000,
      "close:1009",
    ]] as const
  ) {
    using client = await opened(sockets.server, [EXTENSION]);
    await client.send(frame(TEXT, deflated("x".repeat(bytes)), { rsv: RSV1 }));
    const got = await nextFrame(client);
    assertEquals(got.opcode === TEXT ? "text" : lineOf(got), answer);
  }
  using client = await opened(sockets.server, [EXTENSION]);
  await client.send(concat([
    frame(BINARY, half, { rsv: RSV1, fin: false }),
    frame(CONTINUATION, concat([Uint8Array.of(0, 0, 255, 255), half])),
  ]));
  // Each half is within the limit, both together are not.
  assertEquals(lineOf(await nextFrame(client)), "close:1009");
});

Deno.test("messages keep their order when some are compressed and some are Blobs", async () => {
  await using sockets = socketServer({ compress: true, onSocket: () => {} });
  using client = await opened(sockets.server, [EXTENSION]);
  await until(() => sockets.seen[0]?.socket.readyState === 1, "an open socket");
  const { socket, closed } = sockets.seen[0]!;
  const bytes = new Uint8Array(5_000).fill(97);
  socket.send(bytes);
  bytes.fill(98);
  socket.send("1");
  socket.send(new Blob(["2".repeat(3_000)]));
  socket.send("3".repeat(4_000));
  assertEquals(socket.bufferedAmount, 12_001);
  socket.close(1000);
  const frames = framesOf(await within(readToClose(client), "the Close frame"));
  const texts = frames.map((each) => each.rsv === RSV1 ? inflated(each) : lineOf(each));
  assertEquals(texts, [
    "a".repeat(5_000),
    "text:1",
    "2".repeat(3_000),
    "3".repeat(4_000),
    "close:1000",
  ]);
  await client.send(close(1000));
  await client.rest();
  client.close();
  await within(closed, "the close event");
  assertEquals(socket.bufferedAmount, 0);
});

/** All bytes up to the Close frame. */
async function readToClose(client: { exactly(length: number): Promise<Bytes> }): Promise<Bytes> {
  const pieces: Bytes[] = [];
  for (;;) {
    const start = await client.exactly(2);
    const short = start[1]!;
    const length = await client.exactly(short === 126 ? 2 : short === 127 ? 8 : 0);
    const count = short < 126 ? short : length.reduce((sum, byte) => sum * 256 + byte, 0);
    pieces.push(start, length, await client.exactly(count));
    if ((start[0]! & 0x0f) === 8) return concat(pieces);
  }
}
