/**
 * The options of an event stream: what each means, its default, its check.
 *
 * @module
 */

import {
  checkInteger,
  checkNames,
  checkRecord,
  describe,
  MAX_MS,
} from "../../reactor/options/option_checks.ts";

/** What becomes of a stream whose client takes events more slowly than its source sends them. */
export type FullStreamPolicy =
  /** The stream ends; the client comes back with the id of the last event that it has received. */
  | "close"
  /** The oldest events that wait are not sent, so that there is room for the new one. */
  | "dropOldest";

/** What becomes of a stream when the server shuts down, or `close()` is called on its connection. */
export type StreamShutdownPolicy =
  /** It ends with a last `retry:`, so that the client comes back, to whichever server there is by then. */
  | "close"
  /** It goes on to the end of its source, or until the shutdown's deadline. For streams that soon end. */
  | "finish";

/** Options of `eventStream`. */
export interface EventStreamOptions {
  /**
   * After how long without an event a comment is sent, in milliseconds, so that proxies keep the connection
   * open, and the kernel finds out if the client's machine is gone. 0 = never. @default {15_000}
   */
  heartbeat?: number;
  /**
   * How long the client waits before it connects again when the stream has ended, in milliseconds; sent as
   * the first thing. When the server ends the stream, it sends a random time up to this one, so that its
   * clients do not all come back at once. @default {2_000}
   */
  retry?: number;
  /**
   * The most bytes of encoded events that wait for a slow client; see
   * {@linkcode EventStreamOptions.onBufferFull}. An event is always taken while nothing waits. An iterable
   * is asked for its next event when nothing waits, and never fills the buffer. 0 = no limit.
   * @default {1_048_576}
   */
  maxBufferedBytes?: number;
  /** What becomes of an event that does not fit into `maxBufferedBytes`. @default {"close"} */
  onBufferFull?: FullStreamPolicy;
  /** What becomes of the stream at a shutdown. @default {"close"} */
  onShutdown?: StreamShutdownPolicy;
}

/** All options, checked and with their defaults. */
export interface StreamOptions {
  /** In milliseconds; 0 = never. */
  readonly heartbeatMs: number;
  readonly retryMs: number;
  /** `Infinity` = no limit. */
  readonly maxBufferedBytes: number;
  readonly onBufferFull: FullStreamPolicy;
  readonly onShutdown: StreamShutdownPolicy;
}

const NAMES: readonly (keyof EventStreamOptions)[] = [
  "heartbeat",
  "retry",
  "maxBufferedBytes",
  "onBufferFull",
  "onShutdown",
];

const TIME = { least: 0, most: MAX_MS, unit: "milliseconds" };
const BYTES = { least: 0, most: Number.MAX_SAFE_INTEGER, unit: "bytes" };

/**
 * Fills in the defaults and checks everything.
 *
 * @throws {TypeError} If a name is unknown or a value is of the wrong kind.
 * @throws {RangeError} If a number is not whole or out of its range.
 */
export function resolveStreamOptions(given: EventStreamOptions): StreamOptions {
  checkNames("eventStream", checkRecord("eventStream", given), NAMES);
  const { heartbeat = 15_000, retry = 2_000, maxBufferedBytes = 1_048_576 } = given;
  const { onBufferFull = "close", onShutdown = "close" } = given;
  return {
    heartbeatMs: checkInteger("heartbeat", heartbeat, TIME),
    retryMs: checkInteger("retry", retry, TIME),
    maxBufferedBytes: checkInteger("maxBufferedBytes", maxBufferedBytes, BYTES) || Infinity,
    onBufferFull: checkWord("onBufferFull", onBufferFull, ["close", "dropOldest"]),
    onShutdown: checkWord("onShutdown", onShutdown, ["close", "finish"]),
  };
}

function checkWord<Word extends string>(name: string, value: Word, words: readonly Word[]): Word {
  if (words.includes(value)) return value;
  const expected = words.map((word) => `"${word}"`).join(" or ");
  throw new TypeError(
    `Cannot use option '${name}': expected ${expected}, received ${describe(value)}`,
  );
}
