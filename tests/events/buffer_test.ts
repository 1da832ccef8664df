/**
 * What waits for a slow client, and what becomes of it when there is no more room.
 *
 * @module
 */

import { EventBuffer } from "../../handlers/events/event_buffer.ts";
import type { FullStreamPolicy } from "../../handlers/events/options.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { latin1 } from "../support/wire.ts";

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

interface Row {
  readonly name: string;
  readonly policy: FullStreamPolicy;
  readonly max: number;
  readonly put: readonly string[];
  readonly taken: readonly boolean[];
  readonly left: string;
}

const ROWS: readonly Row[] = [
  {
    name: "all that fits",
    policy: "close",
    max: 6,
    put: ["abc", "def"],
    taken: [true, true],
    left: "abcdef",
  },
  {
    name: "no more than fits",
    policy: "close",
    max: 5,
    put: ["abc", "def"],
    taken: [true, false],
    left: "abc",
  },
  {
    name: "one that is too long, while nothing waits",
    policy: "close",
    max: 2,
    put: ["abc"],
    taken: [true],
    left: "abc",
  },
  {
    name: "nothing after one that is too long",
    policy: "close",
    max: 2,
    put: ["abc", "d"],
    taken: [true, false],
    left: "abc",
  },
  {
    name: "a shorter one that still fits",
    policy: "close",
    max: 4,
    put: ["abc", "de", "f"],
    taken: [true, false, true],
    left: "abcf",
  },
  {
    name: "the newest",
    policy: "dropOldest",
    max: 6,
    put: ["abc", "def", "g"],
    taken: [true, true, true],
    left: "defg",
  },
  {
    name: "the newest alone",
    policy: "dropOldest",
    max: 6,
    put: ["abc", "def", "ghijkl"],
    taken: [true, true, true],
    left: "ghijkl",
  },
  {
    name: "the newest, though it is too long",
    policy: "dropOldest",
    max: 4,
    put: ["abc", "defgh"],
    taken: [true, true],
    left: "defgh",
  },
  {
    name: "everything without a limit",
    policy: "close",
    max: Infinity,
    put: ["abc", "def"],
    taken: [true, true],
    left: "abcdef",
  },
];

for (const { name, policy, max, put, taken, left } of ROWS) {
  Deno.test(`EventBuffer with "${policy}" keeps ${name}`, () => {
    const buffer = new EventBuffer(max, policy);
    assertEquals(put.map((text) => buffer.put(latin1(text))), taken);
    assertEquals(textOf(buffer.take()!.bytes), left);
    assertEquals([buffer.take(), buffer.isEmpty], [null, true]);
  });
}

Deno.test("EventBuffer gives pieces of up to 64 KiB, whole events in their order", () => {
  const buffer = new EventBuffer(Infinity, "close");
  for (let i = 0; i < 10; i++) buffer.put(latin1(String(i).repeat(20_000)));
  buffer.put(latin1("x".repeat(100_000)));
  const taken: string[] = [];
  for (let piece = buffer.take(); piece !== null; piece = buffer.take()) {
    taken.push(
      `${textOf(piece.bytes).replace(/(.)\1*/g, "$1")} ${piece.events} ${piece.bytes.length}`,
    );
  }
  assertEquals(taken, ["012 3 60000", "345 3 60000", "678 3 60000", "9 1 20000", "x 1 100000"]);
});

Deno.test("EventBuffer keeps the order through a long run of events, and holds on to none", () => {
  const buffer = new EventBuffer(64, "dropOldest");
  let last = -1;
  let taken = 0;
  for (let i = 0; i < 100_000; i++) {
    buffer.put(latin1(`${i} `));
    if (i % 7 !== 0) continue;
    for (const word of textOf(buffer.take()!.bytes).trim().split(" ")) {
      assert(Number(word) > last);
      last = Number(word);
      taken++;
    }
  }
  assert(taken > 90_000);
  buffer.clear();
  assertEquals([buffer.isEmpty, buffer.take()], [true, null]);
});

Deno.test("EventBuffer drops the oldest of 100,000 in no more than linear time", () => {
  const buffer = new EventBuffer(100_000, "dropOldest");
  const event = latin1("x");
  const begin = performance.now();
  for (let i = 0; i < 400_000; i++) buffer.put(event);
  assert(performance.now() - begin < 2_000);
  assertEquals(buffer.take()!.events, 65_536);
  assertEquals(buffer.take()!.events, 100_000 - 65_536);
});
