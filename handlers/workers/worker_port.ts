/**
 * One worker as the pool sees it, and the adapter that makes one of a thread of `node:worker_threads`.
 *
 * Why not the global `Worker`, which is made of the same thread (Deno 2.9.6): it tells nobody when the
 * worker ends itself (`self.close()`, `Deno.exit()`), it holds the process until it is terminated, and
 * after an endless loop even then.
 *
 * `terminate()` ends a thread when it next comes back to its event loop. A thread that never does
 * runs on until the process ends, and a program cannot change that. The port that it holds shows
 * its end: the other side closes only when the thread is really gone.
 *
 * @module
 */

import process from "node:process";
import type { WorkerSetup } from "./bootstrap.ts";
import type { FromExchange, FromWorker, ToWorker } from "./messages.ts";
import { fromWire } from "./wire_error.ts";

/** What a worker tells the pool. */
export interface WorkerEvents {
  /** The module is loaded. */
  ready(): void;
  /** Something about the request that it has. */
  message(message: FromExchange): void;
  /** It cannot be used any more, for this reason; it has yet to be terminated. */
  crashed(error: Error): void;
  /** Its thread has ended. */
  gone(): void;
}

/** A worker. */
export interface WorkerPort {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  /** Ends the thread as soon as the runtime can. */
  terminate(): void;
  /** Whether it keeps the process alive; as it starts, it does. */
  hold(held: boolean): void;
}

/** Starts a worker. */
export type Spawn = (events: WorkerEvents) => WorkerPort;

/** Starts threads that run `module`, each with at most `memory` MiB of heap if that is not 0. */
export function threads(module: string, memory: number): Spawn {
  return (events) => new ThreadPort(events, { module, memory });
}

type Thread = import("node:worker_threads").Worker;

class ThreadPort implements WorkerPort {
  readonly #thread: Thread;
  readonly #port: RefPort;

  constructor(events: WorkerEvents, init: { module: string; memory: number }) {
    // Loaded when first needed, so that a server without workers does not load it. It must be
    // loaded before the ports are made: only then do they report that they were closed.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const { port1, port2 } = new MessageChannel();
    this.#port = port1 as RefPort;
    this.#thread = new Worker(bootstrapUrl(), {
      workerData: { module: init.module, port: port2 } satisfies WorkerSetup,
      transferList: [port2 as never],
      ...(init.memory === 0 ? {} : { resourceLimits: { maxOldGenerationSizeMb: init.memory } }),
    });
    this.#thread.on("error", (error) => events.crashed(asError(error)));
    this.#thread.on("exit", () => events.crashed(new Error("The worker ended itself")));
    // After the start: with a listener, the port of a thread that could not start would hold the
    // process.
    this.#port.onmessage = ({ data }) => deliver(events, data as FromWorker);
    this.#port.addEventListener("close", () => events.gone());
    // The port alone holds the process, and only while there is work.
    this.#thread.unref();
  }

  post(message: ToWorker, transfer: ArrayBuffer[]): void {
    this.#port.postMessage(message, transfer);
  }

  terminate(): void {
    this.hold(false);
    this.#thread.terminate();
  }

  hold(held: boolean): void {
    if (held) this.#port.ref();
    else this.#port.unref();
  }
}

/** A port of Deno 2 has what one of Node has. */
interface RefPort extends MessagePort {
  ref(): void;
  unref(): void;
}

/** Threads start only from files and data URLs: a Weir from the network gets a data URL. */
function bootstrapUrl(): URL {
  const url = new URL("./bootstrap.ts", import.meta.url);
  if (url.protocol === "file:") return url;
  return new URL(`data:text/javascript,import ${encodeURIComponent(JSON.stringify(url.href))}`);
}

function deliver(events: WorkerEvents, message: FromWorker): void {
  if (message.kind === "ready") events.ready();
  else if (message.kind === "crashed") events.crashed(fromWire(message.error));
  else events.message(message);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
