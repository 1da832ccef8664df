/**
 * What `serveParallel` gives, as a type.
 *
 * @module
 */

import type { Shutdown } from "../../reactor/options/options.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { Phase } from "../../reactor/states.ts";

/** Workers that share a port, as one server. */
export interface ParallelServer extends AsyncDisposable {
  /** Where all of them listen. */
  readonly addr: Deno.NetAddr;
  /** Resolves when all workers have ended; never rejects. */
  readonly finished: Promise<void>;
  /** Where they are in their life. */
  readonly phase: Phase;
  /** The workers that serve at present, by their numbers, which are never used again. */
  readonly workers: readonly number[];
  /**
   * Starts new workers, which load the module and all that it imports anew. When all of them listen, the
   * ones before drain. Resolves when those have ended.
   *
   * @throws {Error} What keeps the new ones from starting; then the ones before serve on.
   */
  reload(): Promise<void>;
  /** Ends all workers within one deadline; see {@linkcode Server.shutdown}. One report for all of them. */
  shutdown(times?: Partial<Shutdown>): Promise<ShutdownReport>;
  /** Closes every connection at once. */
  force(): void;
}
