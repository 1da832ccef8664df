/**
 * The stream of snapshots on a fake clock, beside a reactor on a fake wire.
 *
 * @module
 */

import { Feed, MOST_PAGES } from "../../handlers/status/feed.ts";
import { MOST_ROWS } from "../../handlers/status/sample.ts";
import { ServerSource } from "../../handlers/status/server_source.ts";
import type { Snapshot } from "../../handlers/status/snapshot.ts";
import { FakeClock, settled } from "../engine/fakes.ts";
import { GET, LAST_GET } from "../engine/requests.ts";
import { answers, Rig, type RigOptions } from "../engine/rig.ts";
import { assert, assertEquals } from "../support/assert.ts";

const INTERVAL_MS = 1_000;

/** A rig whose reactor is shown, and the pages that look. */
class Shown {
  readonly rig: Rig;
  readonly feed: Feed;

  constructor(options: RigOptions = {}) {
    this.rig = new Rig(options);
    const { reactor } = this.rig;
    const server = {
      connections: reactor.connections,
      options: reactor.options,
      observe: reactor.observe.bind(reactor),
      shutdown: () => Promise.resolve(),
      get phase() {
        return reactor.phase;
      },
    };
    const source = new ServerSource(server);
    this.feed = new Feed({ source, clock: this.rig.clock, intervalMs: INTERVAL_MS });
  }

  /** A page that has taken the settings. */
  async look({ own = false } = {}): Promise<Look> {
    const look = new Look(this.feed.open({ own }));
    assertEquals((await look.next())?.name, "settings");
    return look;
  }

  /** Checks that nothing is watched and no timer is left, as before any page was opened. */
  async finish(): Promise<void> {
    this.feed.close();
    assertEquals(this.rig.reactor.observers, null);
    await this.rig.finish();
  }
}

interface News {
  readonly name: string;
  readonly snapshot: Snapshot;
}

