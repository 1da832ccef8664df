/**
 * What can be set: time-outs, limits, overrides by path and the durations of a shutdown, each
 * with its unit, its default and where the default comes from. `options.ts` holds the defaults and
 * checks what is given; what a setting *does* lives where it is obeyed.
 *
 * Zero means off where it says so. Milliseconds are whole and at most 2,147,483,647 (24.8 days, the
 * longest that a platform timer can wait); sizes and counts are whole and exact.
 *
 * @module
 */

import type { RequestView } from "../request_head.ts";

/** How long each phase of a connection may last, in milliseconds; `0` switches one off. */
export interface Timeouts {
  /**
   * From accepting a connection to the end of its TLS handshake; then it is closed.
   *
   * Go bounds it by its read time-out (none by default), Kestrel by 10 s.
   * @default {10_000}
   */
  readonly handshake: number;
  /**
   * From the first byte of a request to the end of its head, not extended by progress; then 408.
   *
   * nginx 60 s, Node 60 s, Kestrel 30 s, Go none. A head fits into a few packets: 10 s covers
   * three retransmissions, and each second more is one more that a trickling client holds.
   * @default {10_000}
   */
  readonly head: number;
  /**
   * Without a request under way, from the last answer or from accepting; then a plain close.
   *
   * Should exceed the idle time-out of a proxy in front, or the proxy reuses a connection that is
   * being closed. nginx 75 s, Node 5 s (65 s from its next major on), Kestrel 130 s, Go none.
   * @default {60_000}
   */
  readonly idle: number;
  /**
   * Grace before a request body has to arrive at {@linkcode Limits.bodyRate}; then 408.
   *
   * The rate is the average since the server began to wait for the body; bytes that came fast
   * buy at most twelve graces (60 s). The time in which the server itself does not read does not
   * count. Kestrel 5 s; nginx 60 s between two reads.
   * @default {5_000}
   */
  readonly body: number;
  /**
   * Grace before the client has to take an answer at {@linkcode Limits.writeRate}; then the
   * connection is cut.
   *
   * Measured as {@linkcode Timeouts.body} is, while bytes are waiting for the client. Kestrel 5 s;
   * nginx 60 s between two writes; Go and Node none.
   * @default {5_000}
   */
  readonly write: number;
  /**
   * From calling the handler to its `Response`; then `request.signal` fires and the client gets
   * 503. Once the head of the answer is out, the end of the time cuts it.
   *
   * Off, as everywhere else: how long an answer may take is the application's knowledge.
   * @default {0}
   */
  readonly handler: number;
  /**
   * How long a connection that is being closed still reads and discards, so that the client gets
   * its last answer rather than a reset (RFC 9112 §9.6). Ends at once when the client closes.
   *
   * nginx 30 s in all and 5 s without a byte, Go 500 ms. `0` closes at once, without that care.
   * @default {2_000}
   */
  readonly linger: number;
}

