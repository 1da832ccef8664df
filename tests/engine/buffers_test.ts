/**
 * The mechanisms that hold bytes: the pool, the inbox and the outbox, each by itself.
 *
 * @module
 */

import {
  BufferPool,
  LARGE_BYTES,
  SMALL_BYTES,
  TINY_BYTES,
} from "../../reactor/memory/buffer_pool.ts";
import { Inbox } from "../../reactor/memory/inbox.ts";
import { Outbox } from "../../reactor/memory/outbox.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { CODEC, fromLatin1, latin1 } from "./fakes.ts";
import { Account } from "./rig.ts";

function poolOf(): { pool: BufferPool; account: Account } {
  const pool = new BufferPool();
  return { pool, account: new Account(pool) };
}

/** Fills the inbox as a read would; returns how many bytes it took. */
function receive(inbox: Inbox, text: string): number {
  const room = inbox.room();
  if (room === null) return 0;
  const count = Math.min(room.length, text.length);
  room.set(latin1(text.slice(0, count)));
  inbox.filled(count);
  return count;
}

function contentOf(inbox: Inbox): string {
  return fromLatin1(inbox.bytes.subarray(inbox.start, inbox.end));
}

Deno.test("BufferPool gives three sizes, the last given back first, and never one twice", () => {
  const pool = new BufferPool();
  const tiny = Array.from({ length: 100 }, () => pool.takeTiny());
  const small = Array.from({ length: 100 }, () => pool.takeSmall());
  const large = [pool.takeLarge(), pool.takeLarge()];
  assertEquals([...new Set(tiny.map(({ length }) => length))], [TINY_BYTES]);
  assertEquals([...new Set(small.map(({ length }) => length))], [SMALL_BYTES]);
  assertEquals([...new Set(large.map(({ length }) => length))], [LARGE_BYTES]);
  const cut = [...tiny, ...small];
  assertEquals(new Set(cut.map((each) => `${slab(each)}:${each.byteOffset}`)).size, 200);
  pool.give(tiny[5]!);
  pool.give(small[3]!);
  pool.give(large[0]!);
  assert(
    pool.takeTiny() === tiny[5] && pool.takeSmall() === small[3] && pool.takeLarge() === large[0],
  );
});

const slabs: ArrayBuffer[] = [];

/** The number of the slab that a tiny or small buffer is cut from. */
function slab(bytes: Bytes): number {
  const known = slabs.indexOf(bytes.buffer);
  return known >= 0 ? known : slabs.push(bytes.buffer) - 1;
}

Deno.test("BufferPool keeps a bounded number of large buffers and nothing of another size", () => {
  const pool = new BufferPool();
  const taken = Array.from({ length: 1_000 }, () => pool.takeLarge());
  for (const buffer of taken) pool.give(buffer);
  pool.give(new Uint8Array(0));
  pool.give(new Uint8Array(LARGE_BYTES * 2));
  const again = Array.from({ length: 1_000 }, () => pool.takeLarge());
  const kept = again.filter((buffer) => taken.includes(buffer)).length;
  assert(kept > 0 && kept <= 64, `${kept} kept`);
  assertEquals([...new Set(again.map(({ length }) => length))], [LARGE_BYTES]);
});

Deno.test("Inbox waits on a tiny buffer, takes a large one when a read fills it, and a small one from then on", () => {
  const { pool, account } = poolOf();
  const inbox = new Inbox(pool, { maxBytes: 32_768 });
  assertEquals(inbox.room()!.length, TINY_BYTES);
  inbox.filled(10);
  assertEquals(account.out, 1);
  inbox.discard();
  assertEquals(receive(inbox, "x".repeat(5_000)), TINY_BYTES);
  assertEquals(receive(inbox, "y".repeat(5_000)), 5_000);
  assertEquals(contentOf(inbox), "x".repeat(TINY_BYTES) + "y".repeat(5_000));
  inbox.discard();
  // What was read filled no buffer, so little is expected again.
  assertEquals(inbox.room()!.length, SMALL_BYTES);
  inbox.filled(0);
  inbox.release();
  assertEquals(account.out, 0);
});

