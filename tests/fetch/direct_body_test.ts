/** Bodies that are sent past their streams: what readers of the stream get, and when memory is used again. */

import { bytesOf, directStream, type PieceSource } from "../../handlers/fetch/direct_body.ts";
import { readerOf } from "../../handlers/fetch/piece_reader.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

/** A source of `count` pieces, each of two bytes that name it; notes where it was asked to read to. */
class Counted implements PieceSource {
  readonly wanted = 2;
  readonly buffers: ArrayBuffer[] = [];
  readonly #count: number;
  #given = 0;
  closed = false;
  /** What the next piece waits for. */
  gate: Promise<void> = Promise.resolve();

  constructor(count: number) {
    this.#count = count;
  }

  get ended(): boolean {
    return this.#given === this.#count;
  }

  async next(into: Bytes): Promise<Bytes | null> {
    this.buffers.push(into.buffer);
    await this.gate;
    if (this.closed) return null;
    into.fill(++this.#given, 0, 2);
    return into.subarray(0, 2);
  }

  close(): void {
    this.closed = true;
  }
}

const small = (...values: number[]): Bytes => new Uint8Array(values);

Deno.test("directStream() over a source is a stream whose pieces stay as they are", async () => {
  const pieces = await Array.fromAsync(directStream(new Counted(3)));
  assertEquals(pieces, [small(1, 1), small(2, 2), small(3, 3)]);
  const source = new Counted(3);
  await directStream(source).cancel();
  assert(source.closed);
});

Deno.test("directStream() over bytes gives each reader bytes of its own", async () => {
  const own = small(1, 2, 3);
  const stream = directStream(own);
  assert(bytesOf(stream) === own);
  const [read, ...others] = await Array.fromAsync(stream);
  assertEquals([read, others.length], [own, 0]);
  read!.fill(9);
  assertEquals(own, small(1, 2, 3));
  assertEquals(bytesOf(new ReadableStream()), null);
  assertEquals(bytesOf(directStream(new Counted(1))), null);
});

Deno.test("readerOf() locks any stream, and reads an ordinary one as it is", async () => {
  for (const make of [() => new ReadableStream(), () => directStream(new Counted(1))]) {
    const stream = make();
    readerOf(stream, { framed: false });
    assert(stream.locked);
    await assertRejects(
      () => Promise.resolve().then(() => readerOf(stream, { framed: false })),
      TypeError,
    );
  }
  const ordinary = ReadableStream.from(["a"]);
  const reader = readerOf(ordinary, { framed: false });
  assertEquals([await reader.read(), await reader.read()], [
    { done: false, value: "a" },
    { done: true, value: undefined },
  ]);
});

/** Reads all of a source; returns the buffers that it was given. */
async function readAll(source: Counted, end: "delivered" | "lost"): Promise<ArrayBuffer[]> {
  const reader = readerOf(directStream(source), { framed: false });
  while (!(await reader.read()).done);
  if (end === "delivered") reader.delivered?.();
  else await reader.cancel("lost");
  return source.buffers;
}

Deno.test("readerOf() reads all pieces of an answer into one buffer", async () => {
  const buffers = await readAll(new Counted(5), "delivered");
  assertEquals([buffers.length, new Set(buffers).size], [5, 1]);
});

Deno.test("a buffer is used again only when the kernel has taken all that was read into it", async () => {
  const [first] = await readAll(new Counted(1), "delivered");
  const [second] = await readAll(new Counted(1), "lost");
  assert(first === second, "What was delivered can be used again");
  const [third] = await readAll(new Counted(1), "delivered");
  assert(third !== second, "What was lost may still be written");
});

Deno.test("a buffer is not used again while a read into it is under way", async () => {
  const slow = new Counted(1);
  let open = () => {};
  slow.gate = new Promise((resolve) => open = resolve);
  const reader = readerOf(directStream(slow), { framed: false });
  const reading = reader.read();
  // As for a HEAD request, whose answer is complete before the first piece is there.
  await reader.cancel("no body");
  reader.delivered?.();
  const [next] = await readAll(new Counted(1), "lost");
  assert(next !== slow.buffers[0]);
  open();
  assertEquals((await reading).done, true);
});

/** What the runtime makes streams of, and what they give. */
const RESOURCES: Readonly<Record<string, (path: string) => Promise<ReadableStream>>> = {
  "a file": async (path) => (await Deno.open(path)).readable,
  "a pipe": (path) =>
    Promise.resolve(new Deno.Command("cat", { args: [path], stdout: "piped" }).spawn().stdout),
  "a socket": async (path) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [peer, conn] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
      listener.accept(),
    ]);
    const file = await Deno.open(path);
    file.readable.pipeTo(conn.writable).catch(() => {});
    return peer.readable;
  },
  "the body of a fetch": async (path) => (await fetch(new URL(path, "file:///"))).body!,
};

async function piecesOf(stream: ReadableStream, framed: boolean): Promise<Bytes[]> {
  const reader = readerOf(stream, { framed });
  const all: Bytes[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    all.push((next.value as Bytes).slice());
  }
  reader.delivered?.();
  return all;
}

for (const [name, open] of Object.entries(RESOURCES)) {
  Deno.test(`readerOf() reads ${name} to its end, or until it is cancelled`, async () => {
    const content = new Uint8Array(1_000_003).map((_, at) => (at * 31 + (at >> 8)) & 255);
    for (const length of [0, 1, 65_536, 65_537, content.length]) {
      const path = Deno.makeTempFileSync();
      try {
        Deno.writeFileSync(path, content.subarray(0, length));
        for (const framed of [true, false]) {
          const pieces = await piecesOf(await open(path), framed);
          assertEquals(await new Blob(pieces).bytes(), content.subarray(0, length));
        }
      } finally {
        Deno.removeSync(path);
      }
    }
    const reader = readerOf(await open("/dev/zero"), { framed: false });
    await reader.read();
    await reader.cancel("enough");
  });
}

Deno.test("readerOf() reads a large file in larger pieces, unless each has a frame", async () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.writeFileSync(path, new Uint8Array(600_000));
    for (
      const [framed, lengths] of [
        [false, [65_536, 262_144, 262_144, 10_176]],
        [true, [...Array(9).fill(65_536), 10_176]],
      ] as const
    ) {
      const pieces = await piecesOf((await Deno.open(path)).readable, framed);
      assertEquals(pieces.map(({ length }) => length), [...lengths]);
    }
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("readerOf() does not wait for the end of a byte stream that forgets its answer", async () => {
  const reader = readerOf(
    new ReadableStream({ type: "bytes", pull: (controller) => controller.close() }),
    { framed: false },
  );
  assertEquals(await reader.read(), { done: true, value: undefined });
});
