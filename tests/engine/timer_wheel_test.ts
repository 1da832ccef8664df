/**
 * The wheel by itself: when a deadline fires, what moves it, and what a long pause does to it.
 *
 * @module
 */

import { type Expiring, TimerWheel, WheelNode } from "../../reactor/timing/timer_wheel.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

const TICK_MS = 100;
const SLOTS = 16;
const REVOLUTION_MS = TICK_MS * SLOTS;

class Owner implements Expiring {
  readonly node = new WheelNode(this);
  readonly fired: number[] = [];
  onExpire: (now: number) => void = () => {};

  expire(now: number): void {
    this.fired.push(now);
    this.onExpire(now);
  }
}

function wheelAt(now: number): TimerWheel {
  return new TimerWheel({ slots: SLOTS, tickMs: TICK_MS, now });
}

/** Advances in steps of `byMs` from `from` up to `to`. */
function run(wheel: TimerWheel, { from, to, byMs }: { from: number; to: number; byMs: number }) {
  for (let now = from; now <= to; now += byMs) wheel.advance(now);
}

Deno.test("TimerWheel fires every deadline once, never early and within two ticks", () => {
  for (const start of [0, 7, 99, 12_345]) {
    for (const byMs of [TICK_MS, 97, 33]) {
      const wheel = wheelAt(start);
      const owners = Array.from({ length: 4_000 }, (_, at) => ({ owner: new Owner(), at }));
      for (const { owner, at } of owners) wheel.schedule(owner.node, start + at);
      run(wheel, { from: start, to: start + 4_000 + 3 * TICK_MS, byMs });
      for (const { owner, at } of owners) {
        assertEquals(owner.fired.length, 1, `${at} from ${start} by ${byMs}`);
        const late = owner.fired[0]! - start - at;
        assert(late >= 0, `${-late} ms early`);
        assert(late <= 2 * TICK_MS, `${late} ms late: ${at} from ${start} by ${byMs}`);
        assertEquals(owner.node.at, Infinity);
      }
    }
  }
});

Deno.test("TimerWheel skips deadlines further away than a revolution", () => {
  const wheel = wheelAt(0);
  const far = new Owner();
  const near = new Owner();
  // The same slot, three revolutions apart.
  wheel.schedule(far.node, 3 * REVOLUTION_MS + 250);
  wheel.schedule(near.node, 250);
  run(wheel, { from: 0, to: 3 * REVOLUTION_MS + 250, byMs: TICK_MS });
  assertEquals([near.fired, far.fired], [[300], []]);
  run(wheel, { from: 3 * REVOLUTION_MS + 200, to: 4 * REVOLUTION_MS, byMs: TICK_MS });
  assertEquals(far.fired, [3 * REVOLUTION_MS + 300]);
});

Deno.test("schedule() replaces an earlier deadline, sooner or later", () => {
  for (const [first, second] of [[500, 1_500], [1_500, 500], [500, 5_000], [5_000, 500]] as const) {
    const wheel = wheelAt(0);
    const owner = new Owner();
    wheel.schedule(owner.node, first);
    wheel.schedule(owner.node, second);
    run(wheel, { from: 0, to: 10_000, byMs: TICK_MS });
    assertEquals(owner.fired, [second + TICK_MS]);
  }
});

Deno.test("schedule() for a time that has passed fires at the next tick", () => {
  const wheel = wheelAt(0);
  wheel.advance(1_000);
  const owner = new Owner();
  wheel.schedule(owner.node, 10);
  wheel.advance(1_000);
  assertEquals(owner.fired, []);
  wheel.advance(1_100);
  assertEquals(owner.fired, [1_100]);
});

Deno.test("schedule(Infinity) and cancel() take a deadline back, also twice", () => {
  for (const cancel of ["schedule", "cancel"] as const) {
    const wheel = wheelAt(0);
    const owner = new Owner();
    wheel.schedule(owner.node, 500);
    for (let turn = 0; turn < 2; turn++) {
      if (cancel === "cancel") wheel.cancel(owner.node);
      else wheel.schedule(owner.node, Infinity);
    }
    run(wheel, { from: 0, to: 3 * REVOLUTION_MS, byMs: TICK_MS });
    assertEquals([owner.fired, owner.node.at], [[], Infinity]);
    wheel.schedule(owner.node, 3 * REVOLUTION_MS + 500);
    run(wheel, { from: 3 * REVOLUTION_MS, to: 4 * REVOLUTION_MS, byMs: TICK_MS });
    assertEquals(owner.fired.length, 1);
  }
});