Deno.test("Inbox takes in as much as its bound, then has no room until something is used", () => {
  for (const maxBytes of [100, LARGE_BYTES, 200_000]) {
    const { pool } = poolOf();
    const inbox = new Inbox(pool, { maxBytes });
    let sum = 0;
    for (let got = receive(inbox, "z".repeat(50_000)); got > 0;) {
      sum += got;
      got = receive(inbox, "z".repeat(50_000));
    }
    assertEquals(sum, Math.max(maxBytes, LARGE_BYTES));
    assertEquals(inbox.size, sum);
    inbox.consume(7);
    assertEquals(receive(inbox, "abcdefghij"), 7);
    assertEquals(contentOf(inbox).slice(-9), "zzabcdefg");
  }
});

Deno.test("Inbox moves what waits to the front once more than half of its buffer is used up", () => {
  const { pool, account } = poolOf();
  const inbox = new Inbox(pool, { maxBytes: 1_000 });
  const left = (used: number) => {
    receive(inbox, "x".repeat(600 - inbox.end));
    inbox.consume(used - inbox.start);
    const { length } = inbox.room()!;
    inbox.filled(0);
    return length;
  };
  assertEquals(left(TINY_BYTES / 2), TINY_BYTES - 600);
  assertEquals(left(TINY_BYTES / 2 + 1), TINY_BYTES - 600 + TINY_BYTES / 2 + 1);
  assertEquals(contentOf(inbox), "x".repeat(600 - TINY_BYTES / 2 - 1));
  assertEquals(inbox.bytes.length, TINY_BYTES);
  inbox.release();
  assertEquals(account.out, 0);
});

Deno.test("Inbox keeps its bytes where they are while a read is under way", () => {
  const { pool } = poolOf();
  const inbox = new Inbox(pool, { maxBytes: 1_000 });
  receive(inbox, "one two ");
  const room = inbox.room()!;
  const { bytes } = inbox;
  inbox.consume(4);
  assertEquals(fromLatin1(inbox.take(4)), "two ");
  inbox.release();
  room.set(latin1("three"));
  inbox.filled(5);
  assert(inbox.bytes === bytes);
  assertEquals(contentOf(inbox), "three");
});

Deno.test("take() hands a well-filled large buffer over and copies out of a small one", () => {
  const { pool, account } = poolOf();
  const inbox = new Inbox(pool, { maxBytes: 1_000 });
  inbox.expectsBody = true;
  receive(inbox, "u".repeat(LARGE_BYTES));
  const buffer = inbox.bytes.buffer;
  const whole = inbox.take(LARGE_BYTES);
  assert(whole.buffer === buffer);
  account.handedOver(whole);
  receive(inbox, "small");
  assert(inbox.bytes.buffer !== buffer, "The buffer that was handed over is used again");
  const copy = inbox.take(5);
  assert(copy.buffer !== inbox.bytes.buffer && copy.buffer.byteLength === 5);
  assertEquals([fromLatin1(whole.subarray(0, 3)), fromLatin1(copy)], ["uuu", "small"]);
  inbox.release();
  assertEquals(account.out, 0);
});

Deno.test("take() copies while a read is under way, and from a buffer less than half full", () => {
  const { pool } = poolOf();
  const inbox = new Inbox(pool, { maxBytes: 1_000 });
  inbox.expectsBody = true;
  receive(inbox, "v".repeat(60_000));
  inbox.room();
  assert(inbox.take(60_000).buffer !== inbox.bytes.buffer);
  inbox.filled(0);
  inbox.expectsBody = true;
  receive(inbox, "w".repeat(100));
  assert(inbox.take(100).buffer !== inbox.bytes.buffer);
});