/** How much of everything, each in the unit it names. */
export interface Limits {
  /**
   * The request line and all field lines together, in bytes, at least 1; over it 431.
   *
   * Kestrel 32 KiB, nginx 4 × 8 KiB, Node 16 KiB, Deno.serve 64 KiB, Go 1 MiB.
   * @default {32_768}
   */
  readonly headBytes: number;
  /**
   * Field lines in a request, at least 1; over it 431.
   *
   * Kestrel 100, Deno.serve 128, nginx 1,000, Go none.
   *
   * Raising it far costs: in Deno, iterating over `headers` takes time with the square of the number of
   * fields (1,000 of them 0.1 s).
   * @default {100}
   */
  readonly headerCount: number;
  /**
   * The request target in bytes, at least 1; over it 414. nginx and Kestrel 8 KiB a request line.
   * @default {8_192}
   */
  readonly targetBytes: number;
  /**
   * A request body that `text`, `json`, `bytes`, `arrayBuffer`, `blob` or `formData` collects, in
   * bytes, `0` = off; over it the read rejects, and 413 unless the handler answers otherwise.
   *
   * Kestrel 30,000,000 bytes, nginx 1 MiB, Node, Go and Deno.serve none.
   * @default {16_777_216}
   */
  readonly bufferedBodyBytes: number;
  /**
   * A request body however it is read, in bytes, `0` = off; over it 413.
   *
   * Off, so that `request.body` streams uploads of any size, as in Node, Go and Deno.serve.
   * @default {0}
   */
  readonly bodyBytes: number;
  /**
   * The least average rate of a request body in bytes per second after the grace
   * {@linkcode Timeouts.body}, at least 1. Kestrel 240.
   * @default {240}
   */
  readonly bodyRate: number;
  /**
   * The least average rate at which a client takes an answer, in bytes per second after the grace
   * {@linkcode Timeouts.write}, at least 1. Kestrel 240.
   * @default {240}
   */
  readonly writeRate: number;
  /**
   * Requests on one connection, `0` = off; the last answer carries `Connection: close`.
   *
   * nginx 1,000; Node, Go and Kestrel none.
   * @default {0}
   */
  readonly requestsPerConnection: number;
  /**
   * Pipelined requests that one connection may have waiting while a handler is at work, and that it
   * works off before others get their turn; at least 1. More stay in the kernel; nothing is refused.
   * @default {64}
   */
  readonly pipelinedRequests: number;
  /**
   * Connections open at once, at least 1; {@linkcode Limits.overConnections} says what then.
   *
   * nginx 512 a worker; Node, Go, Kestrel and Deno.serve none. 16,384 idle ones cost some hundred
   * MiB of memory, and as many descriptors.
   * @default {16_384}
   */
  readonly connections: number;
  /**
   * Connections open at once from one IP address, `0` = off; over it 503 and close. Off, because
   * behind a proxy all come from one address.
   * @default {0}
   */
  readonly connectionsPerAddress: number;
  /**
   * At {@linkcode Limits.connections}: `"wait"` stops accepting, so that the rest queue in the
   * kernel's backlog (HAProxy's way); `"refuse"` accepts and answers 503 at once.
   * @default {"wait"}
   */
  readonly overConnections: "wait" | "refuse";
  /**
   * How much of a request body that the handler left unread is read to keep the connection, in
   * bytes; more than that is left, and the connection closes after its answer. Go 256 KiB.
   * @default {262_144}
   */
  readonly drainBytes: number;
  /**
   * How much a connection that is being closed reads and discards, in bytes, within
   * {@linkcode Timeouts.linger}; `0` discards nothing.
   *
   * Generous, because many clients send a whole upload before they look for an answer, and
   * discarding costs little; the time is the bound that matters. hono's Node adapter 64 MiB, nginx
   * no bound but time.
   * @default {67_108_864}
   */
  readonly lingerBytes: number;
}

/**
 * Other limits for some request paths. The first entry that matches wins.
 *
 * The path is the one that `new URL(request.url)` gives: without query and dot segments, and with nothing
 * decoded. One resource can be spelled in several ways: so set the strict value for all, and loosen it here.
 */
export interface PathOverride {
  /** A whole path such as `/upload`, or the beginning of paths, ending in `*`: `/files/*`. */
  readonly path: string;
  /** In bytes, as in {@linkcode Limits}. */
  readonly limits?: Partial<Pick<Limits, "bodyBytes" | "bufferedBodyBytes">>;
  /** In milliseconds, as in {@linkcode Timeouts}. */
  readonly timeouts?: Partial<Pick<Timeouts, "handler">>;
}

/** Chooses the lane that a request waits in. */
export type LaneFunction = (request: RequestView) => "high" | "normal";

/**
 * The queue in front of the handlers: so many at a time, a bounded number of requests that wait, and 503
 * with `Retry-After` for the rest, at the cost of a static answer and on a connection that goes on.
 *
 * A client has one place for each of its connections: what it pipelines waits behind. A client that
 * leaves, or ends its side of the connection, while its request waits is dropped; its handler never runs.
 * In a queue under pressure the newest goes first. In one that stands, because more comes than can be
 * done, whoever comes takes the place of one that has waited longer than the bound: ten milliseconds, or
 * four times the gap between two starts if that is more. A queue stands when it has not been empty for
 * ten times the bound; a burst is worked off.
 */
