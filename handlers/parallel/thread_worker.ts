/**
 * A worker that is a thread: from what it posts to what the supervisor is told, and the other way round.
 *
 * @module
 */

import { Thread } from "../threads/thread.ts";
import { fromWire } from "../workers/wire_error.ts";
import { type Answerers, Channel } from "./channel.ts";
import type { StartWorker } from "./member.ts";
import type { AskedSupervisor, AskedWorker, ToldByWorker, ToldWorker } from "./words.ts";

/** The supervisor's end of the way to a worker. */
export type WorkerChannel = Channel<ToldWorker, AskedWorker, ToldByWorker, AskedSupervisor>;

/** What threads are made of, and who is told what the supervisor does not need to know. */
export interface ThreadWorkerInit<Data> {
  readonly entry: URL;
  /** What a thread is started with besides its number. */
  readonly data: Data;
  readonly answer: Answerers<AskedSupervisor>;
  /** A worker has been started. */
  readonly onStart: (number: number, channel: WorkerChannel) => void;
  /** Its last words. */
  readonly onEnded: (number: number, last: ToldByWorker["ended"]) => void;
  readonly onLog: (log: ToldByWorker["log"]) => void;
  readonly onTrace: (trace: ToldByWorker["trace"]) => void;
  /** Its thread is gone. */
  readonly onGone: (number: number) => void;
}

/** What a thread is started with. */
export interface Numbered<Data> {
  readonly data: Data;
  /** The worker's number. */
  readonly number: number;
}

/** Workers that are threads. */
export function threadWorkers<Data>(init: ThreadWorkerInit<Data>): StartWorker {
  return (number, events) => {
    const channel = new Channel<ToldWorker, AskedWorker, ToldByWorker, AskedSupervisor>({
      post: (message) => thread.post(message),
      answer: init.answer,
      hear: {
        loaded: (facts) => events.loaded(facts),
        listening: (place) => events.listening(place),
        alive: () => events.alive(),
        failed: ({ error }) => events.failed(fromWire(error)),
        crashed: ({ error }) => events.failed(fromWire(error)),
        ended: (last) => {
          init.onEnded(number, last);
          events.ended(last.report);
        },
        log: init.onLog,
        trace: init.onTrace,
      },
    });
    const { entry, data } = init;
    const thread = new Thread<Numbered<Data>>({
      message: (message) => channel.receive(message),
      failed: (error) => events.failed(error),
      gone: () => {
        channel.close();
        init.onGone(number);
        events.gone();
      },
    }, { entry, data: { data, number }, memory: 0 });
    init.onStart(number, channel);
    return {
      listen: (port) => channel.tell("listen", { port }),
      shutdown: (times, leaving) => channel.tell("shutdown", { times, leaving }),
      force: () => channel.tell("force", null),
      terminate: () => thread.terminate(),
    };
  };
}
