/**
 * Starts the server of the program: reads the certificate, listens, and gives up the permissions that
 * only the start needed. Whatever fails becomes a `StartError` of one line.
 *
 * @module
 */

import { AccessLog, serve, type ServeHandler, type Server, type StatusPage } from "../mod.ts";
import type { ServeCommand } from "./command.ts";
import type { ListenPlace } from "./listen_place.ts";
import { formatPlace } from "./report.ts";

/** Where the page is on its port. */
export const STATUS_PATH = "/_weir/";

/** Why the server could not start, as one line for people. */
export class StartError extends Error {}

/** What the server runs with. */
export interface StartOptions {
  readonly handler: ServeHandler;
  readonly signal: AbortSignal;
  /** Whether files have to be opened later: a log file that is opened anew. */
  readonly keepWrite: boolean;
}

/**
 * Listens at `place`.
 *
 * @throws {StartError} If the certificate cannot be read or the place cannot be had.
 */
export function start(place: ListenPlace, { handler, signal, keepWrite }: StartOptions): Server {
  const rest = { handler, signal, onListen: () => {} };
  const tls = place.kind === "tls" ? certificateOf(place) : {};
  try {
    const server = place.kind === "unix"
      ? serve({ path: place.path, ...rest })
      : serve({ hostname: place.hostname, port: place.port, ...tls, ...rest });
    dropPermissions({ keepWrite });
    return server;
  } catch (error) {
    throw new StartError(`Cannot listen on ${formatPlace(place)}: ${reasonOf(error)}`);
  }
}

/**
 * Opens the access log; one in a file is opened anew at each SIGHUP from then on.
 *
 * @throws {StartError} If the file cannot be opened.
 */
export function openLog({ log }: ServeCommand): AccessLog | null {
  if (log === null) return null;
  const { format, file } = log;
  if (file === null) return new AccessLog({ format });
  try {
    const opened = new AccessLog({ format, to: { path: file } });
    Deno.addSignalListener("SIGHUP", () => opened.reopen());
    return opened;
  } catch (error) {
    throw new StartError(`Cannot open the log file '${file}': ${reasonOf(error)}`);
  }
}

/**
 * Serves the program's status page, which only this machine reaches.
 *
 * @throws {StartError} If the port cannot be had.
 */
export function startStatus(page: StatusPage, port: number): Server<Deno.NetAddr> {
  const hostname = "127.0.0.1";
  const handler: ServeHandler<Deno.NetAddr> = (request, info) =>
    new URL(request.url).pathname === "/"
      ? new Response(null, { status: 307, headers: { location: STATUS_PATH } })
      : page.handler(request, info);
  try {
    return serve({ hostname, port, onListen: () => {} }, handler);
  } catch (error) {
    const place = formatPlace({ kind: "tcp", hostname, port });
    throw new StartError(`Cannot show the status on ${place}: ${reasonOf(error)}`);
  }
}

function certificateOf({ certFile, keyFile }: Extract<ListenPlace, { kind: "tls" }>) {
  return { cert: readPem("certificate", certFile), key: readPem("key", keyFile) };
}

function readPem(what: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new StartError(`Cannot read the ${what} '${path}': ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}

/**
 * Files are read and a socket's path is made at the start alone; a flaw found later should not reach
 * the file system. Deno removes the path of a unix socket at its end without a permission.
 */
function dropPermissions({ keepWrite }: { readonly keepWrite: boolean }): void {
  Deno.permissions.revokeSync({ name: "read" });
  // What was granted without a path cannot be narrowed to one.
  if (!keepWrite) Deno.permissions.revokeSync({ name: "write" });
}