export interface Queue {
  /**
   * Handlers at work at a time: a number of at least 1, or `"auto"`, which finds it between
   * {@linkcode Queue.floor} and {@linkcode Queue.ceiling} from how long handlers take.
   *
   * A handler is at work from its call until its answer is complete (for a stream its last byte) and its
   * promise has settled; with `"auto"` until its answer begins, so that streams without an end do not use
   * it up. One that was told to stop, through `request.signal`, and goes on all the same counts for five
   * seconds more.
   * @default {"auto"}
   */
  readonly maxActive: number | "auto";
  /**
   * The least that `"auto"` goes down to, and where it begins; at least 1. Envoy's adaptive concurrency
   * tries out three.
   * @default {4}
   */
  readonly floor: number;
  /** The most that `"auto"` goes up to, at least the floor. Envoy 1,000. @default {1_000} */
  readonly ceiling: number;
  /**
   * Requests that wait at once, `0` = none: what cannot begin at once is turned away. In a full queue a
   * request of the high lane takes the place of a normal one.
   *
   * A thousand cost some MiB, and at a millisecond each are worked off within {@linkcode Queue.maxWait}.
   * @default {1_000}
   */
  readonly maxQueued: number;
  /**
   * How long a request may wait, in milliseconds, at least 1; then 503. Exact to about 2 ms, or to one
   * handler that computes without a pause.
   *
   * A second: longer than any burst that is worth waiting out, shorter than the time-outs of clients.
   * @default {1_000}
   */
  readonly maxWait: number;
  /**
   * The lane that a request waits in. Those of `"high"` go first, but every eighth start is one of
   * `"normal"` if one waits. Called only for requests that have to wait, before anything is decoded; an
   * error that it throws counts as `"normal"` and is reported once.
   * @default {"high" for /healthz, /readyz, /livez and /metrics}
   */
  readonly lane: LaneFunction;
}

/** What a program may set; everything left out has its default. */
export interface ReactorOptions {
  /** Time-outs in milliseconds. */
  readonly timeouts?: Partial<Timeouts>;
  /** Limits, in the units they name. */
  readonly limits?: Partial<Limits>;
  /** Limits of some paths, the first match wins. @default {[]} */
  readonly overrides?: readonly PathOverride[];
  /** Admission control; without it handlers begin at once. `{}` is one with all defaults. @default {none} */
  readonly queue?: Partial<Queue>;
  /**
   * Whether answers on a connection that stays open carry `Keep-Alive: timeout=` with
   * {@linkcode Timeouts.idle} in whole seconds. @default {false}
   */
  readonly keepAliveHeader?: boolean;
}

/** The durations of a shutdown's phases, in milliseconds, each from the end of the one before. */
export interface Shutdown {
  /**
   * How long the server still accepts and answers as before, and only its phase has changed to
   * `"leaving"`, so that `/readyz` says 503 and load balancers take it out before it closes; `0` = off.
   *
   * As long as they need to notice: with Kubernetes `periodSeconds` × `failureThreshold` of the readiness
   * probe, and a little more. An aborted `signal` cuts it short.
   * @default {0}
   */
  readonly readyDelay: number;
  /**
   * When the handlers still at work are aborted through `request.signal`; `0` = at once. Counts from the
   * end of {@linkcode Shutdown.readyDelay}.
   *
   * 20 s: with the grace it ends within the 30 s that Kubernetes leaves a container by default.
   * .NET's host 30 s, Traefik 10 s, Caddy and Deno.serve wait for ever.
   * @default {20_000}
   */
  readonly deadline: number;
  /**
   * From the deadline to closing the sockets that are still open; `0` = at once.
   * @default {1_000}
   */
  readonly grace: number;
}
