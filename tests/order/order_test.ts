/**
 * Many clients at once, each with thousands of pipelined requests, and handlers that finish whenever they
 * like: every answer is the one to its request. With other counts: `deno task test tests/order -- --answers=1000`
 * (for each of 64 clients).
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { start, WEIR } from "../support/servers.ts";
import { pause } from "../support/time.ts";
import { numberArg } from "../lifecycle/child.ts";
import { Dice } from "./dice.ts";
import { runLane, type Score } from "./lane.ts";
import { LEAVES_UNREAD, STREAMS } from "./plan.ts";

const CLIENTS = 64;
const ANSWERS = numberArg("answers", 10_000);
const SEED = numberArg("seed", crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1);

const dice = new Dice(SEED);

/** Answers with the request's name and body: at once, some microtasks later, or some milliseconds. */
function handler(request: Request): Response | Promise<Response> {
  const id = request.url.slice(request.url.lastIndexOf("/") + 1);
  if (dice.oneIn(512)) return late(request, id);
  if (request.body === null || id.startsWith(LEAVES_UNREAD)) {
    return dice.oneIn(2) ? answer(id, "") : soon(id);
  }
  return echo(request, id);
}

async function soon(id: string): Promise<Response> {
  for (let turn = dice.below(12); turn > 0; turn--) await undefined;
  return answer(id, "");
}

async function late(request: Request, id: string): Promise<Response> {
  const body = id.startsWith(LEAVES_UNREAD) ? "" : await request.text();
  await pause(dice.below(4));
  return answer(id, body);
}

async function echo(request: Request, id: string): Promise<Response> {
  return answer(id, await request.text());
}

function answer(id: string, body: string): Response {
  const text = `${id}:${body}`;
  const headers = { "x-id": id };
  return new Response(id.startsWith(STREAMS) ? halves(text) : text, { headers });
}

function halves(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const half = bytes.length >> 1;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, half));
      controller.enqueue(bytes.subarray(half));
      controller.close();
    },
  });
}

Deno.test(`${CLIENTS} clients get ${ANSWERS} answers each, all to their requests`, async () => {
  console.log(`  -- --seed=${SEED}`);
  const errors: unknown[] = [];
  const score: Score = { answers: 0, connections: 0, cuts: 0 };
  await using running = start(WEIR, handler, {
    onError: (error) => {
      errors.push(error);
      return new Response(null, { status: 500 });
    },
  });
  const begin = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) =>
    runLane({
      name: `${client}`,
      port: running.port,
      answers: ANSWERS,
      dice: new Dice(SEED + client),
      score,
    })));
  const seconds = (performance.now() - begin) / 1_000;
  const { answers, connections, cuts } = score;
  console.log(
    `  ${answers} answers on ${connections} connections, ${cuts} of them cut; ` +
      `${Math.round(answers / seconds)} a second`,
  );
  assertEquals(answers >= CLIENTS * ANSWERS, true);
  assert(cuts > 0);
  // A client that left may break the read of a body; nothing else may go wrong.
  assertEquals(errors.filter((error) => (error as Error).name !== "BodyError"), []);
});
