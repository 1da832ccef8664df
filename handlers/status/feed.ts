/**
 * The page's stream of server-sent events: a snapshot at each interval to every page that is open,
 * and nothing computed while none is. A page that does not keep up gets fewer snapshots: no stream
 * ever holds more than one that was not taken.
 *
 * @module
 */

import type { Observer } from "../../reactor/observer.ts";
import type { Options } from "../../reactor/options/options.ts";
import type { Bytes, Clock, StopTimer } from "../../reactor/ports.ts";
import type { Phase } from "../../reactor/states.ts";
import type { ConnectionInfo } from "../../reactor/observer.ts";
import { sumUp } from "../connection_sums.ts";
import { Collector } from "./collector.ts";
import { rowsOf, type Snapshot } from "./snapshot.ts";

/** The part of a server that the page shows and controls; every server of `serve` has it. */
export interface Watched {
  /** The connections that are open. */
  readonly connections: ReadonlySet<ConnectionInfo>;
  /** The time-outs and limits in force. */
  readonly options: Options;
  /** Where the server is in its life. */
  readonly phase: Phase;
  /** Tells `observer` of what happens until the function returned is called. */
  observe(observer: Observer): () => void;
  /** Ends the server. */
  shutdown(): Promise<unknown>;
}

/** What a feed is made of. */
export interface FeedInit {
  readonly server: Watched;
  readonly clock: Clock;
  /** Between two snapshots, in milliseconds. */
  readonly intervalMs: number;
}

/** Pages that may be open at once; each costs a connection and its share of the work. */
export const MOST_PAGES = 16;

interface Page {
  readonly controller: ReadableStreamDefaultController<Bytes>;
  /** Whether it comes through the very server that it shows. */
  readonly own: boolean;
}

/** What goes on only while a page is open. */
interface Watch {
  readonly collector: Collector;
  readonly sinceMs: number;
  readonly stop: () => void;
  /** When the last interval ended, by the clock, and all bytes up to then. */
  atMs: number;
  bytesIn: number;
  bytesOut: number;
}

const encoder = new TextEncoder();

/** See the head of this file. */
export class Feed {
  readonly #init: FeedInit;
  readonly #pages = new Set<Page>();
  #watch: Watch | null = null;

  constructor(init: FeedInit) {
    this.#init = init;
  }

  /** Whether no further page may be opened. */
  get full(): boolean {
    return this.#pages.size >= MOST_PAGES;
  }

  /**
   * A stream for one more page, beginning with the settings. `own` says that it comes through the server
   * that it shows: then it ends as soon as that server drains, because it would delay the drain.
   */
  open({ own }: { readonly own: boolean }): ReadableStream<Bytes> {
    let page: Page;
    return new ReadableStream<Bytes>({
      start: (controller) => {
        page = { controller, own };
        this.#pages.add(page);
        controller.enqueue(eventOf("settings", JSON.stringify(this.#init.server.options)));
        this.#begin();
        if (this.#isOver(page)) this.#tell();
      },
      cancel: () => this.#leave(page),
    }, { highWaterMark: 1 });
  }

  /** Ends every stream. */
  close(): void {
    for (const page of this.#pages) {
      this.#leave(page);
      page.controller.close();
    }
  }

  #begin(): void {
    if (this.#watch !== null) return;
    const { server, clock, intervalMs } = this.#init;
    const collector = new Collector(() => this.#phaseChanged());
    const stops: StopTimer[] = [
      server.observe(collector),
      clock.every(intervalMs, () => this.#tell()),
    ];
    const { bytesIn, bytesOut } = sumUp(server.connections);
    const stop = () => stops.forEach((each) => each());
    const [atMs, sinceMs] = [clock.now(), clock.wallMs()];
    this.#watch = { collector, sinceMs, stop, atMs, bytesIn, bytesOut };
  }

  #leave(page: Page): void {
    this.#pages.delete(page);
    if (this.#pages.size > 0) return;
    this.#watch?.stop();
    this.#watch = null;
  }

  /** One snapshot to all who are ready for it, and the last one to those whose time is over. */
  #tell(): void {
    if (this.#watch === null) return;
    const snapshot = JSON.stringify(this.#take(this.#watch));
    const news = eventOf("snapshot", snapshot);
    for (const page of this.#pages) {
      if (this.#isOver(page)) this.#end(page, snapshot);
      else if ((page.controller.desiredSize ?? 0) > 0) page.controller.enqueue(news);
    }
  }

  /** Tells the page that nothing follows; otherwise it would connect again. */
  #end(page: Page, snapshot: string): void {
    this.#leave(page);
    page.controller.enqueue(eventOf("last", snapshot));
    page.controller.close();
  }

  /** Pages that come through this server end at once; the others get it with the next snapshot. */
  #phaseChanged(): void {
    if ([...this.#pages].some((page) => this.#isOver(page))) this.#tell();
  }

  #isOver(page: Page): boolean {
    const { phase } = this.#init.server;
    return phase === "ended" || (page.own && phase === "draining");
  }

  #take(watch: Watch): Snapshot {
    const { server, clock } = this.#init;
    const { collector, sinceMs } = watch;
    const [sums, nowMs] = [sumUp(server.connections), clock.now()];
    const bytesIn = sums.bytesIn + collector.endedBytes.in;
    const bytesOut = sums.bytesOut + collector.endedBytes.out;
    const snapshot: Snapshot = {
      ...collector.take(),
      atMs: clock.wallMs(),
      overMs: nowMs - watch.atMs,
      sinceMs,
      phase: server.phase,
      states: sums.states,
      bytesIn: bytesIn - watch.bytesIn,
      bytesOut: bytesOut - watch.bytesOut,
      rows: rowsOf(server.connections, collector),
      closeReasons: [...collector.closeReasons],
      refusals: [...collector.refusals],
      drops: [...collector.drops],
    };
    Object.assign(watch, { atMs: nowMs, bytesIn, bytesOut });
    return snapshot;
  }
}

/** One event of the stream (HTML, "Server-sent events"); JSON holds no line end. */
function eventOf(name: string, json: string): Bytes {
  return encoder.encode(`event: ${name}\ndata: ${json}\n\n`);
}
