/**
 * The queue in a whole engine: connections that send, pipeline, leave and break at random, handlers that
 * answer, fail and hang, pauses, and an end in the middle of it. Every request is answered by its handler,
 * which ran once, or is turned away, and its handler never ran; answers come in order; nothing is left.
 *
 * @module
 */

import fc from "fast-check";
import { type Call, type Line, Rig } from "../engine/rig.ts";
import { request } from "../engine/requests.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** A connection and what its client sent, in order. */
interface Client {
  readonly line: Line;
  readonly sent: string[];
  output: string;
  /** It went away: how many answers it should get is not known. */
  gone: boolean;
}

/** Everything that a run is about. */
class World {
  readonly rig: Rig;
  readonly #clients = new Map<number, Client>();
  readonly #open: Call[] = [];
  readonly #maxActive: number;
  #peak = 0;

  constructor(maxActive: number, maxQueued: number) {
    this.#maxActive = maxActive;
    this.rig = new Rig({
      queue: {
        maxActive,
        maxQueued,
        maxWait: 300,
        lane: ({ path }) => path.startsWith("/high") ? "high" : "normal",
      },
      handle: (call) => {
        this.#open.push(call);
        this.#peak = Math.max(this.#peak, this.open.length);
      },
    });
  }

  /** Handlers at work that nobody told to stop. */
  get open(): readonly Call[] {
    return this.#open.filter(({ aborted }) => aborted === undefined);
  }

  async send(at: number, lanes: readonly string[]): Promise<void> {
    const client = this.#clients.get(at) ?? await this.#connect(at);
    if (client.gone) return;
    const targets = lanes.map((lane, index) => `/${lane}/${at}/${client.sent.length + index}`);
    client.sent.push(...targets);
    await client.line.wire.send(targets.map((target) => request({ target })).join(""));
  }

  async leave(at: number, how: "end" | "reset"): Promise<void> {
    const client = this.#clients.get(at);
    if (client === undefined || client.gone) return;
    client.gone = true;
    await client.line.wire[how]();
  }

  /** A handler at work answers, or fails: its slot is free either way. */
  finish(at: number, status: number): void {
    const { open } = this;
    const call = open[at % open.length];
    if (call === undefined) return;
    this.#open.splice(this.#open.indexOf(call), 1);
    call.exchange.respond({ status, fields: [] }, call.target);
    call.exchange.settled();
  }

  /** All handlers answer, until nobody asks for anything any more. */
  async finishAll(): Promise<void> {
    this.rig.reactor.admission!.resume();
    await this.rig.advance(1);
    for (let idle = 0; idle < 10; idle++) {
      if (this.open.length > 0) idle = 0;
      this.finish(0, 200);
      await this.rig.advance(1);
    }
    await this.rig.advance(10_000);
    assertEquals(this.open.length, 0, "A handler began without a request");
  }

