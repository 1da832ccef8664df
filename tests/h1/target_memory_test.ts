/** A target that is known from before is the same target, and makes the URL that it would make if it were not. */

import { type KnownTarget, TargetMemory } from "../../reactor/h1/target_memory.ts";
import { assertEquals } from "../support/assert.ts";
import { latin1 } from "./splits.ts";

/** Looks for a target that comes after three other bytes. */
function recall(memory: TargetMemory, target: string): KnownTarget | null {
  const bytes = latin1("GET" + target + " HTTP");
  return memory.recall(new DataView(bytes.buffer), 3, 3 + target.length);
}

/** A memory that has learnt this target. */
function memoryOf(target: string): TargetMemory {
  const memory = new TargetMemory();
  recall(memory, target);
  return memory;
}

/** One of each length, words and what is left after them. */
const TARGETS = Array.from({ length: 20 }, (_, i) => "/a?b=%20&c=/.d-e_f~g".slice(0, i + 1));

Deno.test("a target is known when it comes again, whatever its length", () => {
  for (const target of TARGETS.concat("/" + "x".repeat(127))) {
    const memory = memoryOf(target);
    const known = recall(memory, target);
    assertEquals(known?.text, target);
    assertEquals(recall(memory, target) === known, true, target);
  }
});

Deno.test("a target is known wherever it stands, and whatever stands around it", () => {
  for (const target of TARGETS) {
    const memory = memoryOf(target);
    for (const around of ["\0", "Z", "\xff"]) {
      for (const before of [1, 4, 50]) {
        for (const after of [0, 1, 50]) {
          const bytes = latin1(around.repeat(before) + target + around.repeat(after));
          const end = before + target.length;
          const known = memory.recall(new DataView(bytes.buffer), before, end);
          assertEquals(known?.text, target, `${before} ${after}`);
        }
      }
    }
  }
});

Deno.test("a target that differs in any byte, or is longer or shorter, is not known", () => {
  for (const target of TARGETS) {
    const others = [target + "/", target.slice(1) || "*"];
    for (let at = 0; at < target.length; at++) {
      others.push(target.slice(0, at) + "Z" + target.slice(at + 1));
    }
    for (const other of others) {
      const memory = memoryOf(target);
      for (let i = 0; i < 15; i++) assertEquals(recall(memory, other), null, `${target} ${other}`);
      assertEquals(recall(memory, target)?.text, target);
    }
  }
});

Deno.test("one target in 16 unknown ones is remembered, and none of more than 128 bytes", () => {
  const memory = new TargetMemory();
  const known = Array.from({ length: 48 }, (_, i) => i).filter((i) => recall(memory, `/${i}`));
  assertEquals(known, [0, 16, 32]);
  const long = "/" + "x".repeat(128);
  for (let i = 0; i < 40; i++) assertEquals(recall(memory, long), null);
});

Deno.test("no more than 64 targets are remembered", () => {
  const memory = new TargetMemory();
  for (let i = 0; i < 16 * 1_000; i++) recall(memory, `/${i}`);
  let found = 0;
  for (let i = 0; i < 16 * 1_000; i += 16) if (recall(memory, `/${i}`) !== null) found++;
  // One in 16 is found because it was learnt when it was looked for.
  const learnt = 1_000 / 16;
  assertEquals(found > learnt && found < 64 + learnt, true, `${found} found`);
});

Deno.test("a known target makes the URL of the scheme and host that are asked for", () => {
  const known = recall(memoryOf("/a?b"), "/a?b")!;
  for (const [scheme, host] of [["http", "a"], ["https", "a"], ["https", "b:1"], ["http", "a"]]) {
    for (let i = 0; i < 2; i++) {
      assertEquals(known.urlAt(`${scheme}://`, host!), `${scheme}://${host}/a?b`);
    }
  }
});
