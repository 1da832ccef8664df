/**
 * What a trace tells: each change of a connection's state, as tcpstates shows them for the kernel,
 * and whatever was thrown away and why, as tcpdrop does. Types only.
 *
 * @module
 */

import type { DropReason } from "../../reactor/observer.ts";
import type { ProtocolCode } from "../../reactor/errors.ts";
import type { Address } from "../../reactor/ports.ts";
import type { CloseReason, State } from "../../reactor/states.ts";

/** A connection at the moment of an event. */
export interface TracedConnection {
  /** The time of day, in milliseconds since 1970. */
  readonly atMs: number;
  /** Counts up from 1 within a server. */
  readonly id: number;
  /** The client's end. */
  readonly peer: Address;
  /** The server's end. */
  readonly local: Address;
  /** Requests so far whose head arrived whole. */
  readonly requests: number;
  /** Bytes read from the peer so far. */
  readonly bytesIn: number;
  /** Bytes that the kernel has taken for the peer so far. */
  readonly bytesOut: number;
  /** Bytes that arrived and were thrown away unread so far. */
  readonly bytesDiscarded: number;
  /** Why it ended; `null` while it is open. */
  readonly closeReason: CloseReason | null;
}

/** A connection has come into a state. */
export interface StateEvent extends TracedConnection {
  /** What tells it from the others. */
  readonly type: "state";
  /** Where it was; `null` for one that was just accepted. */
  readonly oldState: State | null;
  /** Where it is now. */
  readonly newState: State;
  /** How long it was in the old state, in milliseconds. */
  readonly ms: number;
}

/** Bytes or requests of a connection were thrown away. */
export interface DropEvent extends TracedConnection {
  /** What tells it from the others. */
  readonly type: "drop";
  /** Where the connection was. */
  readonly state: State;
  /** At which stage it was thrown away. */
  readonly reason: DropReason;
  /** For the reason `"refused"`, the rule, limit or time-out; else `null`. */
  readonly code: ProtocolCode | null;
  /** Bytes that arrived and nobody read. */
  readonly droppedBytes: number;
  /** Requests that got no whole answer. */
  readonly droppedRequests: number;
}

/** The listener was too slow, or away: events are missing at this place. */
export interface LostEvent {
  /** What tells it from the others. */
  readonly type: "lost";
  /** How many; at least so many where nobody had listened for a minute. */
  readonly events: number;
}

/** One event of a trace; `type` tells which. */
export type TraceEvent = StateEvent | DropEvent | LostEvent;
