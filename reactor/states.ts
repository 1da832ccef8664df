/**
 * The life of a connection as one table: state × event → state, with the time-out that runs in each
 * state. Nothing else decides where a connection goes; an event that a state does not list is a defect
 * of the engine and throws.
 *
 * ```text
 * handshake ─secured→ idle ─bytes→ head ─request→ handling ─respond→ writing ─flushed→ idle
 *                      ↑            │  ╲─hold→ queued ─admit→ handling    │ ╲─next→ head
 *                      │            ╰─refuse→ writing                     ├─drain→ draining ─drained→ idle
 *                      ╰──────────────────────────────────────────────────╯        │
 *                 handling ─upgrade→ upgraded        writing, draining ─linger→ lingering
 *                                   every state ─close→ closed
 * ```
 *
 * - `queued` is entered when a request is held by admission control; without it, `handling` follows at once.
 * - While `handling`, the body of the request may still be arriving: its minimum rate is watched beside
 *   the state's own deadline, because both can be due at the same time.
 * - `writing` lasts from an answer's first byte until the kernel has taken its last. A pipelined request
 *   that is already here leaves it by `next`, so that the answers go out together.
 *
 * @module
 */

import type { Timeouts } from "./options.ts";

/** Where a connection is. */
export type State =
  | "handshake"
  | "idle"
  | "head"
  | "queued"
  | "handling"
  | "writing"
  | "draining"
  | "lingering"
  | "upgraded"
  | "closed";

/** What moves a connection from one state to another. */
export type Event =
  | "secured"
  | "bytes"
  | "request"
  | "hold"
  | "admit"
  | "refuse"
  | "respond"
  | "next"
  | "flushed"
  | "drain"
  | "drained"
  | "linger"
  | "upgrade"
  | "close";

interface Row {
  /** The time-out that runs from entry into the state; `null` where none does. */
  readonly deadline: keyof Timeouts | null;
  readonly on: Readonly<Partial<Record<Event, State>>>;
}

/** The table. `deadline` of `writing` and `draining` is a minimum rate, see `min_rate.ts`. */
export const STATES = {
  handshake: { deadline: "handshake", on: { secured: "idle", close: "closed" } },
  idle: { deadline: "idle", on: { bytes: "head", refuse: "writing", close: "closed" } },
  head: {
    deadline: "head",
    on: { request: "handling", hold: "queued", refuse: "writing", close: "closed" },
  },
  queued: { deadline: null, on: { admit: "handling", respond: "writing", close: "closed" } },
  handling: {
    deadline: "handler",
    on: { respond: "writing", upgrade: "upgraded", close: "closed" },
  },
  writing: {
    deadline: "write",
    on: {
      next: "head",
      flushed: "idle",
      drain: "draining",
      linger: "lingering",
      close: "closed",
    },
  },
  draining: {
    deadline: "body",
    on: { drained: "idle", linger: "lingering", close: "closed" },
  },
  lingering: { deadline: "linger", on: { close: "closed" } },
  upgraded: { deadline: null, on: { close: "closed" } },
  closed: { deadline: null, on: {} },
} as const satisfies Record<State, Row>;

/** Why a connection ended; a closed list, one for each connection. */
export type CloseReason =
  /** The peer ended its stream and nothing was left to answer. */
  | "peer_closed"
  /** The peer reset the connection, or a read or write failed. */
  | "peer_reset"
  | "handshake_failed"
  | "handshake_timeout"
  | "idle_timeout"
  | "head_timeout"
  | "body_timeout"
  | "write_timeout"
  | "handler_timeout"
  /** A request broke the protocol. */
  | "bad_request"
  /** A limit was reached: size, count, requests on a connection, connections. */
  | "limit"
  /** The client, the handler or `connection.close()` asked for it. */
  | "asked"
  /** An answer could not be completed: its body failed, or fell short of its Content-Length. */
  | "handler_failed"
  /** A connection that a handler had taken over was closed by it. */
  | "upgrade_ended"
  /** A shutdown closed it in good order. */
  | "shutdown"
  /** The engine itself failed; reported on stderr. */
  | "internal_error"
  /** `connection.abort()`, an aborted `signal`, or the end of a shutdown's grace. */
  | "forced";

/**
 * The state that follows.
 *
 * @throws {Error} If the table has no such transition: the engine itself is wrong.
 */
export function transition(state: State, event: Event): State {
  const row: Row = STATES[state];
  const next = row.on[event];
  if (next === undefined) {
    throw new Error(`A connection that is "${state}" cannot take the event "${event}"`);
  }
  return next;
}
