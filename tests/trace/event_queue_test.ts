import fc from "fast-check";
import { EventQueue } from "../../handlers/trace/event_queue.ts";
import { assertEquals } from "../support/assert.ts";

/** A queue of numbers, and how often it said that it had ended. */
function queueOf(most: number): { queue: EventQueue<number>; ends: () => number } {
  let ends = 0;
  return { queue: new EventQueue<number>({ most, onEnd: () => ends++ }), ends: () => ends };
}

const lost = (events: number) => ({ type: "lost", events } as const);

async function takeAll(queue: EventQueue<number>): Promise<unknown[]> {
  const taken: unknown[] = [];
  for await (const event of queue) taken.push(event);
  return taken;
}

Deno.test("EventQueue gives what was pushed, in order, and then the end", async () => {
  const { queue, ends } = queueOf(10);
  for (const event of [1, 2, 3]) queue.push(event);
  queue.end();
  queue.push(4);
  assertEquals(await takeAll(queue), [1, 2, 3]);
  assertEquals(ends(), 1);
});

Deno.test("EventQueue hands events to those who wait for them, in their order", async () => {
  const { queue } = queueOf(10);
  const waiting = [queue.next(), queue.next(), queue.next()];
  queue.push(1);
  queue.push(2);
  queue.end();
  assertEquals((await Promise.all(waiting)).map(({ value }) => value), [1, 2, undefined]);
});

Deno.test("EventQueue keeps no more than it may, and says how many are missing, and where", async () => {
  const { queue } = queueOf(2);
  for (const event of [1, 2, 3, 4]) queue.push(event);
  assertEquals([(await queue.next()).value, (await queue.next()).value], [1, 2]);
  queue.push(5);
  queue.end();
  assertEquals(await takeAll(queue), [lost(2), 5]);
});

Deno.test("EventQueue tells of a gap also when nothing comes after it", async () => {
  const { queue } = queueOf(1);
  for (const event of [1, 2, 3]) queue.push(event);
  assertEquals((await queue.next()).value, 1);
  assertEquals((await queue.next()).value, lost(2));
  const next = queue.next();
  queue.push(4);
  assertEquals((await next).value, 4);
});

Deno.test("a listener that leaves ends the queue, once", async () => {
  const { queue, ends } = queueOf(10);
  queue.push(1);
  queue.push(2);
  for await (const _ of queue) break;
  queue.push(3);
  queue.end();
  assertEquals((await queue.next()).done, true);
  assertEquals(ends(), 1);
});

Deno.test("EventQueue: whatever is pushed and taken when, everything is given in order or counted as lost", async () => {
  const moves = fc.array(fc.constantFrom("push", "take"), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 8 }), moves, async (most, each) => {
      const { queue } = queueOf(most);
      const taken: unknown[] = [];
      const pending: Promise<unknown>[] = [];
      let pushed = 0;
      for (const move of each) {
        if (move === "push") queue.push(pushed++);
        else pending.push(queue.next().then(({ value }) => taken.push(value)));
      }
      queue.end();
      await Promise.all(pending);
      taken.push(...await takeAll(queue));
      let next = 0;
      for (const event of taken.filter((event) => event !== undefined)) {
        if (typeof event === "number") assertEquals(event, next++);
        else next += (event as { events: number }).events;
      }
      assertEquals(next, pushed);
    }),
    { numRuns: 300 },
  );
});
