/**
 * Many hostile clients at once, beside honest ones: they are disconnected when their time is over,
 * memory stays bounded, and the honest ones see no error.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { GET, head, request } from "../support/requests.ts";
import { eachOf, pause, settles, within } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import { MeasuredServer, mib } from "./child.ts";

const ATTACKERS = 1_000;
const HONEST = 50;
const MIB = 1024 * 1024;

/** Many connections, made a few at a time. */
async function connectMany(server: MeasuredServer, count: number): Promise<WireClient[]> {
  const clients: WireClient[] = [];
  await eachOf(Array.from({ length: count }), async () => {
    clients.push(await server.connect());
  });
  return clients;
}

/** Asks again and again until told to stop; returns how many answers came. Any error ends the test. */
async function honest(server: MeasuredServer, stop: Promise<unknown>): Promise<number> {
  let answers = 0;
  while (!await settles(stop, 40)) {
    using client = await server.connect();
    for (let turn = 0; turn < 5; turn++) {
      const { status, text } = await client.ask(request({ body: `${answers}` }));
      assertEquals([status, text], [200, `${answers}`]);
      answers++;
      await pause(20);
    }
  }
  return answers;
}

/** Runs `attack` beside honest clients; returns their answers and the server's memory as text. */
async function beside(
  server: MeasuredServer,
  mostBytes: number,
  attack: () => Promise<void>,
): Promise<string> {
  const before = (await server.stats()).rss;
  const over = Promise.withResolvers<void>();
  const attacking = attack().finally(over.resolve);
  const serving = Array.from({ length: HONEST }, () => honest(server, over.promise));
  const [most, ...served] = await Promise.all([peak(server, over.promise), ...serving, attacking]);
  const answers = served.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  const after = await server.empty();
  assert(answers >= HONEST, `${answers} honest answers`);
  assert(most - before < mostBytes, `${mib(most - before)} more at the peak`);
  return `resident: ${mib(before)} before, ${mib(most)} at the peak, ${mib(after.rss)} after; ` +
    `${answers} honest answers`;
}

async function peak(server: MeasuredServer, stop: Promise<unknown>): Promise<number> {
  let most = 0;
  while (!await settles(stop, 250)) most = Math.max(most, (await server.look()).rss);
  return most;
}

/** One header byte a second, as long as the server lets it; returns the answer and when it came. */
async function trickles(client: WireClient): Promise<{ text: string; ms: number }> {
  const begin = performance.now();
  const ended = client.remains();
  await client.sendWhileOpen("GET / HTTP/1.1\r\nHost: h\r\nX: ");
  while (!await settles(ended, 1_000)) await client.sendWhileOpen("x");
  const { text } = await ended;
  client.close();
  return { text, ms: performance.now() - begin };
}

Deno.test(`${ATTACKERS} clients that send a header byte a second get 408 in time`, async () => {
  const head = 2_000;
  await using server = await MeasuredServer.spawn({ timeouts: { head, linger: 500 } });
  const outcome = await beside(server, 150 * MIB, async () => {
    const clients = await connectMany(server, ATTACKERS);
    const ends = await Promise.all(clients.map(trickles));
    assertEquals(ends.filter(({ text }) => !text.startsWith("HTTP/1.1 408 ")).length, 0);
    const latest = Math.max(...ends.map(({ ms }) => ms));
    // The clients look once a second whether they have an answer.
    assert(latest < head + 1_000 + 1_500, `The last one was told after ${latest} ms`);
  });
  console.log(`  ${outcome}`);
});

interface Hoarders {
  readonly name: string;
  readonly clients: number;
  /** Answers of 1 MB that each client asks for. */
  readonly answers: number;
  readonly timeouts: { readonly write: number; readonly idle: number; readonly linger: number };
}

const HOARDERS: readonly Hoarders[] = [
  {
    // The kernel takes it all: for the server they are idle.
    name: `${ATTACKERS} clients that never read their 1 MB answer`,
    clients: ATTACKERS,
    answers: 1,
    timeouts: { write: 300, idle: 2_000, linger: 300 },
  },
  {
    // More than the kernel takes. Twelve graces is the most that bytes in its buffers can buy.
    name: "60 clients that never read their eight answers of 1 MB",
    clients: 60,
    answers: 8,
    timeouts: { write: 250, idle: 60_000, linger: 300 },
  },
];

/** For the kernel to take in a gigabyte, on a machine that others use as well. */
const SENDING_MS = 20_000;
/** No time-out comes later than four ticks. */
const LATE_MS = 200;