  /** Holds at any time. */
  check(): void {
    const targets = this.rig.calls.map(({ target }) => target);
    assertEquals(new Set(targets).size, targets.length, "A handler ran twice");
    const { active, queued } = this.rig.reactor.admission!.stats();
    assert(this.#peak <= this.#maxActive, "Too many handlers at work");
    assert(active <= this.#maxActive, "Too many slots are taken");
    assert(active >= this.open.length, "A handler at work has no slot");
    const clients = [...this.#clients.values()];
    const waiting = clients.filter(({ line }) => line.state === "queued").length;
    assertEquals(queued.high + queued.normal, waiting, "The queue and the connections disagree");
    for (const client of clients) this.#checkAnswers(client);
  }

  /** Holds when all handlers have answered: nobody who stayed was forgotten. */
  checkAllAnswered(): void {
    for (const { gone, sent, output } of this.#clients.values()) {
      if (!gone) assertEquals(answersIn(output).length, sent.length, "A request was lost");
    }
  }

  #checkAnswers(client: Client): void {
    client.output += client.line.got();
    const called = new Set(this.rig.calls.map(({ target }) => target));
    answersIn(client.output).forEach(({ status, body }, index) => {
      const target = client.sent[index]!;
      if (status === 503) assert(!called.has(target), `${target} was turned away, and ran`);
      else assertEquals(body, target, "An answer to another request");
    });
  }

  async #connect(at: number): Promise<Client> {
    const client = { line: await this.rig.connect(), sent: [], output: "", gone: false };
    this.#clients.set(at, client);
    return client;
  }
}

function answersIn(output: string): { status: number; body: string }[] {
  const answers = output.matchAll(/HTTP\/1\.1 (\d{3}) [^]*?\r\n\r\n([^H]*)/g);
  return [...answers].map(([, status, body]) => ({ status: Number(status), body: body! }));
}

const client = fc.nat({ max: 5 });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      send: client,
      lanes: fc.array(fc.constantFrom("high", "normal"), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ finish: fc.nat(), status: fc.constantFrom(200, 500) }) },
  {
    weight: 1,
    arbitrary: fc.record({ leave: client, how: fc.constantFrom("end" as const, "reset" as const) }),
  },
  { weight: 3, arbitrary: fc.record({ pass: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 1, arbitrary: fc.record({ pause: fc.boolean() }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take(world: World, each: Step): Promise<void> {
  const { admission } = world.rig.reactor;
  if ("send" in each) await world.send(each.send, each.lanes);
  else if ("leave" in each) await world.leave(each.leave, each.how);
  else if ("finish" in each) world.finish(each.finish, each.status);
  else if ("pass" in each) await world.rig.advance(each.pass);
  else if (each.pause) admission!.pause();
  else admission!.resume();
  await world.rig.advance(0);
  world.check();
}

const size = {
  maxActive: fc.integer({ min: 1, max: 4 }),
  maxQueued: fc.integer({ min: 0, max: 5 }),
};

Deno.test("the queue in an engine loses nobody and runs nobody twice, whatever clients and handlers do", async () => {
  const property = fc.asyncProperty(
    fc.record({ ...size, steps: fc.array(step, { maxLength: 50 }) }),
    async ({ maxActive, maxQueued, steps }) => {
      const world = new World(maxActive, maxQueued);
      for (const each of steps) await take(world, each);
      await world.finishAll();
      world.check();
      world.checkAllAnswered();
      const { active, queued } = world.rig.reactor.admission!.stats();
      assertEquals([active, queued.high, queued.normal], [0, 0, 0]);
      await world.rig.finish();
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

Deno.test("a shutdown in the middle of anything leaves nobody in the queue, and no handler begins after it", async () => {
  const property = fc.asyncProperty(
    fc.record({
      ...size,
      steps: fc.array(step, { maxLength: 30 }),
      later: fc.array(step, { maxLength: 10 }),
    }),
    async ({ maxActive, maxQueued, steps, later }) => {
      const world = new World(maxActive, maxQueued);
      for (const each of steps) await take(world, each);
      const { rig } = world;
      const ended = rig.reactor.shutdown({
        readyDelay: 0,
        firstRequest: 0,
        deadline: 500,
        grace: 100,
      });
      let flushed = false;
      rig.reactor.admission!.flush().then((all) => flushed = all);
      for (const each of later) if (!("send" in each)) await take(world, each);
      await rig.advance(3_000);
      await ended;
      const began = rig.calls.length;
      rig.reactor.admission!.resume();
      await rig.advance(3_000);
      assertEquals(rig.calls.length, began, "A handler began after the end");
      const { active, queued } = rig.reactor.admission!.stats();
      assertEquals([active, queued.high, queued.normal], [0, 0, 0]);
      assert(flushed, "flush() did not resolve");
      world.check();
      await rig.finish();
    },
  );
  await fc.assert(property, { numRuns: 150 });
});
