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
import type { Address } from "../../reactor/ports.ts";
import { Feed, type Watched } from "./feed.ts";
import type { Site } from "./site.ts";

/** Options of {@linkcode StatusPage}. */
export interface StatusPageOptions {
  /** Where it is mounted: begins and ends with a slash. @default {"/_weir/"} */
  readonly path?: string;
  /**
   * What a visitor has to know, at least 16 characters: sent as `Authorization: Bearer`, typed into the
   * page's form, or once as `?token=`. Without one, only clients on this machine are answered; behind a
   * proxy on this machine all clients look like that, so set a token there.
   */
  readonly token?: string;
  /** From one update to the next, in milliseconds, at least 100. @default {1_000} */
  readonly intervalMs?: number;
  /** What the button "Drain" does. @default {calls the server's `shutdown()`} */
  readonly onDrain?: () => void;
}

const NAMES = ["path", "token", "intervalMs", "onDrain"];
const LEAST_TOKEN = 16;

/**
 * A page with a server's connections, rates, latencies, close reasons, limits, and buttons to close a
 * connection or to begin a drain. What it shows is computed only while somebody looks.
 *
 * ```ts
 * import { serve, StatusPage } from "@weir/weir";
 *
 * const server = serve({ port: 8000 }, () => new Response("Hello\n"));
 * const status = new StatusPage();
 * status.observe(server);
 * serve({ hostname: "127.0.0.1", port: 8002 }, status.handler);
 * ```
 */
export class StatusPage {
  readonly #options: StatusPageOptions;
  readonly #path: string;
  readonly #intervalMs: number;
  #shown: { readonly server: Watched; readonly feed: Feed } | null = null;
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

  /** Shows `server` from now on, and no other; the function returned ends that. */
  observe(server: Watched): () => void {
    this.#shown?.feed.close();
    const { clock } = denoPorts();
    const shown = { server, feed: new Feed({ server, clock, intervalMs: this.#intervalMs }) };
    this.#shown = shown;
    return () => {
      shown.feed.close();
      if (this.#shown === shown) this.#shown = null;
    };
  }

  /** The handler for all that is under the page's path, to be mounted where you like. */
  readonly handler = async (
    request: Request,
    info?: { readonly remoteAddr: Deno.Addr },
  ): Promise<Response> => {
    const site = await (this.#site ??= this.#load());
    return site.answer(request, info?.remoteAddr as Address | undefined);
  };

  async #load(): Promise<Site> {
    const { Site } = await import("./site.ts");
    const { token = null, onDrain } = this.#options;
    return new Site({
      path: this.#path,
      token,
      shown: () => this.#shown,
      onDrain: (server) => onDrain === undefined ? server.shutdown() : onDrain(),
    });
  }
}
