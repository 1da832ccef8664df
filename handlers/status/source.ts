/**
 * What the status page shows and controls: one server, or several that are one to their clients.
 *
 * @module
 */

import type { Options } from "../../reactor/options/options.ts";
import type { Address } from "../../reactor/ports.ts";
import type { Phase } from "../../reactor/states.ts";
import type { RowKey, Sample } from "./sample.ts";

/** What a source has to tell at one moment. */
export interface Reading {
  readonly sample: Sample;
  /** How many workers there are, and how many of them have answered; `null` where there is only one server. */
  readonly workers: { readonly all: number; readonly answered: number } | null;
}

/** Watched only between `begin` and `stop`; it can be begun again. */
export interface StatusSource {
  /** The time-outs and limits in force. */
  readonly options: Options;
  /** Where it is in its life. */
  readonly phase: Phase;
  /** Begins to watch; `onPhase` is told whenever the phase may be another one. */
  begin(onPhase: () => void): void;
  /** Ends the watch. */
  stop(): void;
  /** How things are, and what happened since the last call; only between `begin` and `stop`. Never rejects. */
  take(): Reading | Promise<Reading>;
  /** Ends a connection in good order, or with `cut` at once. Returns whether there is such a connection. */
  close(key: RowKey, how: { readonly cut: boolean }): boolean;
  /** Ends it all. */
  drain(): void;
  /** Whether `peer` is the client of one of its own connections: the very object, not an equal one. */
  carries(peer: Address | undefined): boolean;
}
