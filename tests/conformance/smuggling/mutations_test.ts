/**
 * Invariant: the result does not depend on where the network cut the bytes. The corpus and the
 * tables are changed at random, always in the same way, and each result is sent whole and byte by
 * byte.
 *
 * @module
 */

import { assert, assertEquals } from "../../support/assert.ts";
import { LAST_GET } from "../../support/requests.ts";
import { REQUIREMENTS } from "../table.ts";
import { FakeWire, type Observed } from "../wires.ts";
import { CORPUS } from "./corpus.ts";
import { CHUNKED, HIDDEN } from "./family.ts";

const INPUTS = 3000;
const LONGEST = 400;

/** Inputs that are served give mutations that are not refused at their first byte. */
const BASES = [...CORPUS, ...REQUIREMENTS]
  .flatMap(({ cases }) => cases)
  .flatMap(({ input, outcome }) =>
    typeof input === "string" && input.length <= LONGEST && outcome.then === "keeps" ? [input] : []
  );

const PIECES = [
  ...'\r\n\t\0 :,;=05a"\\\x80',
  "\r\n",
  "\r\n\r\n",
  "0\r\n\r\n",
  "Content-Length: 5\r\n",
  `${CHUNKED}\r\n`,
  "Connection: close\r\n",
  "Expect: 100-continue\r\n",
  "HTTP/1.0",
  HIDDEN,
];

/** A generator of numbers below `bound`, the same ones each time. */
function dice(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * bound);
  };
}

/** Inserts, cuts out or replaces something, up to three times. */
function mutated(roll: (bound: number) => number): string {
  let text = BASES[roll(BASES.length)]!;
  for (let left = 1 + roll(3); left > 0; left--) {
    const at = roll(text.length + 1);
    const piece = roll(3) === 0 ? "" : PIECES[roll(PIECES.length)]!;
    text = text.slice(0, at) + piece + text.slice(at + roll(4));
  }
  return text;
}

/** The final answers, and what the handler saw. */
function resultOf({ output, seen }: Observed): string {
  const statuses = [...output.matchAll(/HTTP\/1\.[01] ([2-5]\d\d) /g)].map((match) => match[1]);
  return JSON.stringify([statuses, seen]);
}

/** GET and HEAD give no body to the handler; whether it is skipped depends on what has come. */
function passesOver({ seen }: Observed): boolean {
  return seen.some(({ method, fields }) =>
    (method === "GET" || method === "HEAD") &&
    ("content-length" in fields || "transfer-encoding" in fields)
  );
}

Deno.test(`smuggling: ${INPUTS} mutations give the same whole and byte by byte`, async () => {
  await using wire = new FakeWire();
  const roll = dice(1);
  let served = 0;
  for (let count = 0; count < INPUTS; count++) {
    const input = mutated(roll) + LAST_GET;
    const send = (packets: readonly string[]) =>
      wire.run({ packets, handler: undefined, ends: false });
    const whole = await send([input]);
    if (passesOver(whole)) continue;
    assertEquals(resultOf(await send([...input])), resultOf(whole), JSON.stringify(input));
    if (whole.seen.length > 1) served++;
  }
  assert(served > INPUTS / 10, `Only ${served} mutations were served`);
});
