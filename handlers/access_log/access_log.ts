/**
 * The access log: one line for each answer that a server gives, in a format that other programs read.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import { checkNames, checkRecord, describe } from "../../reactor/options/option_checks.ts";
import type { Server } from "../serve.ts";
import { type Destination, openFile, STDERR } from "./destination.ts";
import { FORMATS, type LogFormat } from "./formats.ts";
import { LineWriter } from "./line_writer.ts";
import { LogObserver } from "./log_observer.ts";

/** Options of {@linkcode AccessLog}. */
export interface AccessLogOptions {
  /**
   * What a line looks like: `"common"` and `"combined"` as Apache and nginx have them, `"json"` an object
   * with all that is known. @default {"common"}
   */
  readonly format?: LogFormat;
  /** To stderr, or to the end of a file, which is created if missing. @default {"stderr"} */
  readonly to?: "stderr" | { readonly path: string };
}

const NAMES = ["format", "to"];

/**
 * One line for each answer: also for a request that was refused before a handler saw it (its request line
 * is `-` unless its head could be read whole), for an upgrade, and for a client that left before it was answered (status 499, as nginx has it;
 * 444 where the server itself cut the connection without an answer). Times are UTC, and those of the
 * answer's end. What a client sent is escaped as nginx does, so that nobody can forge a line. In queries,
 * of the target as of the referer, `REDACTED` stands for the values of `token`, `access_token`, `id_token`,
 * `refresh_token`, `api_key`, `apikey`, `password`, `secret`, `client_secret`, `sig`, `signature`,
 * `AWSAccessKeyId`, and `X-Amz-` or `X-Goog-` `Credential`, `Signature` and `Security-Token`, in any case.
 *
 * Lines go out in batches, 200 ms after they were made at the latest, in another thread. Up to 4
 * MiB wait for a place that is slow or full; further lines are lost, and {@linkcode AccessLog.lost}
 * counts it.
 *
 * ```ts
 * import { AccessLog, serve } from "@weir/weir";
 *
 * const log = new AccessLog({ format: "combined", to: { path: "access.log" } });
 * const server = serve(() => new Response("Hello\n"));
 * log.observe(server);
 * Deno.addSignalListener("SIGHUP", () => log.reopen());
 * await server.finished;
 * await log.close();
 * ```
 */
export class AccessLog {
  readonly #writer: LineWriter;
  readonly #logObserver: LogObserver;
  readonly #stops = new Set<() => void>();

  /**
   * A log of no server yet: see {@linkcode AccessLog.observe}. A file needs the permission to write it.
   *
   * @throws {TypeError} If an option is unknown or of the wrong kind.
   * @throws {Deno.errors.NotFound} If the file's folder does not exist.
   * @throws {Deno.errors.NotCapable} If the permission is missing; other errors of `Deno.open` likewise.
   */
  constructor(options: AccessLogOptions = {}) {
    checkNames("log", checkRecord("log", options), NAMES);
    const { format = "common", to = "stderr" } = options;
    if (!Object.hasOwn(FORMATS, format)) {
      throw new TypeError(
        `Cannot use option 'log.format': expected one of ${Object.keys(FORMATS).join(", ")}, ` +
          `received ${describe(format)}`,
      );
    }
    const { clock } = denoPorts();
    const writer = new LineWriter(clock, destinationOf(to));
    this.#writer = writer;
    this.#logObserver = new LogObserver({ clock, format, write: (line) => writer.write(line) });
  }

  /** Lines that were lost, because where they go was slow, full or out of order. */
  get lost(): number {
    return this.#writer.lost;
  }

  /** Logs the answers of `server` too from now on; the function returned ends that. */
  observe(server: Pick<Server, "observe">): () => void {
    const end = server.observe(this.#logObserver);
    const stop = () => {
      if (this.#stops.delete(stop)) end();
    };
    this.#stops.add(stop);
    return stop;
  }

  /**
   * Takes a line that was made elsewhere, its end included.
   *
   * @internal
   */
  write(line: string): void {
    this.#writer.write(line);
  }

  /**
   * Opens the file again, after it was renamed (logrotate): each line is whole in the old one or in
   * the new one. If that fails, the old one stays in use, and one line on stderr says why. On
   * stderr it does nothing.
   */
  reopen(): void {
    this.#writer.reopen();
  }

  /**
   * Ends the log: observes no longer, and resolves when all lines are out, or lost because their place fails
   * or takes none of them for 2 s.
   */
  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.#writer.close();
  }

  /** The same as {@linkcode AccessLog.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function destinationOf(to: AccessLogOptions["to"]): Destination {
  if (to === "stderr") return STDERR;
  checkNames("log.to", checkRecord("log.to", to!), ["path"]);
  const { path } = to as { readonly path: string };
  if (typeof path === "string" && path !== "") return openFile(path);
  throw new TypeError(
    `Cannot use option 'log.to.path': expected the path of a file, received ${describe(path)}`,
  );
}
