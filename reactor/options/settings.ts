/**
 * What can be set: time-outs, limits, overrides by path, the queue and the durations of a shutdown, each
 * with its unit, its default and the reason for the default. `options.ts` holds the defaults and checks
 * what a program gives; the code that obeys a setting is elsewhere.
 *
 * Zero turns a setting off where its description says so. Milliseconds are whole numbers up to
 * 2,147,483,647 (24.8 days, the longest that a platform timer can wait). Sizes and counts are whole numbers.
 *
 * @module
 */

import type { QueuedRequest } from "../request_head.ts";

/** How long each phase of a connection may last, in milliseconds; `0` turns a time-out off. */
export interface Timeouts {
  /**
   * The time from accepting a connection to the end of its TLS handshake; then the connection is closed.
   *
   * Go limits it by its read time-out (none by default), Kestrel to 10 s.
   * @default {10_000}
   */
  readonly handshake: number;
  /**
   * The time from the first byte of a request to the end of its head, whatever arrives meanwhile; then the
   * client gets 408.
   *
   * nginx 60 s, Node 60 s, Kestrel 30 s, Go none. A head fits into a few packets: 10 s are enough for three
   * retransmissions, and a client that sends its head byte by byte can hold a connection for that long.
   * @default {10_000}
   */
  readonly head: number;
  /**
   * The time without a request, from the last answer or from accepting the connection; then the connection
   * is closed without an answer.
   *
   * It should be longer than the idle time-out of a proxy in front of the server: otherwise the proxy may
   * reuse a connection that is being closed, and its client gets a 502. AWS's ALB waits for 60 s. nginx 75 s,
   * Node 5 s (65 s from its next major on), Kestrel 130 s, Go none.
   * @default {75_000}
   */
  readonly idle: number;
  /**
   * The grace period after which a request body must arrive at {@linkcode Limits.bodyRate} or faster; if
   * it does not, the client gets 408.
   *
   * The rate is the average since the server began to wait for the body. Bytes that arrived faster extend
   * the time, to at most twelve grace periods (60 s) from then. Time in which the server does not read does
   * not count. Kestrel 5 s; nginx 60 s between two reads.
   * @default {5_000}
   */
  readonly body: number;
  /**
   * The grace period after which the client must take an answer at {@linkcode Limits.writeRate} or faster;
   * if it does not, the connection is cut.
   *
   * Measured like {@linkcode Timeouts.body}, while bytes wait for the client. Kestrel 5 s;
   * nginx 60 s between two writes; Go and Node none.
   * @default {5_000}
   */
  readonly write: number;
  /**
   * The time from calling the handler to its `Response`; then `request.signal` is aborted and the client
   * gets 503. If the head of the answer has been sent by then, the answer is cut off.
   *
   * Off, as in other servers: only the application knows how long an answer may take.
   * @default {0}
   */
  readonly handler: number;
  /**
   * How long a connection that is being closed still reads and discards bytes, so that the client gets its
   * last answer rather than a reset (RFC 9112 §9.6). It ends at once when the client closes its side.
   *
   * nginx 30 s in all and 5 s without a byte, Go 500 ms. `0` closes at once; the client may lose the
   * answer.
   * @default {2_000}
   */
  readonly linger: number;
}

