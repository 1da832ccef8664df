/**
 * Lines of several threads, in the order of their times.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  KEEP_MS,
  LineBatch,
  OrderedLines,
  WAIT_MS,
} from "../../handlers/parallel/ordered_lines.ts";
import { FakeClock } from "../engine/fakes.ts";

Deno.test("ordered lines: what comes late from one thread stands where it belongs", async () => {
  const clock = new FakeClock();
  const written: string[] = [];
  const lines = new OrderedLines(clock, (line) => written.push(line));
  const began = clock.wallMs();
  lines.add(["a1", "a4"], [began + 1, began + 4]);
  lines.add(["b2", "b3", "b5"], [began + 2, began + 3, began + 5]);
  assertEquals(written, []);
  await clock.advance(WAIT_MS + 3);
  // Those that are younger wait for their own time.
  assertEquals(written, []);
  await clock.advance(WAIT_MS);
  assertEquals(written, ["a1", "b2", "b3", "a4", "b5"]);
  assertEquals(clock.pending, 0);
});

Deno.test("ordered lines: lines of one time keep their order, and a flush leaves none", () => {
  const clock = new FakeClock();
  const written: string[] = [];
  const lines = new OrderedLines(clock, (line) => written.push(line));
  const at = clock.wallMs();
  lines.add(["1", "2", "3"], [at, at, at]);
  lines.flush();
  assertEquals(written, ["1", "2", "3"]);
  assertEquals(clock.pending, 0);
  lines.flush();
});

Deno.test("ordered lines: a steady stream does not wait for ever", async () => {
  const clock = new FakeClock();
  const written: string[] = [];
  const lines = new OrderedLines(clock, (line) => written.push(line));
  for (let at = 0; at < 100; at++) {
    lines.add([`${at}`], [clock.wallMs()]);
    await clock.advance(10);
    const age = (at - written.length) * 10;
    assertEquals(age <= 2 * WAIT_MS, true, `a line waited for ${age} ms`);
  }
  assertEquals(written, written.toSorted((one, other) => Number(one) - Number(other)));
});

Deno.test("line batch: lines of a short time go together, each with its own", async () => {
  const clock = new FakeClock();
  const sent: unknown[] = [];
  const batch = new LineBatch(clock, (lines) => sent.push(lines));
  const began = clock.wallMs();
  batch.add("one");
  await clock.advance(KEEP_MS - 1);
  batch.add("two");
  assertEquals(sent, []);
  await clock.advance(1);
  assertEquals(sent, [{ lines: ["one", "two"], atMs: [began, began + KEEP_MS - 1] }]);
  batch.add("three");
  batch.flush();
  batch.flush();
  await clock.advance(KEEP_MS);
  assertEquals(sent.length, 2);
});