/** Takes everything in pieces of at most `most` bytes, as a socket would. */
function drained(outbox: Outbox, most = Infinity): string {
  let text = "";
  for (let bytes = outbox.next(); bytes !== null; bytes = outbox.next()) {
    const count = Math.min(bytes.length, most);
    text += fromLatin1(bytes.subarray(0, count));
    outbox.taken(count);
  }
  return text;
}

Deno.test("Outbox gathers small things for one write and gives its buffer back", () => {
  const { pool, account } = poolOf();
  const outbox = new Outbox(pool, CODEC);
  assertEquals([outbox.pending, outbox.next()], [false, null]);
  assertEquals(outbox.text("head "), 5);
  outbox.bytes(latin1("body "));
  assertEquals(outbox.text("é"), 2);
  outbox.retract(2);
  outbox.latin1("\xe9");
  assertEquals(fromLatin1(outbox.next()!), "head body \xe9");
  outbox.taken(11);
  assertEquals([outbox.next(), outbox.pending, account.out], [null, false, 0]);
});

Deno.test("Outbox keeps the order of small and large, in writes of any size", () => {
  const large = "L".repeat(100_000);
  for (const most of [1, 7_919, Infinity]) {
    const { pool, account } = poolOf();
    const outbox = new Outbox(pool, CODEC);
    outbox.text("a");
    outbox.bytes(latin1(large));
    outbox.latin1("b");
    outbox.bytes(latin1("c"));
    assertEquals(drained(outbox, most) === `a${large}bc`, true);
    assertEquals(account.out, 0);
  }
});

Deno.test("Outbox copies nothing of a large body, whatever comes after it", () => {
  const { pool, account } = poolOf();
  const outbox = new Outbox(pool, CODEC);
  const large = latin1("x".repeat(1_000_000));
  let copied = 0;
  let sent = "";
  for (let turn = 0; turn < 3; turn++) {
    outbox.ascii("f4240\r\n");
    outbox.bytes(large);
    outbox.ascii("\r\n");
    for (let bytes = outbox.next(); bytes !== null; bytes = outbox.next()) {
      if (bytes.buffer !== large.buffer) copied += bytes.length;
      const count = Math.min(bytes.length, 300_001);
      sent += fromLatin1(bytes.subarray(0, count));
      outbox.taken(count);
    }
  }
  assertEquals(sent === `f4240\r\n${fromLatin1(large)}\r\n`.repeat(3), true);
  assertEquals(copied, 3 * "f4240\r\n\r\n".length);
  assertEquals(account.out, 0);
});

Deno.test("Outbox says -1 and appends nothing where text has no room", () => {
  const { pool } = poolOf();
  const outbox = new Outbox(pool, CODEC);
  const most = "m".repeat(LARGE_BYTES - 1);
  assertEquals(outbox.text(most), LARGE_BYTES - 1);
  assertEquals(outbox.text("ab"), -1);
  assertEquals(outbox.text("é"), -1);
  assertEquals(outbox.text("c"), 1);
  outbox.bytes(latin1("tail"));
  assertEquals([outbox.open, outbox.text("d")], [false, -1]);
  assertEquals(drained(outbox) === `${most}ctail`, true);
  assertEquals([outbox.open, outbox.text("d")], [true, 1]);
});

Deno.test("Outbox takes more while a write is under way, after what is being written", () => {
  const { pool, account } = poolOf();
  const outbox = new Outbox(pool, CODEC);
  outbox.text("first ");
  const writing = outbox.next()!;
  outbox.text("second ");
  assertEquals(fromLatin1(writing), "first ");
  outbox.taken(3);
  assertEquals(fromLatin1(outbox.next()!), "st second ");
  outbox.taken(10);
  outbox.bytes(new Uint8Array(0));
  assertEquals([outbox.pending, outbox.next(), account.out], [false, null, 0]);
  outbox.text("third");
  outbox.release();
  assertEquals([outbox.pending, account.out], [false, 0]);
});