/** How much of everything is accepted, each limit in its own unit. */
export interface Limits {
  /**
   * The size of the request line and all field lines together, in bytes, at least 1; above it, the client
   * gets 431.
   *
   * Kestrel 32 KiB, nginx 4 × 8 KiB, Node 16 KiB, Deno.serve 64 KiB, Go 1 MiB.
   * @default {32_768}
   */
  readonly headBytes: number;
  /**
   * The number of field lines in a request, at least 1; above it, the client gets 431.
   *
   * Kestrel 100, Deno.serve 128, nginx 1,000, Go none.
   *
   * A much higher limit has a cost: in Deno, the time to iterate over `headers` grows with the square of the
   * number of fields (0.1 s for 1,000 of them).
   * @default {100}
   */
  readonly headerCount: number;
  /**
   * The size of the request target in bytes, at least 1; above it, the client gets 414. nginx and Kestrel
   * 8 KiB for the request line.
   * @default {8_192}
   */
  readonly targetBytes: number;
  /**
   * The size of a request body that `text`, `json`, `bytes`, `arrayBuffer`, `blob` or `formData` collects,
   * in bytes, `0` = off; above it the read rejects, and the client gets 413 unless the handler answers
   * otherwise.
   *
   * Kestrel 30,000,000 bytes, nginx 1 MiB, Node, Go and Deno.serve none.
   * @default {16_777_216}
   */
  readonly bufferedBodyBytes: number;
  /**
   * The size of a request body, however it is read, in bytes, `0` = off; above it, the client gets 413.
   *
   * Off, so that `request.body` streams uploads of any size, as in Node, Go and Deno.serve.
   * @default {0}
   */
  readonly bodyBytes: number;
  /**
   * The lowest average rate at which a request body may arrive, in bytes per second, after the grace period
   * {@linkcode Timeouts.body}; at least 1. Kestrel 240.
   * @default {240}
   */
  readonly bodyRate: number;
  /**
   * The lowest average rate at which a client may take an answer, in bytes per second, after the grace
   * period {@linkcode Timeouts.write}; at least 1. Kestrel 240.
   * @default {240}
   */
  readonly writeRate: number;
  /**
   * The number of requests on one connection, `0` = off; the last answer has `Connection: close`.
   *
   * nginx 1,000; Node, Go and Kestrel none.
   * @default {0}
   */
  readonly requestsPerConnection: number;
  /**
   * The number of pipelined requests that one connection reads ahead while a handler is at work, and that
   * it handles in a row before other connections are served; at least 1. Further requests stay in the
   * kernel; none is refused.
   * @default {64}
   */
  readonly pipelinedRequests: number;
  /**
   * The number of connections open at once, at least 1; {@linkcode Limits.overConnections} says what
   * happens to more of them.
   *
   * Over nine tenths of it, the connection that has waited for its client for longest (idle, or with a head or a
   * handshake that does not end) is closed for each new one, as nginx does at its limit; the close reason is
   * `"pressure"`. Where file descriptors run out first, as many connections as there were then, less a
   * sixteenth, are the limit for the next ten seconds.
   *
   * nginx 512 a worker; Node, Go, Kestrel and Deno.serve none. 16,384 idle connections take some hundred
   * MiB of memory, and as many file descriptors.
   * @default {16_384}
   */
  readonly connections: number;
  /**
   * The number of connections open at once from one IP address, `0` = off; one above it gets 503 and is
   * closed. Addresses of IPv6 count together as {@linkcode Limits.ipv6Prefix} says. Off, because behind a
   * proxy all connections come from one address.
   * @default {0}
   */
  readonly connectionsPerAddress: number;
  /**
   * The number of requests that one client has under way at once, `0` = off; one above it gets 429 with
   * `Retry-After: 1` before it waits in the queue, its handler is not called, and its connection persists.
   *
   * The client is the address in `info.client`: the peer, or whoever the option `trustedProxies` lets it
   * speak for. Without that option, all clients of a proxy are one. What comes through a unix socket and has
   * no known address is not limited.
   *
   * A request is under way from its head until its answer is complete (for a stream, its last byte) and its
   * handler has settled; a handler that was told to stop, through `request.signal`, and goes on counts for
   * five seconds more. A WebSocket, or another connection that a handler has taken over, counts until it ends.
   * nginx's `limit_conn` counts as well until the end of the connection, with 503 by default.
   * @default {0}
   */
  readonly requestsPerClient: number;
  /**
   * How many bits of an IPv6 address tell one client from another for {@linkcode Limits.connectionsPerAddress}
   * and {@linkcode Limits.requestsPerClient}, 1 to 128: addresses that begin with the same bits count as one,
   * with 128 each for itself. IPv4 addresses count whole, also those that are written as IPv6 (`::ffff:…`).
   *
   * A single customer gets a /64 at least, often a /56 or a /48 (RFC 6177), and can use every address in it.
   * @default {64}
   */
  readonly ipv6Prefix: number;
  /**
   * What happens at {@linkcode Limits.connections}: with `"wait"`, the server stops accepting, so that
   * further connections wait in the kernel's backlog, as with HAProxy; with `"refuse"`, it accepts them and
   * answers 503 at once.
   * @default {"wait"}
   */
  readonly overConnections: "wait" | "refuse";
  /**
   * How much of a request body that the handler did not read is read and discarded to keep the connection
   * open, in bytes. If more is left, the connection is closed after the answer. Go 256 KiB.
   * @default {262_144}
   */
  readonly drainBytes: number;
  /**
   * How much a connection that is being closed reads and discards, in bytes, within
   * {@linkcode Timeouts.linger}; `0` discards nothing.
   *
   * The default is high, because many clients send a whole upload before they look for an answer, and
   * discarding costs little: the time-out is the limit that matters. hono's Node adapter 64 MiB, nginx
   * limits only the time.
   * @default {67_108_864}
   */
  readonly lingerBytes: number;
}

