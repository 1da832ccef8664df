/**
 * What a stream costs grows no faster than its size, whatever its shape and however it arrives. Four times
 * the size may take ten times as long: noise does not reach that, and a quadratic cost is sixteen times.
 *
 * @module
 */

import { latin1, settled } from "../engine/fakes.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { assert } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { BODIES, HEADS, type Shape, STREAMS } from "./shapes.ts";
import { type Serve, Weir } from "./torrent.ts";

const KIB = 1024;
/** What four times the size of the larger arrivals is: 1 MiB. */
const LARGEST = 1024 * KIB;
const MOST_GROWTH = 10;
/** In a time this short the growth is mostly that of mapping fresh memory, in milliseconds. */
const NO_MATTER_MS = 10;
/** Tried again, since the machine may have other work to do. */
const ATTEMPTS = 3;
const SAMPLES = 2;

/** How the bytes arrive, and the size that is compared with four times itself. */
const ARRIVALS = [
  { name: "in large reads", step: 64 * KIB, bytes: 256 * KIB },
  { name: "in packets", step: 1448, bytes: 256 * KIB },
  { name: "byte by byte", step: 1, bytes: 16 * KIB },
] as const;

const readAll: Serve = async ({ exchange }) => {
  if (exchange.body !== null) await exchange.body.readAll();
  exchange.respond({ status: 200, fields: [] }, "Read");
};

const readPieces: Serve = async ({ exchange }) => {
  while (exchange.body !== null && await exchange.body.read() !== null);
  exchange.respond({ status: 200, fields: [] }, "Read");
};

const readNothing: Serve = ({ exchange }) =>
  exchange.respond({ status: 200, fields: [] }, "Unread");

const later: Serve = async (call) => {
  await settled();
  await readAll(call, undefined as never);
};

/** The first request is answered only when all that can come has come. */
const last: Serve = async ({ exchange }, wire) => {
  for (let turn = 0; turn < 64 && !wire.drained; turn++) await settled();
  exchange.respond({ status: 200, fields: [] }, "Late");
};

interface Trial {
  readonly stream: (bytes: number) => string;
  readonly step: number;
  readonly serve: Serve;
}

async function best(stream: Bytes, { step, serve }: Trial): Promise<number> {
  const weir = new Weir();
  let least = Infinity;
  for (let sample = 0; sample < SAMPLES; sample++) {
    least = Math.min(least, await weir.time(stream, { step, serve }));
  }
  return least;
}

/** The longest that a stream of any shape took, for the record. */
const slowest = { name: "", bytes: 0, ms: 0 };
let measurements = 0;

function note(name: string, bytes: number, ms: number): void {
  measurements++;
  if (bytes === LARGEST && ms > slowest.ms) Object.assign(slowest, { name, bytes, ms });
}

async function check(name: string, trial: Trial, bytes: number): Promise<void> {
  const streams = [1, 2, 4].map((factor) => latin1(trial.stream(factor * bytes)));
  const measured: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const times: number[] = [];
    for (const stream of streams) times.push(await best(stream, trial));
    measured.push(times.map((ms) => ms.toFixed(2)).join(", "));
    if (times[2]! <= Math.max(MOST_GROWTH * times[0]!, NO_MATTER_MS)) {
      return note(name, 4 * bytes, times[2]!);
    }
  }
  assert(
    false,
    `Milliseconds for ${bytes} bytes, twice and four times as many: ${measured.join("; ")}`,
  );
}

function testShapes(shapes: readonly Shape[], how: string, serve: Serve): void {
  for (const { name, of } of shapes) {
    Deno.test(`the cost of ${name}${how} grows with the size`, async (test) => {
      for (const { name: arrival, step, bytes } of ARRIVALS) {
        const all = `${name}${how} ${arrival}`;
        await test.step(arrival, () => check(all, { stream: of, step, serve }, bytes));
      }
    });
  }
}

testShapes(HEADS, "", readAll);
testShapes(BODIES, "", readAll);
testShapes(BODIES, ", read in pieces", readPieces);
testShapes(BODIES, ", unread", readNothing);
testShapes(STREAMS, "", readAll);
testShapes(STREAMS, ", answered later", later);
testShapes([...HEADS, ...STREAMS].map(afterPending), "", last);

Deno.test("all shapes were measured, with a mebibyte of each", () => {
  const { name, ms } = slowest;
  console.log(
    `  ${measurements} times measured; the slowest mebibyte: ${name}, ${ms.toFixed(1)} ms`,
  );
  const shapes = 2 * HEADS.length + 3 * BODIES.length + 3 * STREAMS.length;
  assert(measurements === shapes * ARRIVALS.length, `${measurements} of ${shapes} shapes`);
});

function afterPending({ name, of }: Shape): Shape {
  return { name: `${name} after a pending request`, of: (bytes) => request() + of(bytes) };
}