/** One page's end of a stream. */
class Look {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next event; `null` at the end of the stream. */
  async next(): Promise<News | null> {
    const { value } = await this.#reader.read();
    if (value === undefined) return null;
    const [, name, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(new TextDecoder().decode(value))!;
    return { name: name!, snapshot: JSON.parse(data!) };
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

Deno.test("nothing is watched before the first page and after the last", async () => {
  const shown = new Shown();
  assertEquals([shown.rig.reactor.observers, shown.rig.clock.pending], [null, 0]);
  const looks = [await shown.look(), await shown.look()];
  assert(shown.rig.reactor.observers !== null);
  await looks[0]!.leave();
  assert(shown.rig.reactor.observers !== null);
  await looks[1]!.leave();
  assertEquals([shown.rig.reactor.observers, shown.rig.clock.pending], [null, 0]);
  await shown.finish();
});

Deno.test("a snapshot tells rows, states, bytes, answers, drops and why connections ended", async () => {
  const shown = new Shown({ handle: answers("hello") });
  const early = await shown.rig.sent(GET);
  early.got();
  const look = await shown.look();
  await early.wire.send(GET + GET);
  const gone = await shown.rig.sent(LAST_GET);
  await gone.wire.end();
  const bad = await shown.rig.sent("GET / HTTP/1.1\r\n\r\nrest");
  await bad.wire.end();
  const answered = early.got().length + gone.got().length + bad.got().length;
  shown.rig.handle = () => {};
  await shown.rig.sent(GET);
  await shown.rig.advance(INTERVAL_MS);
  const { name, snapshot } = (await look.next())!;
  assertEquals(name, "snapshot");
  assertEquals(snapshot.states, { idle: 1, handling: 1 });
  assertEquals([snapshot.opened, snapshot.answers, snapshot.refused, snapshot.errors], [
    3,
    3,
    1,
    0,
  ]);
  assertEquals(snapshot.closeReasons, [["asked", 1], ["bad_request", 1]]);
  assertEquals(snapshot.refusals, [["bad_host", 1]]);
  assertEquals(snapshot.drops, [["refused", { bytes: 4, requests: 0 }]]);
  assertEquals([snapshot.overMs, snapshot.phase], [INTERVAL_MS, "serving"]);
  assert(snapshot.latency !== null);
  const [working, idle] = snapshot.rows;
  assertEquals([working?.id, working?.state, working?.requests], [4, "handling", 1]);
  assertEquals([idle?.id, idle?.state, idle?.requests, idle?.bytesIn], [
    1,
    "idle",
    3,
    3 * GET.length,
  ]);
  assertEquals([idle?.peer, idle?.queueMs], ["192.0.2.1:40000", null]);
  // What came before the page was opened is not of its interval.
  assertEquals(
    snapshot.bytesIn,
    3 * GET.length + LAST_GET.length + "GET / HTTP/1.1\r\n\r\nrest".length,
  );
  assertEquals(snapshot.bytesOut, answered);
  await shown.finish();
});

Deno.test("rates are of their interval, totals of the whole time", async () => {
  const shown = new Shown({ handle: answers("hello") });
  const look = await shown.look();
  const line = await shown.rig.sent(GET);
  await shown.rig.advance(INTERVAL_MS);
  const first = (await look.next())!.snapshot;
  await line.wire.end();
  await shown.rig.advance(INTERVAL_MS);
  const second = (await look.next())!.snapshot;
  await shown.rig.advance(INTERVAL_MS);
  const third = (await look.next())!.snapshot;
  const seen = [first, second, third];
  assertEquals(seen.map(({ answers }) => answers), [1, 0, 0]);
  assertEquals(seen.map(({ latency }) => latency === null), [false, true, true]);
  assertEquals(seen.map(({ bytesIn }) => bytesIn), [GET.length, 0, 0]);
  assertEquals(seen.map(({ closeReasons }) => closeReasons.length), [0, 1, 1]);
  assertEquals(seen.map(({ rows }) => rows.length), [1, 0, 0]);
  await shown.finish();
});

Deno.test("of many connections those at work longest are shown first, then those used last", async () => {
  const shown = new Shown({ handle: answers("x") });
  const look = await shown.look();
  const late = await shown.rig.connect();
  for (let at = 0; at < MOST_ROWS + 20; at++) await shown.rig.connect();
  await shown.rig.advance(200);
  const used = await shown.rig.sent(GET);
  shown.rig.handle = () => {};
  const early = await shown.rig.sent(GET);
  await shown.rig.advance(200);
  await late.wire.send(GET);
  await shown.rig.advance(INTERVAL_MS - 400);
  const { rows, states } = (await look.next())!.snapshot;
  assertEquals([rows.length, states], [MOST_ROWS, { idle: MOST_ROWS + 21, handling: 2 }]);
  const first = [early, late, used].map(({ connection }) => connection.id);
  assertEquals(rows.slice(0, 3).map(({ id }) => id), first);
  await shown.finish();
});

Deno.test("a page that does not read gets fewer snapshots, and holds up no other", async () => {
  const shown = new Shown();
  const slow = new Look(shown.feed.open({ own: false }));
  const quick = await shown.look();
  for (let at = 1; at <= 10; at++) {
    await shown.rig.advance(INTERVAL_MS);
    assertEquals((await quick.next())?.name, "snapshot");
  }
  assertEquals((await slow.next())?.name, "settings");
  await shown.rig.advance(INTERVAL_MS);
  const late = (await slow.next())!.snapshot;
  assertEquals(late.atMs, shown.rig.clock.wallMs());
  await shown.finish();
});

Deno.test("a page that comes through the server itself ends when that drains, others when it has ended", async () => {
  const shown = new Shown();
  const [own, other] = [await shown.look({ own: true }), await shown.look()];
  const line = await shown.rig.sent(GET);
  shown.rig.reactor.shutdown({ readyDelay: 300, firstRequest: 0, deadline: 5_000, grace: 100 });
  await settled();
  await shown.rig.advance(299);
  let told: string[] = [];
  const hear = async () => {
    for (let each = await own.next(); each !== null; each = await own.next()) {
      told.push(`${each.name} ${each.snapshot.phase}`);
    }
    told.push("end");
  };
  const hearing = hear();
  await settled();
  assertEquals(told, []);
  await shown.rig.advance(1);
  await hearing;
  assertEquals(told, ["last draining", "end"]);
  told = [];
  await shown.rig.advance(INTERVAL_MS);
  assertEquals((await other.next())!.snapshot.phase, "draining");
  shown.rig.last.exchange.respond({ status: 200, fields: [] }, null);
  await line.wire.end();
  await settled();
  const last = (await other.next())!;
  assertEquals([last.name, last.snapshot.phase, await other.next()], ["last", "ended", null]);
  const late = await shown.look();
  assertEquals([(await late.next())?.name, await late.next()], ["last", null]);
  await shown.finish();
});

Deno.test("a feed is full at its most pages, until one leaves", async () => {
  const shown = new Shown();
  const looks: Look[] = [];
  for (let at = 0; at < MOST_PAGES; at++) looks.push(await shown.look());
  assertEquals(shown.feed.full, true);
  await looks[0]!.leave();
  assertEquals(shown.feed.full, false);
  await shown.finish();
});

Deno.test("a feed that was closed opens no page any more", async () => {
  const shown = new Shown();
  shown.feed.close();
  const look = new Look(shown.feed.open({ own: false }));
  assertEquals(await look.next(), null);
  await shown.finish();
});

Deno.test("the clock of the feed keeps no process alive", () => {
  const clock = new FakeClock();
  const rig = new Rig();
  const server = Object.assign(rig.reactor, { shutdown: () => Promise.resolve() });
  const feed = new Feed({ source: new ServerSource(server), clock, intervalMs: INTERVAL_MS });
  feed.open({ own: false });
  assertEquals([clock.pending, clock.holds], [1, false]);
  feed.close();
  assertEquals(clock.pending, 0);
});
