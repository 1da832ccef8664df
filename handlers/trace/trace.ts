/**
 * The trace of a server: an observer that writes down what happens to its connections for a listener.
 *
 * @module
 */

import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { Observer } from "../../reactor/observer.ts";
import {
  checkInteger,
  checkNames,
  checkRecord,
  describe,
} from "../../reactor/options/option_checks.ts";
import { denoPorts } from "../../reactor/deno_ports.ts";
import type { Clock } from "../../reactor/ports.ts";
import type { Phase } from "../../reactor/states.ts";
import { Attendance } from "./attendance.ts";
import { EventQueue } from "./event_queue.ts";
import type { DropEvent, StateEvent, TracedConnection, TraceEvent } from "./events.ts";

/** What is traced. */
export interface TraceOptions {
  /** Which events; a kind that is left out costs nothing. @default {["state", "drop"]} */
  readonly events?: readonly ("state" | "drop")[];
  /**
   * How many events may wait for a listener that is slow, at least 1; further ones are lost, and a
   * `"lost"` event says how many. An event takes some 200 bytes.
   * @default {1_024}
   */
  readonly buffer?: number;
}

/** The part of a server that a trace needs. */
export interface Traceable {
  /** Where the server is in its life. */
  readonly phase: Phase;
  /** Tells `observer` of what happens until the function returned is called. */
  observe(observer: Observer): () => void;
}

const KINDS = ["state", "drop"] as const;

/**
 * The events of `server` from now on, until it has ended or the listener leaves. For a listener that is away for a
 * minute, nothing is observed until it asks again.
 *
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If `buffer` is not whole or less than 1.
 */
export function trace(
  server: Traceable,
  options: TraceOptions = {},
  clock: Pick<Clock, "every"> = denoPorts().clock,
): AsyncIterableIterator<TraceEvent, undefined> {
  const { events, most } = resolve(options);
  const queue: EventQueue<StateEvent | DropEvent> = new EventQueue({
    most,
    onAsked: () => {
      attendance.asked();
      // It may have ended while nothing was observed.
      if (server.phase === "ended") queue.end();
    },
    onEnd: () => attendance.end(),
  });
  const attendance: Attendance = new Attendance({
    clock,
    hasRoom: () => queue.hasRoom,
    observe: () => server.observe(tracer(queue, events)),
    onAbsent: () => queue.miss(),
  });
  if (server.phase === "ended") queue.end();
  return queue;
}

function resolve(options: TraceOptions): { events: readonly string[]; most: number } {
  checkNames("trace", checkRecord("trace", options), ["events", "buffer"]);
  const { events = KINDS, buffer = 1_024 } = options;
  const known: readonly unknown[] = KINDS;
  if (!Array.isArray(events) || !events.every((each) => known.includes(each))) {
    throw new TypeError(
      `Cannot use option 'trace.events': expected some of "state" and "drop", received ${
        describe(events)
      }`,
    );
  }
  const range = { least: 1, most: 2 ** 31 - 1, unit: "events" };
  return { events, most: checkInteger("trace.buffer", buffer, range) };
}

/** Listens only for what is asked for. */
function tracer(queue: EventQueue<StateEvent | DropEvent>, events: readonly string[]): Observer {
  const states: Observer = {
    opened: (connection) => queue.push(stateEvent(connection, null, 0)),
    moved: (connection, from, ms) => queue.push(stateEvent(connection, from, ms)),
  };
  const drops: Observer = {
    dropped: (connection, { reason, code, bytes, requests }) =>
      queue.push({
        type: "drop",
        ...traced(connection),
        state: connection.state,
        reason,
        code,
        droppedBytes: bytes,
        droppedRequests: requests,
      }),
  };
  return {
    ...events.includes("state") && states,
    ...events.includes("drop") && drops,
    entered: (phase) => {
      if (phase === "ended") queue.end();
    },
  };
}

function stateEvent(
  connection: ConnectionInfo,
  oldState: StateEvent["oldState"],
  ms: number,
): StateEvent {
  return { type: "state", ...traced(connection), oldState, newState: connection.state, ms };
}

function traced(connection: ConnectionInfo): TracedConnection {
  const { id, remoteAddr: peer, localAddr: local } = connection;
  const { requests, bytesIn, bytesOut, bytesDiscarded, closeReason } = connection;
  const atMs = Date.now();
  return { atMs, id, peer, local, requests, bytesIn, bytesOut, bytesDiscarded, closeReason };
}