/**
 * Other limits for some request paths. The first entry that matches holds.
 *
 * The path is the one that `new URL(request.url)` gives: without query and dot segments, and without any
 * percent-decoding. The path of one resource can be written in several ways, so set the strict value for
 * all paths, and a looser one here.
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
export type LaneFunction = (request: QueuedRequest) => "high" | "normal";

/**
 * The queue in front of the handlers: a limited number of handlers at a time, a limited number of requests
 * that wait, and 503 with `Retry-After` for all others. Such an answer costs no more than a static one, and
 * the connection persists.
 *
 * Each connection has at most one request in the queue; further ones that the client pipelines wait in the
 * connection. If the client leaves, or ends its side of the connection, while its request waits, the
 * request is dropped and its handler never runs.
 *
 * A short burst is handled in order. In a queue under pressure, the newest request goes first. In a standing
 * queue, where more requests come than can be handled, each new one takes the place of one that has waited
 * longer than the bound: ten milliseconds, or four times the average time between two starts if that is
 * more. A queue is standing when it has not been empty for ten times the bound.
 */
export interface Queue {
  /**
   * The number of handlers at work at a time: at least 1, or `"auto"`, which finds it between
   * {@linkcode Queue.floor} and {@linkcode Queue.ceiling} from how long handlers take.
   *
   * A handler is at work from its call until its answer is complete (for a stream, its last byte) and its
   * promise has settled; with `"auto"`, until its answer begins, so that streams without an end do not use
   * up the number. A handler that was told to stop, through `request.signal`, and goes on counts for five
   * seconds more.
   * @default {"auto"}
   */
  readonly maxActive: number | "auto";
  /**
   * The lowest number that `"auto"` may choose, and the one that it begins with; at least 1. Envoy's
   * adaptive concurrency tries out three.
   * @default {4}
   */
  readonly floor: number;
  /** The highest number that `"auto"` may choose, at least the floor. Envoy 1,000. @default {1_000} */
  readonly ceiling: number;
  /**
   * The number of requests that wait at once, `0` = none: a request that cannot begin at once gets 503. In a
   * full queue, a request of the high lane takes the place of a normal one.
   *
   * A thousand take some MiB; at a millisecond each, they are handled within {@linkcode Queue.maxWait}.
   * @default {1_000}
   */
  readonly maxQueued: number;
  /**
   * How long a request may wait, in milliseconds, at least 1; then the client gets 503. Exact to about
   * 2 ms, or to the time of one handler that computes without a pause.
   *
   * A second is longer than a burst that is worth waiting for, and shorter than the time-outs of clients.
   * @default {1_000}
   */
  readonly maxWait: number;
  /**
   * Chooses the lane that a request waits in. Requests of the lane `"high"` go first, but at least one of
   * every eight requests comes from `"normal"` if one waits there. The function is called only for requests
   * that have to wait, before anything is decoded. If it throws, the request waits in `"normal"`; the first
   * error is reported.
   * @default {"high" for /healthz, /readyz, /livez and /metrics}
   */
  readonly lane: LaneFunction;
}

