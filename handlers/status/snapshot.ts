/**
 * What the status page shows at one moment, as plain data: small however many connections there are.
 *
 * @module
 */

import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { Address } from "../../reactor/ports.ts";
import type { Phase } from "../../reactor/states.ts";
import type { CloseReason, State } from "../../reactor/states.ts";
import { hostAndPort } from "../host_and_port.ts";
import type { Collector, Dropped, Interval } from "./collector.ts";

/** Connections shown at most; the rest is only counted. */
export const MOST_ROWS = 200;

/** One connection; milliseconds and bytes. */
export interface Row {
  readonly id: number;
  readonly peer: string;
  readonly state: State;
  readonly stateMs: number;
  readonly ageMs: number;
  readonly requests: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** `null` when no request of it had to queue. */
  readonly queueMs: number | null;
}

/** One moment. */
export interface Snapshot extends Omit<Interval, "latency"> {
  /** The time of day, in milliseconds since 1970. */
  readonly atMs: number;
  /** Over how many milliseconds the interval's counts were taken. */
  readonly overMs: number;
  /** Since when the totals count, as `atMs`. */
  readonly sinceMs: number;
  readonly phase: Phase;
  readonly latency: Interval["latency"];
  /** How many connections are in each state. */
  readonly states: Partial<Record<State, number>>;
  /** Bytes within the interval. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly rows: readonly Row[];
  readonly closeReasons: readonly (readonly [CloseReason, number])[];
  readonly refusals: readonly (readonly [string, number])[];
  readonly drops: readonly (readonly [string, Dropped])[];
}

/** The rows to show: those at work first and longest first, then the idle ones, the latest used first. */
export function rowsOf(connections: Iterable<ConnectionInfo>, collector: Collector): Row[] {
  const working: ConnectionInfo[] = [];
  const idle: ConnectionInfo[] = [];
  for (const each of connections) (each.state === "idle" ? idle : working).push(each);
  working.sort((a, b) => b.stateMs - a.stateMs);
  const room = Math.max(0, MOST_ROWS - working.length);
  if (idle.length > room) idle.sort((a, b) => a.stateMs - b.stateMs);
  const shown = [...working.slice(0, MOST_ROWS), ...idle.slice(0, room)];
  return shown.map((each) => rowOf(each, collector));
}

function rowOf(connection: ConnectionInfo, collector: Collector): Row {
  const { id, state, stateMs, ageMs, requests, bytesIn, bytesOut } = connection;
  const peer = peerOf(connection.remoteAddr);
  const queueMs = collector.queueMs(connection);
  return { id, peer, state, stateMs, ageMs, requests, bytesIn, bytesOut, queueMs };
}

function peerOf(address: Address): string {
  if (address.transport === "unix") return "unix socket";
  const { hostname, port } = address;
  return hostAndPort(hostname, port);
}
