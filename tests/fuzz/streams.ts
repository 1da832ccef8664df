/**
 * Streams of pipelined requests at random: as they should be, and damaged.
 *
 * @module
 */

import fc from "fast-check";
import type { Manner } from "./application.ts";
import { mutated, mutation } from "./mutations.ts";
import type { Seen } from "./reading.ts";
import { type Drawn, oneIn, request } from "./requests.ts";

/** What a client sent. */
export interface Stream {
  readonly bytes: string;
  /** What every recipient has to make of it; `null` when it was damaged, or may be refused. */
  readonly meant: readonly Seen[] | null;
  /** Offsets at which it is cut into reads, in their order. */
  readonly cuts: readonly number[];
  /** The same for a second connection beside the first. */
  readonly otherCuts: readonly number[];
  /** How the handler reads and answers on the first. */
  readonly manner: Manner;
  /** Whether the server has low limits. */
  readonly tight: boolean;
}

/** One stream in this many arrives byte by byte. */
const BYTE_BY_BYTE = 16;

const MANNERS: readonly Manner[] = [
  "at once",
  "by pieces",
  "later",
  "while answering",
  "not at all",
];

/** Up to the first request after which nothing may be read. */
function reachable(requests: readonly Drawn[]): readonly Seen[] {
  const last = requests.findIndex(({ persists }) => !persists);
  return requests.slice(0, last === -1 ? requests.length : last + 1).map(({ seen }) => seen);
}

/** Two in three are damaged, mostly in one place. */
export const stream: fc.Arbitrary<Stream> = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 5, size: "max" }),
  mutations: fc.oneof(
    fc.constant([]),
    fc.array(mutation, { minLength: 1, maxLength: 1 }),
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
  ),
  cuts: fc.array(fc.nat(4_000), { maxLength: 6 }),
  otherCuts: fc.array(fc.nat(4_000), { maxLength: 6 }),
  pace: fc.integer({ min: 1, max: BYTE_BY_BYTE }),
  manner: fc.constantFrom(...MANNERS),
  tight: oneIn(4),
}).map(({ requests, mutations, cuts, otherCuts, pace, manner, tight }) => {
  const sound = requests.map((each) => each.bytes).join("");
  const bytes = mutated(sound, mutations);
  return {
    bytes,
    meant: bytes === sound && !tight ? reachable(requests) : null,
    cuts: pace === BYTE_BY_BYTE ? everyOffset(bytes) : within(bytes, cuts),
    otherCuts: within(bytes, otherCuts),
    manner,
    tight,
  };
});

function everyOffset(bytes: string): number[] {
  return Array.from({ length: bytes.length }, (_, at) => at);
}

function within(bytes: string, cuts: readonly number[]): number[] {
  return cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b);
}
