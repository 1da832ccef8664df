/**
 * Watches one server, from its construction until it is stopped, and takes samples of it. It runs in the
 * server's own thread; the page may be in another.
 *
 * @module
 */

import type { ConnectionInfo, Observer } from "../../reactor/observer.ts";
import type { Address } from "../../reactor/ports.ts";
import type { Phase } from "../../reactor/states.ts";
import { sumUp } from "../connection_sums.ts";
import { openTallies } from "../events/tally.ts";
import { hostAndPort } from "../host_and_port.ts";
import { socketTallyOf } from "../websocket/tally.ts";
import { Collector } from "./collector.ts";
import { type Row, type Sample, shown } from "./sample.ts";

/** The part of a server that a sampler watches. */
export interface Sampled {
  /** The connections that are open. */
  readonly connections: ReadonlySet<ConnectionInfo>;
  /** Tells `observer` of what happens until the function returned is called. */
  observe(observer: Observer): () => void;
}

/** A watch over one server. While it lasts, the server tells it of everything; so it costs something. */
export class Sampler {
  readonly #server: Sampled;
  readonly #collector: Collector;
  readonly #stop: () => void;
  /** All bytes up to the last sample. */
  #bytesIn: number;
  #bytesOut: number;

  /** `onPhase` is told whenever the server comes into another phase. */
  constructor(server: Sampled, onPhase: (phase: Phase) => void = () => {}) {
    this.#server = server;
    this.#collector = new Collector(onPhase);
    this.#stop = server.observe(this.#collector);
    ({ bytesIn: this.#bytesIn, bytesOut: this.#bytesOut } = sumUp(server.connections));
  }

  /** How things are, and what happened since the last call. */
  take(): Sample {
    const { connections } = this.#server;
    const { endedBytes } = this.#collector;
    const { states, ...sums } = sumUp(connections);
    const [bytesIn, bytesOut] = [sums.bytesIn + endedBytes.in, sums.bytesOut + endedBytes.out];
    const streams = new Map(openTallies(connections).map((each) => [each.connection, each.events]));
    const sample = {
      ...this.#collector.take(),
      states,
      bytesIn: bytesIn - this.#bytesIn,
      bytesOut: bytesOut - this.#bytesOut,
      sockets: socketsAmong(connections),
      streams: streams.size,
      rows: shown(connections).map((each) => this.#rowOf(each, streams.get(each) ?? null)),
    };
    this.#bytesIn = bytesIn;
    this.#bytesOut = bytesOut;
    return sample;
  }

  /** Ends the watch. */
  stop(): void {
    this.#stop();
  }

  #rowOf(connection: ConnectionInfo, events: number | null): Row {
    const { id, state, stateMs, ageMs, requests, bytesIn, bytesOut } = connection;
    const socket = socketTallyOf(connection);
    return {
      worker: null,
      id,
      peer: peerOf(connection.remoteAddr),
      state,
      stateMs,
      ageMs,
      requests,
      bytesIn,
      bytesOut,
      queueMs: this.#collector.queueMs(connection),
      socket: socket === undefined ? null : { ...socket },
      events,
      isLate: false,
    };
  }
}

function socketsAmong(connections: Iterable<ConnectionInfo>): number {
  let count = 0;
  for (const connection of connections) if (socketTallyOf(connection) !== undefined) count++;
  return count;
}

function peerOf(address: Address): string {
  if (address.transport === "unix") return "unix socket";
  const { hostname, port } = address;
  return hostAndPort(hostname, port);
}
