/**
 * Compares what Weir and another server made of a stream by what a proxy in between could show, too: how
 * many requests there were, their methods and bodies, and whether the rest was refused.
 *
 * @module
 */

import type { Reading, Seen } from "./reading.ts";

/** A stream, both readings, and the number of the first request on which they part. */
export interface Parting {
  readonly server: string;
  readonly bytes: string;
  readonly weir: Reading;
  readonly theirs: Reading;
  readonly at: number;
}

/** How two readings compare. */
export type Comparison =
  | { readonly kind: "same" }
  /** Weir refused, with this status, what the other took. */
  | { readonly kind: "stricter"; readonly status: string }
  /** Weir took, or passed over in silence, what the other did not; or they took different things. */
  | {
    readonly kind: "looser" | "silent" | "contradiction";
    readonly parting: Parting;
  };

/** Compares two readings of the same bytes. */
export function compare(
  server: string,
  { bytes, weir, theirs }: Pick<Parting, "bytes" | "weir" | "theirs">,
): Comparison {
  for (let at = 0;; at++) {
    const [ours, other] = [whole(weir.requests[at]), whole(theirs.requests[at])];
    if (ours === null && other === null) return { kind: "same" };
    const parting = { server, bytes, weir, theirs, at };
    if (other === null) return { kind: "looser", parting };
    if (ours === null) {
      if (weir.error !== null) return { kind: "stricter", status: weir.error };
      return { kind: "silent", parting };
    }
    if (ours.method !== other.method || ours.body !== other.body) {
      return { kind: "contradiction", parting };
    }
  }
}

/** A request that came whole: of others a proxy says nothing. */
function whole(seen: Seen | undefined): Seen | null {
  return seen?.complete === true ? seen : null;
}
