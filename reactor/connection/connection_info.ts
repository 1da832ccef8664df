/**
 * What others may see of a connection, and do to it.
 *
 * @module
 */

import type { Address } from "../ports.ts";
import type { CloseReason, State } from "../states.ts";

/** A connection as the application sees it. */
export interface ConnectionInfo {
  /** Counts up from 1 within a server. */
  readonly id: number;
  /** The server's end. */
  readonly localAddr: Address;
  /** The client's end. */
  readonly remoteAddr: Address;
  /** Where it is in its life. */
  readonly state: State;
  /** How long it has been in that state, in milliseconds, to the granularity of the reactor's clock. */
  readonly stateMs: number;
  /** How long it has been open, in milliseconds, to the same granularity. */
  readonly ageMs: number;
  /** Requests whose head arrived whole. */
  readonly requests: number;
  /** Bytes read from the peer. */
  readonly bytesIn: number;
  /** Bytes that the kernel has taken for the peer. */
  readonly bytesOut: number;
  /** Bytes that arrived and were thrown away unread. */
  readonly bytesDiscarded: number;
  /** Why it ended; `null` while it is open. */
  readonly closeReason: CloseReason | null;
  /** An `AbortSignal` that fires when the connection ends, with the close reason in its message. */
  readonly signal: unknown;
  /** Ends it in good order: at once when idle, behind the answer under way otherwise. */
  close(reason?: CloseReason): void;
  /** Cuts it now; a handler at work is told through its signal. */
  abort(reason?: CloseReason): void;
}