for (const { name, clients: count, answers, timeouts } of HOARDERS) {
  Deno.test(`${name} are disconnected in time`, async () => {
    await using server = await MeasuredServer.spawn({ timeouts });
    const outcome = await beside(server, 400 * MIB, async () => {
      const clients = await connectMany(server, count);
      const begin = performance.now();
      const large = request({ target: "/large" }).repeat(answers);
      for (const client of clients) await client.send(large);
      await allGone(server, timeouts);
      console.log(`  all gone ${Math.round(performance.now() - begin)} ms after they began to ask`);
      for (const client of clients) client.close();
    });
    console.log(`  ${outcome}`);
  });
}

/** Waits until the honest clients are alone; meanwhile nobody may be idle for longer than allowed. */
async function allGone(server: MeasuredServer, timeouts: Hoarders["timeouts"]): Promise<void> {
  const end = performance.now() + SENDING_MS + Math.min(timeouts.idle, 12 * timeouts.write);
  let { connections, idleMs } = await server.look();
  while (connections > HONEST + 2) {
    assert(idleMs <= timeouts.idle + LATE_MS, `Idle for ${idleMs} ms`);
    assert(performance.now() < end, `${connections} connections are left`);
    await pause(100);
    ({ connections, idleMs } = await server.look());
  }
}

Deno.test("a client that sends 1 GiB while its handler is pending costs less than 1 MiB", async () => {
  await using server = await MeasuredServer.spawn({ timeouts: { body: 0 } });
  const length = 1024 * MIB;
  const piece = new Uint8Array(MIB);
  const upload = async () => {
    using client = await server.connect();
    await client.send(
      head("POST /pending HTTP/1.1", "Host: h", "Connection: close", `Content-Length: ${length}`),
    );
    let sent = 0;
    const sending = (async () => {
      for (; sent < length; sent += piece.length) await client.send(piece);
    })();
    // All that fits into the kernel has gone by then, and the server has taken what it takes.
    await pause(1_000);
    const { rss } = await server.stats();
    const before = sent;
    await server.ask("/release");
    const answer = within(client.response(), "the answer to 1 GiB", 60_000);
    await within(sending, "1 GiB to be sent", 60_000);
    assertEquals((await answer).text, String(length));
    return { rss, before };
  };
  // Once to warm up: what the runtime keeps for itself is not the client's cost.
  await upload();
  const { rss } = await server.stats();
  await pause(200);
  const settledRss = Math.min(rss, (await server.stats()).rss);
  const pending = await upload();
  const cost = pending.rss - settledRss;
  console.log(`  ${mib(cost)} while ${mib(pending.before)} were on their way and none was read`);
  assert(
    pending.before < length / 2,
    `The server took ${mib(pending.before)} for a handler that read nothing`,
  );
  assert(cost < MIB, `${mib(cost)}`);
});

for (
  const [name, options] of [
    ["without a limit of connections", {}],
    ["with a limit of 16 connections", { limits: { connections: 16 } }],
  ] as const
) {
  Deno.test(`64 descriptors serve 200 clients that stay connected as long as they may, ${name}`, async () => {
    const timeouts = { idle: 50 };
    await using server = await MeasuredServer.spawn({ ...options, timeouts }, { descriptors: 64 });
    const clients = await Promise.all(Array.from({ length: 200 }, () => server.connect()));
    const begin = performance.now();
    const outcomes = clients.map(async (client) => {
      const { text } = await client.ask(request({ body: "served" }));
      const { end } = await client.remains();
      client.close();
      return `${text} ${end}`;
    });
    const texts = await within(Promise.all(outcomes), "all to be served", 30_000);
    assertEquals(texts, texts.map(() => "served clean"));
    const stderr = await server.end();
    const ms = Math.round(performance.now() - begin);
    const reports = stderr.split("\n").filter((line) => line.includes("Cannot accept")).length;
    console.log(`  200 served in ${ms} ms, ${reports} reports on stderr`);
    // With a limit of its own the server never runs out of descriptors.
    if ("limits" in options) assertEquals(stderr, "");
    else assert(reports <= 3, stderr);
  });
}

Deno.test("one client that pipelines requests to a large answer and reads nothing costs a few answers", async () => {
  await using server = await MeasuredServer.spawn();
  for (let turn = 0; turn < 5; turn++) await server.ask("/large");
  const before = (await server.stats()).rss;
  using client = await server.connect();
  await client.send(request({ target: "/large" }).repeat(2_000));
  await pause(500);
  const cost = (await server.stats()).rss - before;
  console.log(`  ${mib(cost)} for 2,000 requests of 1 MB`);
  assert(cost < 12 * MIB, mib(cost));
  client.close();
  using other = await server.connect();
  assertEquals((await other.ask(GET)).status, 200);
});
