/**
 * The options of a WebSocket: what each means, its default, its check.
 *
 * @module
 */

import {
  checkInteger,
  checkNames,
  checkRecord,
  describe,
} from "../../reactor/options/option_checks.ts";

/**
 * Which pages may open a socket: those of the server's own host (`"same"`), those of the origins listed, or
 * what a function decides. It gets the `Origin` field, `null` if the request has none.
 */
export type AllowedOrigins =
  | "same"
  | readonly string[]
  | ((origin: string | null, request: Request) => boolean);

/** What becomes of a message that does not fit into the output buffer of a slow client. */
export type FullBufferPolicy =
  /** The socket is closed with the code 1008. */
  | "close"
  /** The message is not sent, and the socket stays open. */
  | "drop";

/** Options of `upgradeWebSocket`: those of `Deno.upgradeWebSocket`, and Weir's. Durations are in seconds. */
export interface UpgradeWebSocketOptions {
  /** The subprotocol to speak; the client must have offered it. @default {none} */
  protocol?: string;
  /**
   * How long the client may be silent, in seconds. After half of that time it is sent a ping; unless
   * anything comes in the other half, the socket is closed with the code 1001. Time in which the process
   * itself stood still does not count. 0 = for ever. @default {30}
   */
  idleTimeout?: number;
  /**
   * The longest message to receive, in bytes, all its fragments together and decompressed; a longer one
   * closes the socket with the code 1009. 0 = no limit. @default {16_777_216}
   */
  maxMessageBytes?: number;
  /**
   * The most bytes that wait for a slow client; see {@linkcode UpgradeWebSocketOptions.onBufferFull}. A
   * message is always taken while nothing waits. 0 = no limit. @default {16_777_216}
   */
  maxBufferedBytes?: number;
  /** What becomes of a message over `maxBufferedBytes`. @default {"close"} */
  onBufferFull?: FullBufferPolicy;
  /** How long the socket may live, in seconds; then it is closed with the code 1001. 0 = for ever. @default {0} */
  maxLifetime?: number;
  /** How long the client has to answer a Close frame, in seconds; then the connection is cut. @default {5} */
  closeTimeout?: number;
  /**
   * Which pages may open the socket; others get 403. A request without `Origin` comes from no browser, and
   * is accepted by `"same"` and by a list. @default {all}
   */
  allowedOrigins?: AllowedOrigins;
  /**
   * Whether messages are compressed (permessage-deflate, RFC 7692) for clients that offer it. Each message
   * is compressed on its own, so that no window is kept between two. @default {false}
   */
  compress?: boolean;
}

/** All options, checked and with their defaults. Durations are in milliseconds. */
export interface SocketOptions {
  /** `null` for none. */
  readonly protocol: string | null;
  /** 0 = for ever. */
  readonly idleMs: number;
  /** 0 = no limit. */
  readonly maxMessageBytes: number;
  /** `Infinity` = no limit. */
  readonly maxBufferedBytes: number;
  readonly onBufferFull: FullBufferPolicy;
  /** `Infinity` = for ever. */
  readonly lifetimeMs: number;
  readonly closeMs: number;
  /** `null` = all. */
  readonly allowedOrigins: AllowedOrigins | null;
  readonly compress: boolean;
}

const NAMES: readonly (keyof UpgradeWebSocketOptions)[] = [
  "protocol",
  "idleTimeout",
  "maxMessageBytes",
  "maxBufferedBytes",
  "onBufferFull",
  "maxLifetime",
  "closeTimeout",
  "allowedOrigins",
  "compress",
];

const DEFAULT_BYTES = 16 * 1024 * 1024;
/** What `ws` can count to. */
const BYTES = { least: 0, most: 2 ** 31 - 1, unit: "bytes" };
/** A year: longer times are for ever. */
const MOST_SECONDS = 31_536_000;

/**
 * Fills in the defaults and checks everything.
 *
 * @throws {TypeError} If a name is unknown or a value is of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 */
export function resolveSocketOptions(given: UpgradeWebSocketOptions): SocketOptions {
  checkNames("upgradeWebSocket", checkRecord("upgradeWebSocket", given), NAMES);
  const { protocol, onBufferFull = "close", allowedOrigins, compress = false } = given;
  const { maxMessageBytes = DEFAULT_BYTES, maxBufferedBytes = DEFAULT_BYTES } = given;
  return {
    // Deno takes an empty protocol for none.
    protocol: checked("protocol", protocol ?? "", isString, "a string") || null,
    idleMs: milliseconds("idleTimeout", given.idleTimeout ?? 30),
    maxMessageBytes: checkInteger("maxMessageBytes", maxMessageBytes, BYTES),
    maxBufferedBytes: checkInteger("maxBufferedBytes", maxBufferedBytes, BYTES) || Infinity,
    onBufferFull: checked("onBufferFull", onBufferFull, isPolicy, '"close" or "drop"'),
    lifetimeMs: milliseconds("maxLifetime", given.maxLifetime ?? 0) || Infinity,
    closeMs: milliseconds("closeTimeout", given.closeTimeout ?? 5),
    allowedOrigins: checked(
      "allowedOrigins",
      allowedOrigins ?? null,
      isAllowedOrigins,
      '"same", an array of origins or a function',
    ),
    compress: checked("compress", compress, isBoolean, "a boolean"),
  };
}

function milliseconds(name: string, seconds: unknown): number {
  if (typeof seconds === "number" && seconds >= 0 && seconds <= MOST_SECONDS) return seconds * 1000;
  const text =
    `Cannot use option '${name}': expected a number from 0 to ${MOST_SECONDS} seconds, ` +
    `received ${describe(seconds)}`;
  throw typeof seconds === "number" ? new RangeError(text) : new TypeError(text);
}

function checked<T>(name: string, value: T, isRight: (value: unknown) => boolean, what: string): T {
  if (isRight(value)) return value;
  throw new TypeError(
    `Cannot use option '${name}': expected ${what}, received ${describe(value)}`,
  );
}

const isString = (value: unknown) => typeof value === "string";
const isBoolean = (value: unknown) => typeof value === "boolean";
const isPolicy = (value: unknown) => value === "close" || value === "drop";

function isAllowedOrigins(value: unknown): boolean {
  return value === null || value === "same" || typeof value === "function" ||
    (Array.isArray(value) && value.every(isString));
}