/**
 * The PROXY protocol, versions 1 and 2: a proxy that passes bytes on says in a header, before everything
 * else, whose connection it is. Its addresses then take the place of the socket's.
 *
 * Whether a connection has the header is decided by where it comes from, and never guessed.
 */
export interface ProxyProtocol {
  /**
   * The peers that send the header, and must: IP addresses, ranges such as `"10.0.0.0/8"`, `"loopback"`,
   * `"private"` (RFC 1918, RFC 4193), `"unix"` for all peers at a unix socket. One that sends none, or a
   * wrong one, is closed without an answer.
   */
  readonly from: readonly string[];
  /**
   * The time from accepting a connection to the end of its header, in milliseconds, `0` = off; then the
   * connection is closed.
   *
   * The protocol asks for at least three seconds, so that a lost packet can be sent again.
   * @default {5_000}
   */
  readonly timeout: number;
  /**
   * What becomes of all other peers: with `"refuse"`, they are closed at once; with `"plain"`, they are
   * served as without the option, such as health checks that do not come through the proxy.
   * @default {"refuse"}
   */
  readonly others: "refuse" | "plain";
}

/** What a program may set; what it leaves out has its default. */
export interface ReactorOptions {
  /** Time-outs in milliseconds. */
  readonly timeouts?: Partial<Timeouts>;
  /** Limits, each in its own unit. */
  readonly limits?: Partial<Limits>;
  /** Limits of some paths; the first entry that matches holds. @default {[]} */
  readonly overrides?: readonly PathOverride[];
  /**
   * The queue in front of the handlers; without it, handlers begin at once. `{}` sets one up with all
   * defaults. @default {none}
   */
  readonly queue?: Partial<Queue>;
  /** The PROXY protocol; without it, no header is expected, and one is a bad request. @default {none} */
  readonly proxyProtocol?: Pick<ProxyProtocol, "from"> & Partial<ProxyProtocol>;
  /**
   * Whether answers on a connection that persists have a `Keep-Alive: timeout=` field. It says a second less
   * than {@linkcode Timeouts.idle}, rounded down, so that a client that goes by it is the first to close (as
   * with Node's `keepAliveTimeoutBuffer`). @default {false}
   */
  readonly keepAliveHeader?: boolean;
}

/** The durations of a shutdown's phases, in milliseconds, each from the end of the one before. */
export interface Shutdown {
  /**
   * How long the server still accepts connections and answers; `0` = off. Its phase changes to
   * `"leaving"`, so that `/readyz` answers 503 and load balancers stop sending requests before it closes, and
   * its answers have `Connection: close`, so that clients let go of their connections by themselves.
   *
   * It should be as long as load balancers need to notice: with Kubernetes, `periodSeconds` ×
   * `failureThreshold` of the readiness probe, and a little more. Aborting `signal` cuts it short.
   * @default {0}
   */
  readonly readyDelay: number;
  /**
   * How long a connection that was accepted, and has sent no request yet, still has for its first one, from
   * when it was accepted or its TLS handshake was over; `0` closes it at once. The answer has
   * `Connection: close`. It is part of the deadline.
   *
   * A new connection is not idle: its client has a request on the way, and would get a reset that it must
   * not retry. Go waits for five seconds. A second is longer than a packet takes around the world, and no
   * longer than a shutdown should wait for a browser that has connected beforehand.
   * @default {1_000}
   */
  readonly firstRequest: number;
  /**
   * The time from the end of {@linkcode Shutdown.readyDelay} until the handlers that are still at work are
   * aborted through `request.signal`; `0` = at once.
   *
   * 20 s and the grace period together are less than the 30 s that Kubernetes gives a container by default.
   * .NET's host 30 s, Traefik 10 s, Caddy and Deno.serve wait for ever.
   * @default {20_000}
   */
  readonly deadline: number;
  /**
   * The time from the deadline until the sockets that are still open are closed; `0` = at once.
   * @default {1_000}
   */
  readonly grace: number;
}
