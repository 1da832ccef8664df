/**
 * The status page: what a server is doing, live, in a browser.
 *
 * The page itself is loaded with its first visitor, so that a server which nobody looks at starts no
 * slower.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import {
  checkInteger,
  checkNames,
  checkRecord,
  describe,
  MAX_MS,
} from "../../reactor/options/option_checks.ts";
import type { Client } from "../../reactor/request_head.ts";
import type { Watched } from "./server_source.ts";
import type { ShownSource, Site } from "./site.ts";
import type { StatusSource } from "./source.ts";
import type { VisitInfo } from "./visitor.ts";
import type { WatchedWorkers } from "./workers_source.ts";

/** Options of {@linkcode StatusPage}. */
export interface StatusPageOptions {
  /** Where it is mounted: begins and ends with a slash. @default {"/_weir/"} */
  readonly path?: string;
  /**
   * What a visitor has to know, at least 16 characters: sent as `Authorization: Bearer`, typed into the
   * page's form, or once as `?token=`. A login ends after 12 hours without use, or with the process; after
   * 10 wrong tokens within a minute, a client is answered with 429.
   *
   * Without a token the page has no buttons, and is shown only to clients on this machine, by a server that
   * listens on a loopback address or a unix socket. Behind a proxy on this machine that says nothing of
   * itself, all clients look like that, so set a token there.
   */
  readonly token?: string;
  /** From one update to the next, in milliseconds, at least 100. @default {1_000} */
  readonly intervalMs?: number;
  /** What the button "Drain" does. @default {calls the server's `shutdown()`} */
  readonly onDrain?: () => void;
}

/** What the page has to know of a request besides; the `info` of a handler has it all. */
export interface StatusPageInfo {
  /** The far end of the connection. */
  readonly remoteAddr: Deno.Addr;
  /** Where the server listens; a visitor without a token is refused where that is not known. */
  readonly serverAddr?: Deno.Addr;
  /** Who sent the request, as far as it differs from the far end of the connection. */
  readonly client?: Pick<Client, "address" | "protocol">;
}

/** The fewest characters of a token. At ten tries a minute nobody guesses as many, be they only letters. */
export const LEAST_TOKEN = 16;

const NAMES = ["path", "token", "intervalMs", "onDrain"];

/**
 * A page with a server's connections, rates, latencies, close reasons and limits, and, for those who know its
 * token, buttons to close a connection or to begin a drain. What it shows is computed only while somebody
 * looks.
 *
 * ```ts
 * import { serve, StatusPage } from "@weir/weir";
 *
 * const server = serve({ port: 8000 }, () => new Response("Hello\n"));
 * const status = new StatusPage({ token: crypto.randomUUID() });
 * status.observe(server);
 * serve({ hostname: "127.0.0.1", port: 8002 }, status.handler);
 * ```
 */
export class StatusPage {
  readonly #options: StatusPageOptions;
  readonly #path: string;
  readonly #intervalMs: number;
  #observed: Observed | null = null;
  #site: Promise<Site> | null = null;

  /**
   * A page that shows nothing yet: see {@linkcode StatusPage.observe}.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind, or the token too short.
   * @throws {RangeError} If `intervalMs` is not whole or out of range.
   */
  constructor(options: StatusPageOptions = {}) {
    checkNames("status", checkRecord("status", options), NAMES);
    const { path = "/_weir/", token, intervalMs = 1_000 } = options;
    if (typeof path !== "string" || !/^\/(?:[^?#]*\/)?$/.test(path)) {
      throw new TypeError(
        `Cannot use option 'status.path': expected a path such as "/status/", received ${
          describe(path)
        }`,
      );
    }
    if (token !== undefined && (typeof token !== "string" || token.length < LEAST_TOKEN)) {
      throw new TypeError(
        `Cannot use option 'status.token': expected at least ${LEAST_TOKEN} characters`,
      );
    }
    const range = { least: 100, most: MAX_MS, unit: "milliseconds" };
    this.#intervalMs = checkInteger("status.intervalMs", intervalMs, range);
    this.#path = path;
    this.#options = options;
  }

  /** Shows `server` from now on, and nothing else; the function returned ends that. */
  observe(server: Watched): () => void {
    return this.#observe(async () => {
      const { ServerSource } = await import("./server_source.ts");
      return new ServerSource(server);
    });
  }

  /**
   * Shows workers in other threads as one server, in the same way.
   *
   * @internal
   */
  observeWorkers(workers: WatchedWorkers): () => void {
    return this.#observe(async () => {
      const { WorkersSource } = await import("./workers_source.ts");
      return new WorkersSource(workers, denoPorts().clock);
    });
  }

  /** The handler for all that is under the page's path, to be mounted where you like. */
  readonly handler = async (
    request: Request,
    info?: StatusPageInfo,
  ): Promise<Response> => {
    const site = await (this.#site ??= this.#load());
    return site.answer(request, (info ?? {}) as VisitInfo);
  };

  #observe(load: () => Promise<StatusSource>): () => void {
    const before = this.#observed;
    const observed = new Observed(load, this.#intervalMs);
    this.#observed = observed;
    before?.end();
    return () => {
      if (this.#observed === observed) this.#observed = null;
      observed.end();
    };
  }

  async #load(): Promise<Site> {
    const { Site } = await import("./site.ts");
    const { token = null, onDrain } = this.#options;
    return new Site({
      path: this.#path,
      token,
      clock: denoPorts().clock,
      shown: async () => await this.#observed?.shown() ?? null,
      onDrain: (source) => onDrain === undefined ? source.drain() : onDrain(),
    });
  }
}

/** What is observed: loaded when somebody looks. */
class Observed {
  readonly #load: () => Promise<StatusSource>;
  readonly #intervalMs: number;
  #shown: Promise<ShownSource> | null = null;

  constructor(load: () => Promise<StatusSource>, intervalMs: number) {
    this.#load = load;
    this.#intervalMs = intervalMs;
  }

  shown(): Promise<ShownSource> {
    return this.#shown ??= this.#open();
  }

  async end(): Promise<void> {
    const shown = await this.#shown;
    shown?.feed.close();
  }

  async #open(): Promise<ShownSource> {
    const [source, { Feed }] = await Promise.all([this.#load(), import("./feed.ts")]);
    const { clock } = denoPorts();
    return { source, feed: new Feed({ source, clock, intervalMs: this.#intervalMs }) };
  }
}
