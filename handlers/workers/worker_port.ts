/**
 * One worker as the pool sees it, and the adapter that makes one of a thread.
 *
 * @module
 */

import { threadEntry } from "../threads/entry.ts";
import { Thread } from "../threads/thread.ts";
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

/**
 * Starts threads that run `module`, each with at most `memory` MiB of heap if that is not 0.
 *
 * @throws {TypeError} In a bundle, which has no file for them to begin with.
 */
export function threads(module: string, memory: number): Spawn {
  const entry = threadEntry({
    here: import.meta.url,
    name: "worker_port",
    entry: "./bootstrap.ts",
    load: () => import("./bootstrap.ts"),
  });
  return (events) =>
    new Thread<WorkerSetup>({
      message: (message) => deliver(events, message as FromWorker),
      failed: (error) => events.crashed(error),
      gone: () => events.gone(),
    }, { entry, data: { module }, memory });
}

function deliver(events: WorkerEvents, message: FromWorker): void {
  if (message.kind === "ready") events.ready();
  else if (message.kind === "crashed") events.crashed(fromWire(message.error));
  else events.message(message);
}
