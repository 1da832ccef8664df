/**
 * What metrics need of a server.
 *
 * @module
 */

import type { WorkQueue } from "../../reactor/admission/admission.ts";
import type { ConnectionInfo, Observer } from "../../reactor/observer.ts";
import type { Phase } from "../../reactor/states.ts";

/** The part of a server that is measured; every server of `serve` has it. */
export interface Measured {
  /** The connections that are open. */
  readonly connections: ReadonlySet<ConnectionInfo>;
  /** The queue in front of the handler; `null` where there is none. */
  readonly queue: WorkQueue | null;
  /** Where the server is in its life. */
  readonly phase: Phase;
  /** Tells `observer` of what happens until the function returned is called. */
  observe(observer: Observer): () => void;
}
