/**
 * A thread of `node:worker_threads` with one port of its own, over which all that is said goes.
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
import { requireReadable } from "./entry.ts";

/** What a thread is started with; `Data` is what its entry makes of it. */
export interface ThreadSetup<Data> {
  readonly data: Data;
  /** The way back. */
  readonly port: MessagePort;
}

/** What becomes of a thread. */
export interface ThreadEvents {
  message(message: unknown): void;
  /** It cannot be used any more; it has yet to be terminated. */
  failed(error: Error): void;
  /** It has ended. */
  gone(): void;
}

/** Which file a thread runs, and with what. */
export interface ThreadInit<Data> {
  readonly entry: URL;
  readonly data: Data;
  /** Its heap in MiB; 0 = the runtime's own limit, over which the whole process ends. */
  readonly memory: number;
}

/** A port of Deno 2 has what one of Node has. */
interface RefPort extends MessagePort {
  ref(): void;
  unref(): void;
}

/** See the head of this file. */
export class Thread<Data> {
  readonly #worker: import("node:worker_threads").Worker;
  readonly #port: RefPort;

  constructor(events: ThreadEvents, { entry, data, memory }: ThreadInit<Data>) {
    requireReadable(entry);
    // Loaded when first needed, so that a server without threads does not load it. It must be
    // loaded before the ports are made: only then do they report that they were closed.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    const { port1, port2 } = new MessageChannel();
    this.#port = port1 as RefPort;
    this.#worker = new Worker(startable(entry), {
      workerData: { data, port: port2 } satisfies ThreadSetup<Data>,
      transferList: [port2 as never],
      ...(memory === 0 ? {} : { resourceLimits: { maxOldGenerationSizeMb: memory } }),
    });
    this.#worker.on("error", (error) => events.failed(asError(error)));
    this.#worker.on("exit", () => events.failed(new Error("The worker ended itself")));
    // After the start: with a listener, the port of a thread that could not start would hold the
    // process.
    this.#port.onmessage = ({ data }) => events.message(data);
    this.#port.addEventListener("close", () => events.gone());
    // The port alone holds the process, and only while there is work.
    this.#worker.unref();
  }

  post(message: unknown, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
  }

  /** Ends it as soon as the runtime can. */
  terminate(): void {
    this.hold(false);
    this.#worker.terminate();
  }

  /** Whether it keeps the process alive; as it starts, it does. */
  hold(held: boolean): void {
    if (held) this.#port.ref();
    else this.#port.unref();
  }
}

/** Threads start only from files and data URLs: a Weir from the network gets a data URL. */
function startable(entry: URL): URL {
  if (entry.protocol === "file:") return entry;
  return new URL(`data:text/javascript,import ${encodeURIComponent(JSON.stringify(entry.href))}`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
