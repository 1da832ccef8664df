/**
 * The life of a connection as one table: state × event → state, with the time-out that runs in each
 * state. Nothing else decides where a connection goes; an event that a state does not list is a defect
 * of the engine and throws. What stands beside the state is in `connection/lifecycle.ts`: whether the
 * connection is to end, and why.
 *
 * ```text
 * proxy_header ─identified→ idle   proxy_header ─encrypted→ handshake
 * handshake ─secured→ idle ─bytes→ head ─request→ handling ─respond→ writing ─flushed→ idle
 *                      ↑            │  ╲─hold→ queued ─admit→ handling    │ ╲─next→ head
 *                      │            ├─refuse→ writing                     ├─drain→ draining ─drained→ idle
 *                      │            ╰─respond→ writing                    │
 *                      ╰──────────────────────────────────────────────────╯        │
 *                 handling ─upgrade→ upgraded   idle, writing, draining ─linger→ lingering
 *                                   every state ─close→ closed
 * ```
 *
 * - `proxy_header` and `handshake` come before the first byte of HTTP, where there are such things.
 * - `refuse` answers for the last time; a request that is turned away in `head` or `queued` gets its answer by
 *   `respond`, and the connection goes on.
 * - `queued` is entered when a request is held by admission control; without it, `handling` follows at once.
 * - While `handling`, the body of the request may still be arriving: its minimum rate is watched beside
 *   the state's own deadline, because both can be due at the same time.
 * - `writing` lasts from an answer's first byte until the kernel has taken its last. A pipelined request
 *   that is already here leaves it by `next`, so that the answers go out together.
 *
 * @module
 */

/** The time-outs of a connection, by name; `options/settings.ts` says what each means. */
export type TimeoutName =
  | "proxy_header"
  | "handshake"
  | "head"
  | "idle"
  | "body"
  | "write"
  | "handler"
  | "linger";

/** Where a connection is. */
export type State =
  | "proxy_header"
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
  | "identified"
  | "encrypted"
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
  readonly deadline: TimeoutName | null;
  readonly on: Readonly<Partial<Record<Event, State>>>;
}

/** The table. `deadline` of `writing` and `draining` is a minimum rate, see `min_rate.ts`. */
export const STATES = {
  proxy_header: {
    deadline: "proxy_header",
    on: { identified: "idle", encrypted: "handshake", close: "closed" },
  },
  handshake: { deadline: "handshake", on: { secured: "idle", close: "closed" } },
  idle: {
    deadline: "idle",
    on: { bytes: "head", refuse: "writing", linger: "lingering", close: "closed" },
  },
  head: {
    deadline: "head",
    on: {
      request: "handling",
      hold: "queued",
      refuse: "writing",
      respond: "writing",
      close: "closed",
    },
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
  /** There was no PROXY header, or a wrong one, or the peer is none that may send one. */
  | "proxy_header_failed"
  | "proxy_header_timeout"
  | "handshake_failed"
  | "handshake_timeout"
  | "idle_timeout"
  | "head_timeout"
  | "body_timeout"
  | "write_timeout"
  | "handler_timeout"
  /** A request broke the protocol. */
  | "bad_request"
  /** A client began TLS on a port without it. */
  | "tls_handshake"
  /** A limit was reached: size, count, requests on a connection, connections. */
  | "limit"
  /** The client, the handler or `connection.close()` asked for it. */
  | "asked"
  /** An answer could not be completed: its body failed, or fell short of its Content-Length. */
  | "handler_failed"
  /** A connection that a handler had taken over was closed by it. */
  | "upgrade_ended"
  /** It made room for new connections: it was idle, or slow with its first bytes, and there were almost too many. */
  | "pressure"
  /** A shutdown closed it in good order. */
  | "shutdown"
  /** The engine itself failed; reported on stderr. */
  | "internal_error"
  /** `connection.abort()`, an aborted `signal`, or the end of a shutdown's grace. */
  | "forced";

/**
 * Where a server is in its life: `"leaving"` while a shutdown's `readyDelay` runs and everything is still
 * served, `"draining"` from the moment it accepts no more, `"ended"` when nothing is left.
 */
export type Phase = "serving" | "leaving" | "draining" | "ended";

/**
 * A row made ready for the hot path: rows point to each other, so that a step is one look into an array
 * (docs/performance.md, "What paid").
 */
export interface Stage {
  readonly state: State;
  readonly deadline: TimeoutName | null;
  /** What follows, by the event's place in {@linkcode EVENTS}. */
  readonly on: readonly (Stage | undefined)[];
}

/** Every event, with its place in {@linkcode Stage.on}. */
export const EVENTS = {
  secured: 0,
  bytes: 1,
  request: 2,
  hold: 3,
  admit: 4,
  refuse: 5,
  respond: 6,
  next: 7,
  flushed: 8,
  drain: 9,
  drained: 10,
  linger: 11,
  upgrade: 12,
  close: 13,
  identified: 14,
  encrypted: 15,
} as const satisfies Record<Event, number>;

/** The rows of the table, by name. */
export const STAGES: Readonly<Record<State, Stage>> = linkedRows();

/**
 * The row that follows.
 *
 * @throws {Error} If the table has no such transition: the engine itself is wrong.
 */
export function follow(stage: Stage, event: number): Stage {
  return stage.on[event] ?? impossible(stage, event);
}

/** The state that follows; throws as {@linkcode follow} does. */
export function transition(state: State, event: Event): State {
  return follow(STAGES[state], EVENTS[event]).state;
}

function impossible(stage: Stage, event: number): never {
  const name = (Object.keys(EVENTS) as Event[]).find((each) => EVENTS[each] === event);
  throw new Error(`A connection that is "${stage.state}" cannot take the event "${name}"`);
}

function linkedRows(): Record<State, Stage> {
  const names = Object.keys(STATES) as State[];
  const stages = {} as Record<State, { state: State; deadline: Row["deadline"]; on: Stage[] }>;
  for (const state of names) stages[state] = { state, deadline: STATES[state].deadline, on: [] };
  for (const state of names) {
    const { on }: Row = STATES[state];
    for (const event of Object.keys(EVENTS) as Event[]) {
      const target = on[event];
      stages[state].on[EVENTS[event]] = (target && stages[target]) as Stage;
    }
  }
  return stages;
}
