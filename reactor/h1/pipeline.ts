/**
 * How many requests may wait in bytes that nobody has parsed yet. Pure.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";

const CR = 0x0d;
const LF = 0x0a;

/**
 * Counts the ends of heads in `bytes[from, to)`: an upper bound for the number of requests, since the
 * body of one can look like the end of another's head. A pair of line ends split over two calls is not seen.
 */
export function countHeadEnds(bytes: Bytes, from: number, to: number): number {
  // A view of its own: a search in the whole buffer would go on after `to`, again for every read.
  const arrived = bytes.subarray(from, to);
  let count = 0;
  for (let at = arrived.indexOf(LF, 3); at !== -1; at = arrived.indexOf(LF, at + 1)) {
    if (arrived[at - 1] === CR && arrived[at - 2] === LF && arrived[at - 3] === CR) count++;
  }
  return count;
}
