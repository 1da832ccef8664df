/**
 * What a server tells the status page at one moment: plain data, small however many connections there are,
 * which can be sent from one thread to another. All counts are of the time since the sample before, so
 * samples of several servers can be added up, and nothing counted is lost when one of them ends. Pure.
 *
 * @module
 */

import type { DropReason } from "../../reactor/observer.ts";
import type { ProtocolCode } from "../../reactor/errors.ts";
import type { CloseReason, State } from "../../reactor/states.ts";
import type { SocketTally } from "../websocket/tally.ts";
import { type BucketCounts, Histogram } from "./histogram.ts";

/** Connections shown at most; the rest is only counted. */
export const MOST_ROWS = 200;

/** Which connection a row shows. */
export interface RowKey {
  /** The number of the worker that has it; `null` where there is only one server. */
  readonly worker: number | null;
  /** Its id within its server. */
  readonly id: number;
}

/** One connection; milliseconds and bytes. */
export interface Row extends RowKey {
  readonly peer: string;
  readonly state: State;
  readonly stateMs: number;
  readonly ageMs: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** `null` when no request of it had to queue. */
  readonly queueMs: number | null;
  /** What its WebSocket has carried; `null` if it is none. */
  readonly socket: Readonly<SocketTally> | null;
  /** How many events its event stream has sent; `null` if it has none. */
  readonly events: number | null;
  /** Whether it is from an earlier sample, because its worker did not answer. */
  readonly isLate: boolean;
}

/** What was thrown away, for one reason. */
export interface Dropped {
  /** Bytes that nobody read. */
  readonly bytes: number;
  /** Requests that got no whole answer. */
  readonly requests: number;
}

/** What happened since the sample before. */
export interface Happened {
  /** Connections that were accepted. */
  readonly opened: number;
  /** Answers that were delivered whole. */
  readonly answers: number;
  /** Of those and of the engine's own, how many had a status of 500 or more. */
  readonly errors: number;
  /** Requests that the engine answered on its own. */
  readonly refused: number;
  /** From a request's head to the head of its answer; see {@linkcode Histogram}. */
  readonly latency: BucketCounts;
  /** How many connections ended, by reason. */
  readonly closeReasons: ReadonlyMap<CloseReason, number>;
  /** How often the engine answered on its own, by the rule that was broken. */
  readonly refusals: ReadonlyMap<ProtocolCode, number>;
  /** What was thrown away, by reason. */
  readonly drops: ReadonlyMap<DropReason, Dropped>;
}

/** What happened, and how things are. */
export interface Sample extends Happened {
  /** Bytes received and sent since the sample before. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** How many connections are in each state. */
  readonly states: Partial<Record<State, number>>;
  /** WebSockets and event streams that are open. */
  readonly sockets: number;
  readonly streams: number;
  /** The connections that are shown. */
  readonly rows: readonly Row[];
}

/** A server without connections on which nothing happened. */
export const NOTHING: Sample = mergeSamples([]);

/** What all servers together have to tell. */
export function mergeSamples(samples: readonly Sample[]): Sample {
  const sum = (name: Counted) => samples.reduce((sum, sample) => sum + sample[name], 0);
  const latency = new Histogram();
  for (const sample of samples) latency.addAll(sample.latency);
  const states = samples.map((sample) => new Map(Object.entries(sample.states)));
  return {
    opened: sum("opened"),
    answers: sum("answers"),
    errors: sum("errors"),
    refused: sum("refused"),
    bytesIn: sum("bytesIn"),
    bytesOut: sum("bytesOut"),
    sockets: sum("sockets"),
    streams: sum("streams"),
    latency: latency.buckets,
    closeReasons: addMaps(samples.map(({ closeReasons }) => closeReasons), addCounts),
    refusals: addMaps(samples.map(({ refusals }) => refusals), addCounts),
    drops: addMaps(samples.map(({ drops }) => drops), addDropped),
    states: Object.fromEntries(addMaps(states, addCounts)),
    rows: shown(samples.flatMap(({ rows }) => rows)),
  };
}

type Counted =
  | "opened"
  | "answers"
  | "errors"
  | "refused"
  | "bytesIn"
  | "bytesOut"
  | "sockets"
  | "streams";

/** Those of many connections that are shown: the ones at work, longest first, then those used last. */
export function shown<Each extends { readonly state: State; readonly stateMs: number }>(
  connections: Iterable<Each>,
): Each[] {
  const working: Each[] = [];
  const idle: Each[] = [];
  for (const each of connections) (each.state === "idle" ? idle : working).push(each);
  working.sort((a, b) => b.stateMs - a.stateMs);
  const room = Math.max(0, MOST_ROWS - working.length);
  if (idle.length > room) idle.sort((a, b) => a.stateMs - b.stateMs);
  return [...working.slice(0, MOST_ROWS), ...idle.slice(0, room)];
}

/** One map with the values of all, those of the same key added. */
export function addMaps<Key, Value>(
  maps: readonly ReadonlyMap<Key, Value>[],
  sum: (one: Value, other: Value) => Value,
): Map<Key, Value> {
  const sums = new Map<Key, Value>();
  for (const map of maps) {
    for (const [key, value] of map) {
      const before = sums.get(key);
      sums.set(key, before === undefined ? value : sum(before, value));
    }
  }
  return sums;
}

/** The sum of two counts. */
export function addCounts(one: number, other: number): number {
  return one + other;
}

/** The sum of what was thrown away. */
export function addDropped(one: Dropped, other: Dropped): Dropped {
  return { bytes: one.bytes + other.bytes, requests: one.requests + other.requests };
}
