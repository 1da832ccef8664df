/**
 * What the library reports: in order, bounded, at a limited rate, and never in the way of anything else.
 *
 * @module
 */

import { Reporter, type ReporterInit } from "../../handlers/reporter.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { FakeClock, settled } from "../engine/fakes.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

/** A stream that takes what it is told to take. */
class FakeSink {
  text = "";
  writes = 0;
  /** What it does with the next writes: takes them, takes a byte, keeps them waiting, fails. */
  mood: "open" | "slow" | "paused" | "broken" = "open";
  #waiting: (() => void) | null = null;

  async write(bytes: Bytes): Promise<number> {
    this.writes++;
    if (this.mood === "paused") await new Promise<void>((resolve) => this.#waiting = resolve);
    if (this.mood === "broken") throw new Error("Broken pipe");
    const taken = this.mood === "slow" ? 1 : bytes.length;
    this.text += new TextDecoder().decode(bytes.subarray(0, taken));
    return taken;
  }

  resume(): void {
    this.mood = "open";
    this.#waiting?.();
  }
}

/** A reporter on fakes. */
function fakes(more: Partial<ReporterInit> = {}) {
  const clock = new FakeClock();
  const sink = new FakeSink();
  let inspections = 0;
  const reporter = new Reporter({
    clock,
    sink,
    inspect: (error) => {
      inspections++;
      return `<${(error as Error).message}>`;
    },
    collector: () => null,
    ...more,
  });
  return { clock, sink, reporter, inspections: () => inspections };
}

const ERROR = new Error("first line\nsecond line");

Deno.test("reports are written in their order, each whole", async () => {
  for (const mood of ["open", "slow"] as const) {
    const { reporter, sink } = fakes();
    sink.mood = mood;
    reporter.report("It failed:", ERROR);
    reporter.reportLine("It failed", ERROR);
    reporter.say("Said");
    reporter.report("Thrown:", "a string");
    await reporter.written();
    assertEquals(
      sink.text,
      "It failed: <first line\nsecond line>\nIt failed: first line\nSaid\nThrown: a string\n",
    );
  }
});

Deno.test("the first report is handed over at once, as the process may end", () => {
  const { reporter, sink } = fakes();
  reporter.report("It failed:", ERROR);
  assertEquals(
    [sink.writes, sink.text],
    [1, "It failed: <first line\nsecond line>\n"] as unknown[],
  );
});

Deno.test("a flood is cut to a hundred at once and ten a second, and the rest is counted", async () => {
  const { clock, inspections, reporter, sink } = fakes();
  for (let turn = 0; turn < 1_000; turn++) reporter.report("It failed:", ERROR);
  await settled();
  assertEquals([sink.text.match(/It failed/g)!.length, inspections()], [100, 100]);
  await clock.advance(1_000);
  assertMatch(sink.text, /\nWeir has left out 900 more reports\n$/);
  for (let turn = 0; turn < 1_000; turn++) reporter.report("It failed:", ERROR);
  await settled();
  assertEquals(sink.text.match(/It failed/g)!.length, 110);
  await reporter.written();
  assertMatch(sink.text, /\nWeir has left out 990 more reports\n$/);
  assertEquals(clock.pending, 0);
  await clock.advance(20_000);
  for (let turn = 0; turn < 100; turn++) reporter.reportLine("It failed", ERROR);
  await settled();
  assertEquals([sink.text.match(/It failed/g)!.length, clock.pending], [210, 0]);
});

Deno.test("no timer of a reporter holds the process while nobody waits for its end", async () => {
  const { clock, reporter } = fakes();
  for (let turn = 0; turn < 101; turn++) reporter.report("It failed:", ERROR);
  assertEquals([clock.pending, clock.holds], [1, false] as unknown[]);
  await reporter.written();
  assertEquals(clock.pending, 0);
});

Deno.test("while nobody reads, what waits is bounded, and the rest is counted", async () => {
  const { clock, reporter, sink } = fakes({ inspect: () => "x".repeat(100_000) });
  sink.mood = "paused";
  for (let turn = 0; turn < 100; turn++) reporter.report("It failed:", ERROR);
  sink.resume();
  await clock.advance(1_000);
  assert(sink.text.length < 300_000, `${sink.text.length} characters`);
  assertMatch(sink.text, /^It failed: x{16000}x* …\n/);
  const reports = sink.text.match(/It failed/g)!.length;
  assertMatch(sink.text, new RegExp(`\\nWeir has left out ${100 - reports} more reports`));
});

Deno.test("the end waits for a second for a reader who pauses, and no longer", async () => {
  const { clock, reporter, sink } = fakes();
  sink.mood = "paused";
  reporter.report("It failed:", ERROR);
  let over = false;
  const ending = reporter.written().then(() => over = true);
  await clock.advance(999);
  assertEquals([over, clock.holds], [false, true]);
  await clock.advance(1);
  await ending;
  assertEquals([over, clock.pending], [true, 0] as unknown[]);
});

Deno.test("with nothing to write, the end waits for nothing", async () => {
  const { clock, reporter } = fakes();
  await reporter.written();
  assertEquals(clock.pending, 0);
});

Deno.test("a stream that fails loses what waits, and gets what comes later", async () => {
  const { reporter, sink } = fakes();
  sink.mood = "broken";
  reporter.say("Lost");
  await reporter.written();
  sink.mood = "open";
  reporter.say("Written");
  await reporter.written();
  assertEquals(sink.text, "Written\n");
});

Deno.test("an error that cannot be printed is reported all the same", async () => {
  const throws = () => {
    throw new Error("Mine");
  };
  const cases: [unknown, Partial<ReporterInit>][] = [
    [ERROR, { inspect: throws }],
    [{ toString: throws, [Symbol.toPrimitive]: throws }, { inspect: throws }],
  ];
  for (const [error, more] of cases) {
    const { reporter, sink } = fakes(more);
    reporter.report("It failed:", error);
    await reporter.written();
    assertEquals(sink.text, "It failed: an error that cannot be printed\n");
  }
  const { reporter, sink } = fakes();
  reporter.reportLine("It failed", cases[1]![0]);
  await reporter.written();
  assertEquals(sink.text, "It failed: an error that cannot be printed\n");
});

Deno.test("a program's own console.error gets the error itself, and may throw", async () => {
  const got: unknown[][] = [];
  const { clock, reporter, sink } = fakes({ collector: () => (...data) => void got.push(data) });
  reporter.report("It failed:", ERROR);
  reporter.reportLine("It failed", ERROR);
  reporter.say("Said");
  assertEquals(got, [["It failed:", ERROR], ["It failed: first line"], ["Said"]]);
  for (let turn = 0; turn < 200; turn++) reporter.report("It failed:", ERROR);
  await clock.advance(1_000);
  assertEquals(got.at(-1), ["Weir has left out 102 more reports"]);
  assertEquals(sink.text, "");
  const throwing = fakes({
    collector: () => () => {
      throw new Error("Mine");
    },
  });
  throwing.reporter.report("It failed:", ERROR);
  throwing.reporter.say("Said");
});

Deno.test("for five seconds after a lack of descriptors, no stack is written", async () => {
  const { clock, inspections, reporter, sink } = fakes();
  reporter.omitStacks();
  reporter.report("It failed:", ERROR);
  await clock.advance(4_999);
  reporter.report("It failed:", ERROR);
  assertEquals([sink.text, inspections()], ["It failed: first line\n".repeat(2), 0] as unknown[]);
  await clock.advance(1);
  reporter.report("It failed:", ERROR);
  assertEquals(inspections(), 1);
});
