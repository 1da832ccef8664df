/**
 * Makes a failing stream short: the drawn values have been shrunk by then, but the bytes made from
 * them can be shorter still.
 *
 * @module
 */

import type { Stream } from "./streams.ts";

type Fails = (given: Stream) => Promise<boolean>;

/** Removes all bytes that the failure does not need: whole lines, then pieces. */
export async function shortest(given: Stream, fails: Fails): Promise<Stream> {
  let best = await withoutLines(given, fails);
  for (let size = best.bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= best.bytes.length;) {
      const shorter = without(best, at, at + size);
      if (await fails(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}

async function withoutLines(given: Stream, fails: Fails): Promise<Stream> {
  const starts = [0, ...[...given.bytes.matchAll(/\n/g)].map(({ index }) => index + 1)];
  for (const from of starts) {
    for (const to of starts.toReversed()) {
      if (to <= from) break;
      const shorter = without(given, from, to);
      if (await fails(shorter)) return await withoutLines(shorter, fails);
    }
  }
  return given;
}

function without(given: Stream, from: number, to: number): Stream {
  const moved = (cut: number) => cut > from ? Math.max(from, cut - (to - from)) : cut;
  const { bytes, cuts, otherCuts } = given;
  return {
    ...given,
    bytes: bytes.slice(0, from) + bytes.slice(to),
    meant: null,
    cuts: cuts.map(moved),
    otherCuts: otherCuts.map(moved),
  };
}