Deno.test("an owner that schedules itself while firing comes again in a later advance", () => {
  for (const ahead of [-500, 0, 1, 100, REVOLUTION_MS, 5 * REVOLUTION_MS]) {
    const wheel = wheelAt(0);
    const owner = new Owner();
    owner.onExpire = (now) => wheel.schedule(owner.node, now + ahead);
    wheel.schedule(owner.node, 50);
    // One advance over many slots: the deadline that is set meanwhile must not fire in it.
    wheel.advance(1_200);
    assertEquals(owner.fired, [1_200], `${ahead} ms ahead`);
    wheel.advance(1_200 + Math.max(ahead, 0) + 2 * TICK_MS);
    assertEquals(owner.fired.length, 2, `${ahead} ms ahead`);
  }
});

Deno.test("an owner may cancel, or bring forward, others of the slot that is firing", () => {
  const wheel = wheelAt(0);
  const [first, second, third] = [new Owner(), new Owner(), new Owner()];
  first.onExpire = () => {
    wheel.cancel(second.node);
    wheel.schedule(third.node, 2_000);
  };
  for (const { node } of [first, second, third]) wheel.schedule(node, 150);
  run(wheel, { from: 0, to: 1_000, byMs: TICK_MS });
  assertEquals([first.fired, second.fired, third.fired], [[200], [], []]);
  run(wheel, { from: 1_100, to: 2_200, byMs: TICK_MS });
  assertEquals([second.fired, third.fired], [[], [2_100]]);
});

Deno.test("advance() after a pause of many revolutions fires what is due, and only that", () => {
  const wheel = wheelAt(0);
  const due = Array.from({ length: 40 }, () => new Owner());
  due.forEach(({ node }, at) => wheel.schedule(node, at * 333));
  const later = new Owner();
  wheel.schedule(later.node, 1_000_500);
  wheel.advance(1_000_000);
  assertEquals(due.filter(({ fired }) => fired.length !== 1).length, 0);
  assertEquals(later.fired, []);
  run(wheel, { from: 1_000_000, to: 1_001_000, byMs: TICK_MS });
  assertEquals(later.fired, [1_000_600]);
});

Deno.test("advance() to a time that was, or the same, does nothing", () => {
  const wheel = wheelAt(5_000);
  const owner = new Owner();
  wheel.schedule(owner.node, 5_050);
  wheel.advance(1_000);
  wheel.advance(5_000);
  assertEquals(owner.fired, []);
  wheel.advance(5_100);
  wheel.advance(5_100);
  assertEquals(owner.fired, [5_100]);
});

Deno.test("TimerWheel agrees with a plain list of deadlines through random changes", () => {
  // A linear congruential generator: the same run each time.
  let seed = 20_240_607;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  const wheel = wheelAt(0);
  const owners = Array.from({ length: 50 }, () => new Owner());
  const plain = new Map<Owner, number>();
  for (let now = 0; now < 200_000; now += TICK_MS) {
    for (let change = 0; change < 4; change++) {
      const owner = owners[random(owners.length)]!;
      if (random(4) === 0) {
        wheel.cancel(owner.node);
        plain.delete(owner);
      } else {
        const at = now + random(4 * REVOLUTION_MS);
        wheel.schedule(owner.node, at);
        plain.set(owner, at);
      }
    }
    for (const owner of owners) owner.fired.length = 0;
    wheel.advance(now);
    for (const owner of owners) {
      const at = plain.get(owner) ?? Infinity;
      if (owner.fired.length > 0) assert(at <= now, `Fired ${at - now} ms early`);
      else assert(at > now - 2 * TICK_MS, `Not fired ${now - at} ms after`);
      if (owner.fired.length > 0) plain.delete(owner);
    }
  }
});

Deno.test("TimerWheel wants a power of two of slots", () => {
  assertThrows(() => new TimerWheel({ slots: 12, tickMs: TICK_MS, now: 0 }), RangeError);
});

Deno.test("10,000 armed deadlines cost less than a hundredth of the time that passes", () => {
  const wheel = new TimerWheel({ slots: 512, tickMs: 50, now: 0 });
  const nodes = Array.from({ length: 10_000 }, () => new WheelNode({ expire() {} }));
  for (let i = 0; i < nodes.length; i++) wheel.schedule(nodes[i]!, 60_000 + i % 5_000);
  const begin = performance.now();
  for (let now = 0; now <= 50_000; now += 50) {
    // Of these a tenth has a request a second, and is armed again at the next tick.
    for (let i = now / 50 % 20; i < 1_000; i += 20) wheel.schedule(nodes[i]!, now + 60_000);
    wheel.advance(now);
  }
  const tookMs = performance.now() - begin;
  console.log(`10,000 armed deadlines: ${(tookMs / 500).toFixed(2)} % of a core`);
  assert(tookMs < 500, `${tookMs} ms for 50 s`);
});
