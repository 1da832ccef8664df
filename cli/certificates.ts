/**
 * The certificates of the program: read from their files at the start, and again when those have changed or
 * at SIGHUP. New ones that are no use are named in a line, and the old ones serve on.
 *
 * @module
 */

import { say } from "../handlers/report.ts";
import type { Certificate, Server, TlsOptions } from "../mod.ts";
import type { TlsFiles } from "./listen_place.ts";
import { errorLine, reasonOf, StartError } from "./settings/errors.ts";

/** How often the files are looked at, in milliseconds. */
const LOOK_MS = 2_000;

/**
 * The options of TLS, with the texts of the files.
 *
 * @throws {StartError} If one cannot be read.
 */
export function tlsOptionsOf(files: TlsFiles): TlsOptions {
  const { clientCa, clientCert, minVersion } = files;
  return {
    certificates: certificatesOf(files),
    minVersion,
    ...clientCa === null ? {} : {
      clientCertificates: { ca: readPem("file of authorities", clientCa), mode: clientCert },
    },
  };
}

function certificatesOf({ pairs }: TlsFiles): Certificate[] {
  return pairs.map(({ cert, key }) => ({
    cert: readPem("certificate", cert),
    key: readPem("key", key),
  }));
}

function readPem(what: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new StartError(`Cannot read the ${what} '${path}': ${reasonOf(error)}`);
  }
}

/** What keeps a server's certificates new. */
export interface KeepOptions {
  readonly server: Pick<Server, "setCertificates" | "finished">;
  readonly files: TlsFiles;
  /** Whether SIGHUP has them read as well; a thread gets no signals. */
  readonly signals: boolean;
}

/** Serves what is in the files, until the server has ended. */
export function keepCertificates({ server, files, signals }: KeepOptions): void {
  const load = () => {
    try {
      server.setCertificates(certificatesOf(files));
    } catch (error) {
      say(
        errorLine(`Cannot use the new certificates, those before serve on: ${reasonOf(error)}`),
      );
    }
  };
  const stop = watch(files, load);
  if (signals) Deno.addSignalListener("SIGHUP", load);
  void ended();

  async function ended(): Promise<void> {
    await server.finished;
    stop();
    if (signals) Deno.removeSignalListener("SIGHUP", load);
  }
}

/**
 * Calls `changed` when the files have changed and then stayed as they are for a look: a certificate and its
 * key are replaced one after the other. Returns what ends that.
 */
function watch(files: TlsFiles, changed: () => void): () => void {
  const paths = files.pairs.flatMap(({ cert, key }) => [cert, key]);
  let known: string | null = null;
  let before: string | null = null;
  const look = async () => {
    const now = await statesOf(paths);
    known ??= now;
    const isStable = now === before;
    before = now;
    if (!isStable || now === known) return;
    known = now;
    changed();
  };
  const timer = setInterval(look, LOOK_MS);
  Deno.unrefTimer(timer);
  void look();
  return () => clearInterval(timer);
}

/** Differs after every file that was written or replaced. */
async function statesOf(paths: readonly string[]): Promise<string> {
  const states = await Promise.all(paths.map(async (path) => {
    try {
      const { mtime, size, ino } = await Deno.stat(path);
      return `${mtime?.getTime()} ${size} ${ino}`;
    } catch {
      // It is being replaced, or gone: what is loaded serves on.
      return "-";
    }
  }));
  return states.join();
}
