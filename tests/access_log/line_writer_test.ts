import type { Destination } from "../../handlers/access_log/destination.ts";
import {
  BATCH_BYTES,
  BATCH_MS,
  CLOSE_MS,
  LineWriter,
  MOST_BYTES,
  RETRY_MS,
} from "../../handlers/access_log/line_writer.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { FakeClock, settled } from "../engine/fakes.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

/** A place that takes as much as it is told to. */
class Place implements Destination {
  readonly name: string;
  text = "";
  writes = 0;
  closed = false;
  /** Bytes that a write takes at most; 0 fails it, -1 never ends it. */
  takes = Infinity;
  /** What comes in its place; an error if there is none. */
  next: Place | null = null;

  constructor(name = "place") {
    this.name = name;
  }

  async write(bytes: Bytes): Promise<number> {
    this.writes++;
    await Promise.resolve();
    if (this.takes === -1) await new Promise(() => {});
    if (this.takes === 0) throw new Error("No space left on device (os error 28)");
    const taken = bytes.subarray(0, this.takes);
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }

  reopened(): Place {
    if (this.next === null) throw new Error("No such folder");
    return this.next;
  }

  close(): void {
    this.closed = true;
  }
}

interface Scene {
  readonly clock: FakeClock;
  readonly place: Place;
  readonly writer: LineWriter;
  /** Lines printed to stderr. */
  readonly said: string[];
}

function scene(name: string, act: (scene: Scene) => Promise<void>): void {
  Deno.test(`LineWriter ${name}`, async () => {
    const [clock, place, said] = [new FakeClock(), new Place(), [] as string[]];
    const { error } = console;
    console.error = (line: string) => void said.push(line);
    try {
      await act({ clock, place, said, writer: new LineWriter(clock, place) });
      assertEquals(clock.pending, 0);
    } finally {
      console.error = error;
    }
  });
}

scene("gathers lines for a while, then writes them at once", async ({ clock, place, writer }) => {
  writer.write("one\n");
  await clock.advance(BATCH_MS - 1);
  writer.write("two\n");
  assertEquals([place.text, clock.holds], ["", true]);
  await clock.advance(1);
  assertEquals([place.text, place.writes, clock.pending], ["one\ntwo\n", 1, 0]);
  writer.write("three\n");
  await clock.advance(BATCH_MS);
  assertEquals([place.text, place.writes], ["one\ntwo\nthree\n", 2]);
  await writer.close();
  assertEquals([place.closed, writer.lost], [true, 0]);
});

scene("does not wait when a batch is full", async ({ place, writer }) => {
  const line = "x".repeat(99) + "\n";
  for (let at = 0; at < BATCH_BYTES; at += line.length) writer.write(line);
  await settled();
  assertEquals([place.text.length, place.writes], [16_400, 1]);
  await writer.close();
});

scene("goes on after a write that took a part", async ({ clock, place, writer }) => {
  place.takes = 3;
  writer.write("one\n");
  writer.write("two\n");
  await clock.advance(BATCH_MS);
  assertEquals([place.text, place.writes], ["one\ntwo\n", 3]);
  await writer.close();
});

scene("holds no more than its bound, and counts the rest", async ({ clock, place, writer }) => {
  place.takes = -1;
  const line = "x".repeat(1023) + "\n";
  const most = MOST_BYTES / line.length;
  for (let count = 0; count < 2 * most; count++) writer.write(line);
  assertEquals([writer.lost, place.writes], [most, 1]);
  const closing = writer.close();
  await clock.advance(CLOSE_MS);
  await closing;
  assertEquals([writer.lost, place.closed], [2 * most, true]);
  writer.write(line);
  assertEquals(writer.lost, 2 * most + 1);
});

scene("says once that writing fails, and goes on when there is room", async (scene) => {
  const { clock, place, said, writer } = scene;
  writer.write("one\n");
  place.takes = 0;
  await clock.advance(BATCH_MS);
  writer.write("two\n");
  await clock.advance(3 * RETRY_MS);
  assertEquals([place.writes, said.length, clock.holds], [4, 1, false]);
  assertMatch(said[0]!, /^Cannot write the access log place, lines may be lost: No space left/);
  place.takes = 6;
  await clock.advance(RETRY_MS + BATCH_MS);
  assertEquals([place.text, writer.lost], ["one\ntwo\n", 0]);
  place.takes = 0;
  writer.write("three\n");
  await clock.advance(BATCH_MS);
  assertEquals(said.length, 2);
  await writer.close();
  assertEquals([writer.lost, place.closed], [1, true]);
});

scene("does not take a part of a batch as success", async ({ clock, place, said, writer }) => {
  writer.write("one\n");
  place.takes = 0;
  await clock.advance(BATCH_MS);
  place.takes = 2;
  const { write } = place;
  place.write = async (bytes) => {
    const taken = await write.call(place, bytes);
    place.takes = 0;
    return taken;
  };
  await clock.advance(2 * RETRY_MS);
  assertEquals([place.text, said.length], ["on", 1]);
  await writer.close();
  assertEquals(writer.lost, 1);
});

scene("writes to a new place from the next line on", async ({ clock, place, writer }) => {
  const next = place.next = new Place("next");
  writer.write("one\n");
  await clock.advance(BATCH_MS);
  writer.write("two\n");
  writer.reopen();
  await settled();
  assertEquals([place.text, place.closed, next.text], ["one\n", true, "two\n"]);
  await writer.close();
  assertEquals([next.closed, writer.lost], [true, 0]);
});

scene("writes a line again that a full place has cut", async ({ clock, place, writer }) => {
  const next = place.next = new Place("next");
  const { write } = place;
  place.takes = 6;
  place.write = async (bytes) => {
    const taken = await write.call(place, bytes);
    place.takes = 0;
    return taken;
  };
  writer.write("one\n");
  writer.write("two\n");
  writer.write("three\n");
  await clock.advance(BATCH_MS);
  assertEquals(place.text, "one\ntw");
  writer.reopen();
  await settled();
  assertEquals([next.text, writer.lost], ["two\nthree\n", 0]);
  await writer.close();
});

scene("keeps the old place when there is no new one", async ({ clock, place, said, writer }) => {
  writer.reopen();
  assertEquals(said, [
    "Cannot reopen the access log place, the old file stays in use: No such folder",
  ]);
  writer.write("one\n");
  await clock.advance(BATCH_MS);
  assertEquals([place.text, place.closed], ["one\n", false]);
  await writer.close();
});

scene("writes all that waits before it closes, and closes once", async ({ place, writer }) => {
  const lines = Array.from({ length: 5_000 }, (_, at) => `${at}\n`);
  for (const line of lines) writer.write(line);
  await Promise.all([writer.close(), writer.close()]);
  assertEquals([place.text, writer.lost], [lines.join(""), 0]);
  assert(place.closed);
});
