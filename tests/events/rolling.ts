/**
 * A server that is replaced again and again while it streams: as soon as it is shut down, the next one begins
 * on the same port. All of them stream one log, whose events have ids without a gap.
 *
 * @module
 */

import { eventStream, serve, type Server, type ShutdownReport } from "../../mod.ts";
import { pause } from "../support/time.ts";

/** Numbers that come one by one, and can be waited for. */
class Log {
  last = 0;
  #waiting: (() => void)[] = [];

  add(): void {
    this.last++;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) call();
  }

  more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** How it is made. */
export interface RollingOptions {
  /** What is answered to `/`. */
  readonly page?: string;
  /** Between two events, in milliseconds. */
  readonly everyMs?: number;
}

/** See the head of this file. */
export class Rolling implements AsyncDisposable {
  readonly #log = new Log();
  readonly #page: string;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly reports: ShutdownReport[] = [];
  /** The ids with which clients came. */
  readonly lastEventIds: string[] = [];
  #server: Server<Deno.NetAddr>;

  constructor({ page = "", everyMs = 2 }: RollingOptions = {}) {
    this.#page = page;
    this.#server = this.#start(0);
    this.#timer = setInterval(() => this.#log.add(), everyMs);
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** The id of the last event. */
  get last(): number {
    return this.#log.last;
  }

  /** Ends the server, and starts the next one on its port meanwhile. */
  async restart(): Promise<void> {
    const { port } = this;
    const ended = this.#server.shutdown({ deadline: 5_000 });
    this.#server = await this.#startAsSoonAsFree(port);
    this.reports.push(await ended);
  }

  /** No more events come. */
  pause(): void {
    clearInterval(this.#timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pause();
    await this.#server.shutdown();
  }

  /** The runtime lets go of a port a moment after its listener was closed. */
  async #startAsSoonAsFree(port: number): Promise<Server<Deno.NetAddr>> {
    for (let attempt = 0;; attempt++) {
      try {
        return this.#start(port);
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse) || attempt === 1_000) throw error;
        await pause(1);
      }
    }
  }

  #start(port: number): Server<Deno.NetAddr> {
    const log = this.#log;
    const { lastEventIds } = this;
    return serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => {
        if (new URL(request.url).pathname !== "/events") {
          return new Response(this.#page, { headers: { "content-type": "text/html" } });
        }
        return eventStream(request, async function* ({ lastEventId, signal }) {
          lastEventIds.push(lastEventId);
          for (let id = Number(lastEventId) + 1; !signal.aborted; id++) {
            while (id > log.last && !signal.aborted) await log.more(signal);
            if (!signal.aborted) yield { id, data: `event ${id}` };
          }
        }, { retry: 60 });
      },
    );
  }
}
