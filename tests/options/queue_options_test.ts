import { DEFAULT_QUEUE, resolveQueue } from "../../reactor/options/queue_options.ts";
import { resolveOptions } from "../../reactor/options/options.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

type Given = Parameters<typeof resolveQueue>[0];

Deno.test("without the option there is no queue, with an empty one all has its default", () => {
  assertEquals(resolveOptions({}).queue, null);
  assertEquals(resolveOptions({ queue: {} }).queue, DEFAULT_QUEUE);
});

Deno.test("resolveQueue() takes what is given and fills in the rest", () => {
  const lane = () => "high" as const;
  const given = { maxActive: 3, floor: 2, ceiling: 9, maxQueued: 0, maxWait: 1, lane };
  assertEquals(resolveQueue(given), given);
  assertEquals(resolveQueue({ maxWait: 50 }), { ...DEFAULT_QUEUE, maxWait: 50 });
  assertEquals(resolveQueue({ maxActive: "auto" })?.maxActive, "auto");
});

const WRONG: readonly (readonly [unknown, typeof TypeError | typeof RangeError, string])[] = [
  [null, TypeError, "queue"],
  [true, TypeError, "queue"],
  [[], TypeError, "queue"],
  [{ maxactive: 1 }, TypeError, "queue.maxactive"],
  [{ maxActive: 0 }, RangeError, "queue.maxActive"],
  [{ maxActive: 1.5 }, RangeError, "queue.maxActive"],
  [{ maxActive: "many" }, TypeError, "queue.maxActive"],
  [{ maxActive: null }, TypeError, "queue.maxActive"],
  [{ maxQueued: -1 }, RangeError, "queue.maxQueued"],
  [{ maxQueued: "1" }, TypeError, "queue.maxQueued"],
  [{ maxWait: 0 }, RangeError, "queue.maxWait"],
  [{ maxWait: 2 ** 31 }, RangeError, "queue.maxWait"],
  [{ floor: 0 }, RangeError, "queue.floor"],
  [{ ceiling: 3 }, RangeError, "queue.floor"],
  [{ lane: "high" }, TypeError, "queue.lane"],
];

for (const [given, type, name] of WRONG) {
  Deno.test(`resolveQueue() refuses ${JSON.stringify(given)}`, () => {
    const error = assertThrows(() => resolveQueue(given as Given), type);
    assertStringIncludes(error.message, `'${name}'`);
  });
}
