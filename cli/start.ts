/**
 * Starts the server of the program: reads the certificates, listens, and gives up the permissions that
 * only the start needed. Whatever fails becomes a `StartError` of one line.
 *
 * @module
 */

import { serve } from "../handlers/serve.ts";
import type { AccessLog, Server } from "../mod.ts";
import { type App, serveInitOf } from "./app/app.ts";
import { keepCertificates, tlsOptionsOf } from "./certificates.ts";
import { formatPlace } from "./report.ts";
import { reasonOf, StartError } from "./settings/errors.ts";
import type { Settings } from "./settings/settings.ts";

/** What the server runs with. */
export interface StartOptions {
  readonly app: App;
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** The port is shared; where a number is given, that takes the place of the settings' own. */
  readonly shared?: { readonly port: number | null };
}

/**
 * Listens as the settings say.
 *
 * @throws {StartError} If a certificate cannot be read or the place cannot be had.
 */
export function start({ app, settings, signal, shared }: StartOptions): Server {
  const { place, options } = settings;
  const rest = { ...options, ...serveInitOf(app), signal };
  const tls = place.kind === "tls" ? { tls: tlsOptionsOf(place.tls) } : {};
  try {
    if (place.kind === "unix") return serve({ path: place.path, ...rest });
    const server = serve({
      hostname: place.hostname,
      port: shared?.port ?? place.port,
      reusePort: shared !== undefined,
      ...tls,
      ...rest,
    });
    if (place.kind === "tls") {
      keepCertificates({ server, files: place.tls, signals: shared === undefined });
    }
    return server;
  } catch (error) {
    throw new StartError(`Cannot listen on ${formatPlace(place)}: ${reasonOf(error)}`);
  }
}

/**
 * Opens the access log; with `reopens`, one in a file is opened again at each SIGHUP from then on.
 *
 * @throws {StartError} If the file cannot be opened.
 */
export async function openLog(
  { log }: Settings,
  { reopens }: { readonly reopens: boolean },
): Promise<AccessLog | null> {
  if (log === null) return null;
  const { AccessLog } = await import("../handlers/access_log/access_log.ts");
  const { format, file } = log;
  if (file === null) return new AccessLog({ format });
  try {
    const opened = new AccessLog({ format, to: { path: file } });
    if (reopens) Deno.addSignalListener("SIGHUP", () => opened.reopen());
    return opened;
  } catch (error) {
    throw new StartError(`Cannot open the log file '${file}': ${reasonOf(error)}`);
  }
}

/** What the program's own work needs only until it listens. */
const START_ONLY = ["read", "write", "env", "run", "sys"] as const;

/**
 * Gives up what is not needed any more: a flaw that is found later should not reach the file system. An app
 * keeps all that it was granted. Deno removes the path of a unix socket at its end without a permission.
 */
export function dropPermissions({ needs }: App, { log, place }: Settings): void {
  if (needs === "everything") return;
  // What was granted without a path cannot be narrowed to one.
  const kept: string[] = log?.file ? ["write"] : [];
  if (needs === "files" || place.kind === "tls") kept.push("read");
  for (const name of START_ONLY) {
    if (!kept.includes(name)) Deno.permissions.revokeSync({ name });
  }
}
