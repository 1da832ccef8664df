/**
 * Random frames, right and wrong, in random pieces. Invariant: whatever a client sends, the server answers
 * with right frames, each socket gets exactly one close event as its last, its messages are what a strict
 * reading of the bytes gives, and nothing is left open.
 *
 * @module
 */

import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { assert, assertEquals } from "../support/assert.ts";
import { type Bytes, concat } from "../support/response.ts";
import { until } from "../support/time.ts";
import { close, frame, framesOf, lineOf, opened } from "./raw_socket.ts";
import { socketServer } from "./servers.ts";

const OPCODES = [0, 1, 2, 8, 9, 10];

/** Frames of all kinds; `rsv1` says how often RSV1 is set, of thirty. */
const framesWith = (rsv1: number) =>
  fc.record({
    opcode: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...OPCODES) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 15 }) },
    ),
    fin: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
    rsv: fc.oneof(
      { weight: 30 - rsv1, arbitrary: fc.constant(0) },
      { weight: rsv1, arbitrary: fc.constant(0x40) },
      fc.constantFrom(0x10, 0x20),
    ),
    mask: fc.oneof(
      { weight: 30, arbitrary: fc.uint8Array({ minLength: 4, maxLength: 4 }) },
      fc.constant(null),
    ),
    payload: fc.oneof(
      { weight: 10, arbitrary: fc.string({ unit: "binary", maxLength: 150 }).map(utf8) },
      fc.uint8Array({ maxLength: 150 }).map((bytes) => new Uint8Array(bytes)),
      fc.string({ maxLength: 2_000 }).map((text) => new Uint8Array(deflateRawSync(text))),
    ),
  }).map(({ opcode, payload, mask, ...options }) =>
    frame(opcode, payload, { ...options, mask: mask === null ? null : [...mask] })
  );

const garbage = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) =>
  new Uint8Array(bytes)
);

function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

const streamsWith = (rsv1: number) =>
  fc.record({
    pieces: fc.array(fc.oneof({ weight: 12, arbitrary: framesWith(rsv1) }, garbage), {
      maxLength: 12,
    }),
    cuts: fc.array(fc.nat(400), { maxLength: 4 }),
    ending: fc.constantFrom("close", "end", "leave"),
  });

for (const compress of [false, true]) {
  Deno.test(`random frames, compress: ${compress}`, async () => {
    const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
    await using sockets = socketServer({ compress, maxMessageBytes: 1000, closeTimeout: 0.5 });
    await fc.assert(
      fc.asyncProperty(streamsWith(compress ? 15 : 1), async ({ pieces, cuts, ending }) => {
        const before = sockets.seen.length;
        using client = await opened(sockets.server, compress ? [offer] : []);
        const bytes = concat(ending === "close" ? [...pieces, close(1000)] : pieces);
        const within = cuts.filter((cut) => cut > 0 && cut < bytes.length);
        await client.sendInPieces(bytes, [...new Set(within)].sort((a, b) => a - b));
        if (ending !== "leave") {
          await client.closeWrite().catch(() => {});
          const got = await client.remains();
          const lines = framesOf(got.bytes).map(lineOf);
          const closes = lines.filter((line) => line.startsWith("close"));
          assert(closes.length <= 1, lines.join());
          if (closes.length === 1) assertEquals(lines.at(-1), closes[0]!);
        }
        client.close();
        const { events } = sockets.seen[before]!;
        await until(() => events.some((event) => event.startsWith("close")), "the close event");
        assertEquals(events.filter((event) => event.startsWith("close")).length, 1);
        assert(events.length <= 3 && events.at(-1)!.startsWith("close"), events.join());
      }),
      { numRuns: 400 },
    );
    assertEquals(sockets.server.errors, []);
    const { connections } = sockets.server.server as unknown as { connections: Set<unknown> };
    await until(() => [...connections].length === 0, "all connections to end");
  });
}
