/**
 * The load of the soak: honest clients, connections that come and go, faults and slow clients, all at
 * once and gentle enough for two cores. What honest clients get is checked to the byte.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { pause, settles } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import { BAD_ROUTES } from "../faults/bad_routes.ts";
import { type FaultServer, nextId } from "../faults/child.ts";
import { EXCHANGES, undisturbed, type Whole } from "../faults/exchanges.ts";
import { BODIES, leave, LEAVINGS } from "../faults/leaving.ts";
import { type Fault, Proxy } from "../faults/proxy.ts";
import { ID, plansFor, Trial } from "../faults/trial.ts";

/** Lanes of each kind: each does one thing after the other. */
const LANES = { kept: 8, honest: 4, leaving: 4, faulty: 4, trickling: 20, reading: 10 };

/** Between two steps of a lane, in milliseconds. */
const REST_MS = 15;
const REQUESTS_PER_CONNECTION = 20;
const TRICKLE_MS = 400;
const FAULTS: readonly Fault[] = ["reset", "end", "cut"];

/** How much was done, and what went wrong. */
export class Tally {
  answers = 0;
  connections = 0;
  /** The first few failures; a soak with one is not good. */
  readonly failures: string[] = [];

  failed(error: unknown): void {
    if (this.failures.length < 20) this.failures.push(Deno.inspect(error));
  }
}

/** What a lane works with. */
interface Floor {
  readonly server: FaultServer;
  readonly proxy: Proxy;
  readonly wholes: readonly Whole[];
  readonly tally: Tally;
  readonly stop: Promise<unknown>;
}

type Step = (floor: Floor) => Promise<void>;

/** Runs all lanes until `stop` settles. */
export async function runLoad(
  server: FaultServer,
  { tally, stop }: { tally: Tally; stop: Promise<unknown> },
): Promise<void> {
  await using proxy = await Proxy.listen(server.port);
  const floor: Floor = { server, proxy, wholes: await learn(server), tally, stop };
  const steps: Record<keyof typeof LANES, Step> = {
    kept: askMany,
    honest: exchange,
    leaving: leaveSomehow,
    faulty: fault,
    trickling: trickle,
    reading: readSlowly,
  };
  await Promise.all(
    Object.entries(LANES).flatMap(([kind, count]) => {
      const step = steps[kind as keyof typeof LANES];
      return Array.from({ length: count }, () => lane(floor, step));
    }),
  );
}

async function lane(floor: Floor, step: Step): Promise<void> {
  while (!await settles(floor.stop, REST_MS)) {
    try {
      floor.tally.connections++;
      await step(floor);
    } catch (error) {
      floor.tally.failed(error);
    }
  }
}

/** Every exchange as it goes without a fault. */
async function learn(server: FaultServer): Promise<Whole[]> {
  const wholes: Whole[] = [];
  for (const each of EXCHANGES) {
    using client = await server.connect();
    wholes.push(await undisturbed(client, each, ID));
  }
  return wholes;
}

function oneOf<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)]!;
}

/** Twenty requests on one connection. */
async function askMany({ server, tally }: Floor): Promise<void> {
  using client = await server.connect();
  for (let turn = 0; turn < REQUESTS_PER_CONNECTION; turn++) {
    const id = nextId();
    const raw = turn % 2 === 0
      ? request({ target: `/get/${id}` })
      : request({ target: `/echo/${id}`, body: `${turn}` });
    const { status, text } = await client.ask(raw);
    assertEquals([status, text], [200, turn % 2 === 0 ? `got ${id}` : `echo ${id} ${turn}`]);
    tally.answers++;
    await pause(REST_MS);
  }
}

/** Any exchange, on a connection of its own. */
async function exchange({ server, wholes, tally }: Floor): Promise<void> {
  const at = Math.floor(Math.random() * EXCHANGES.length);
  const id = nextId();
  using client = await server.connect();
  const { answer } = await undisturbed(client, EXCHANGES[at]!, id);
  if (answer !== wholes[at]!.answer.replaceAll(ID, id)) {
    throw new Error(`${EXCHANGES[at]!.name} ${id}: ${answer.slice(0, 500)}`);
  }
  tally.answers++;
}

/** Any bad route with any body, from a client that leaves. */
async function leaveSomehow({ server }: Floor): Promise<void> {
  const body = oneOf(Object.keys(BODIES));
  await leave(server, oneOf(Object.keys(BAD_ROUTES)), {
    body,
    leaving: oneOf(Object.keys(LEAVINGS)),
  });
}

/** Any fault at any byte of any exchange. */
async function fault({ proxy, wholes }: Floor): Promise<void> {
  const at = Math.floor(Math.random() * EXCHANGES.length);
  const plan = oneOf(plansFor(oneOf(FAULTS), wholes[at]!));
  using client = await proxy.connect(plan);
  await new Trial(EXCHANGES[at]!, wholes[at]!, plan).run(client);
}

/** A head that comes byte by byte, until the server refuses it. */
async function trickle({ server, stop }: Floor): Promise<void> {
  using client = await server.connect();
  const ended = client.remains();
  await client.sendWhileOpen("GET / HTTP/1.1\r\nHost: h\r\nX: ");
  while (!await settles(ended, TRICKLE_MS) && !await settles(stop, 0)) {
    await client.sendWhileOpen("x");
  }
  await client.closeWrite().catch(() => {});
  await ended;
}

/** An endless answer that is read slowly. */
async function readSlowly({ server, stop }: Floor): Promise<void> {
  using client = await server.connect();
  await client.send(request({ target: `/stream-endless/${nextId()}` }));
  while (await readsOn(client) && !await settles(stop, TRICKLE_MS));
}

async function readsOn(client: WireClient): Promise<boolean> {
  return await client.readOnce() !== "";
}
