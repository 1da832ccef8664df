/**
 * The page's stream of server-sent events: a snapshot at each interval to every page that is open,
 * and nothing computed while none is. A page that does not keep up gets fewer snapshots: no stream
 * ever holds more than one that was not taken.
 *
 * @module
 */

import type { Bytes, Clock, StopTimer } from "../../reactor/ports.ts";
import { Snapshots } from "./snapshot.ts";
import type { Reading, StatusSource } from "./source.ts";

/** What a feed is made of. */
export interface FeedInit {
  readonly source: StatusSource;
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
  readonly snapshots: Snapshots;
  readonly sinceMs: number;
  readonly stopTimer: StopTimer;
  /** When the last sample was asked for, by the clock. */
  atMs: number;
  /** Whether a sample was asked for and has not come. */
  isTaking: boolean;
}

const encoder = new TextEncoder();

/** See the head of this file. */
export class Feed {
  readonly #init: FeedInit;
  readonly #pages = new Set<Page>();
  #watch: Watch | null = null;
  #isClosed = false;

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
        if (this.#isClosed) return controller.close();
        page = { controller, own };
        this.#pages.add(page);
        controller.enqueue(eventOf("settings", JSON.stringify(this.#init.source.options)));
        this.#begin();
        this.#endThoseOver();
      },
      cancel: () => this.#leave(page),
    }, { highWaterMark: 1 });
  }

  /** Ends every stream, also those that are opened later. */
  close(): void {
    this.#isClosed = true;
    for (const page of this.#pages) {
      this.#leave(page);
      page.controller.close();
    }
  }

  #begin(): void {
    if (this.#watch !== null) return;
    const { source, clock, intervalMs } = this.#init;
    source.begin(() => this.#endThoseOver());
    this.#watch = {
      snapshots: new Snapshots(),
      sinceMs: clock.wallMs(),
      stopTimer: clock.every(intervalMs, () => this.#tell()),
      atMs: clock.now(),
      isTaking: false,
    };
  }

  #leave(page: Page): void {
    this.#pages.delete(page);
    if (this.#pages.size > 0 || this.#watch === null) return;
    this.#watch.stopTimer();
    this.#watch = null;
    this.#init.source.stop();
  }

  /** One snapshot to all who are ready for it, and the last one to those whose time is over. */
  async #tell(): Promise<void> {
    const watch = this.#watch;
    if (watch === null || watch.isTaking) return;
    const { source, clock } = this.#init;
    const atMs = clock.now();
    const overMs = atMs - watch.atMs;
    Object.assign(watch, { atMs, isTaking: true });
    const reading = await source.take();
    watch.isTaking = false;
    // Meanwhile the last page may have gone, and another one may have come.
    if (watch === this.#watch) this.#send(watch, { reading, overMs });
  }

  #send(watch: Watch, { reading, overMs }: { reading: Reading; overMs: number }): void {
    const { source: { phase }, clock } = this.#init;
    const { snapshots, sinceMs } = watch;
    const moment = { atMs: clock.wallMs(), overMs, sinceMs, phase };
    const snapshot = JSON.stringify(snapshots.next(reading, moment));
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

  /** Some pages end at once when the phase changes; the others get it with the next snapshot. */
  #endThoseOver(): void {
    if ([...this.#pages].some((page) => this.#isOver(page))) this.#tell();
  }

  #isOver(page: Page): boolean {
    const { phase } = this.#init.source;
    return phase === "ended" || (page.own && phase === "draining");
  }
}

/** One event of the stream (HTML, "Server-sent events"); JSON holds no line end. */
function eventOf(name: string, json: string): Bytes {
  return encoder.encode(`event: ${name}\ndata: ${json}\n\n`);
}
