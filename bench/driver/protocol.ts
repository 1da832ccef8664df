/**
 * What the bench and its driver say to each other: the plan goes out as the driver's one argument, each
 * message comes back as a line of JSON on its standard output.
 *
 * @module
 */

import type { Tally } from "../model.ts";

/** What the driver is to do. */
export type DriverPlan =
  | {
    readonly kind: "load";
    readonly port: number;
    readonly connections: number;
    /** Requests in flight on each connection. */
    readonly depth: number;
    /** The bytes of one request, without a body. */
    readonly request: string;
    /** The size of the right answer's body, in bytes. */
    readonly bodyBytes: number;
    readonly warmupMs: number;
    readonly measureMs: number;
  }
  | {
    readonly kind: "idle";
    readonly port: number;
    readonly connections: number;
    readonly request: string;
    readonly bodyBytes: number;
  };

/** What the driver reports. */
export type DriverMessage =
  /** The warm-up is over: what follows counts. */
  | { readonly kind: "begin" }
  /** The load ends now; the tally follows. */
  | { readonly kind: "end" }
  | { readonly kind: "tally"; readonly tally: Tally }
  /** All connections that could be opened made their request and lie idle until the driver is ended. */
  | { readonly kind: "idle"; readonly opened: number; readonly failed: number };
