/**
 * Frames on raw sockets: each row whole, frame by frame and byte by byte. What the server answers, and that
 * it ends the connection without a reset.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import type { Bytes } from "../support/response.ts";
import { eachOf } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import { answersOf, bytesOf, FRAME_ROWS, type FrameRow } from "./frame_rows.ts";
import { framesOf, lineOf, opened } from "./raw_socket.ts";
import { socketServer } from "./servers.ts";

type Way = (client: WireClient, bytes: Bytes, row: FrameRow) => Promise<void>;

/** The ways in which bytes can arrive. */
const WAYS: Readonly<Record<string, Way>> = {
  "whole": (client, bytes) => client.sendWhileOpen(bytes),
  "frame by frame": (client, bytes, { sent }) => {
    let at = 0;
    return client.sendInPieces(bytes, sent.map(({ length }) => at += length));
  },
  "byte by byte": (client, bytes) => client.sendByteByByte(bytes),
};

Deno.test("there are at least 200 rows, each with a name of its own", () => {
  const names = Object.values(FRAME_ROWS).flat().map(({ name }) => name);
  assert(names.length >= 200, `${names.length} rows`);
  assertEquals(new Set(names).size, names.length);
});

for (const [part, rows] of Object.entries(FRAME_ROWS)) {
  for (const [how, send] of Object.entries(WAYS)) {
    Deno.test(`frames, ${part}: ${rows.length} rows ${how}`, async () => {
      await using sockets = socketServer();
      await eachOf(rows, async (row) => {
        using client = await opened(sockets.server);
        await send(client, bytesOf(row), row);
        const { bytes, end } = await client.remains();
        const got = framesOf(bytes).map(lineOf);
        assertEquals([got, end], [answersOf(row), "clean"] as [string[], string], row.name);
      }, { width: 16 });
      assertEquals(sockets.server.errors, []);
    });
  }
}
