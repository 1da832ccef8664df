/**
 * One server in this thread, as the status page sees it.
 *
 * @module
 */

import type { Options } from "../../reactor/options/options.ts";
import type { Address } from "../../reactor/ports.ts";
import type { Phase } from "../../reactor/states.ts";
import { closeConnection } from "./close_connection.ts";
import type { RowKey } from "./sample.ts";
import { type Sampled, Sampler } from "./sampler.ts";
import type { Reading, StatusSource } from "./source.ts";

/** The part of a server that the page shows and controls; every server of `serve` has it. */
export interface Watched extends Sampled {
  /** The time-outs and limits in force. */
  readonly options: Options;
  /** Where the server is in its life. */
  readonly phase: Phase;
  /** Ends the server. */
  shutdown(): Promise<unknown>;
}

/** Shows a server by a sampler, and ends connections by asking them. */
export class ServerSource implements StatusSource {
  readonly #server: Watched;
  #sampler: Sampler | null = null;

  constructor(server: Watched) {
    this.#server = server;
  }

  get options(): Options {
    return this.#server.options;
  }

  get phase(): Phase {
    return this.#server.phase;
  }

  begin(onPhase: () => void): void {
    this.#sampler = new Sampler(this.#server, onPhase);
  }

  stop(): void {
    this.#sampler?.stop();
    this.#sampler = null;
  }

  take(): Reading {
    return { sample: this.#sampler!.take(), workers: null };
  }

  close({ worker, id }: RowKey, how: { readonly cut: boolean }): boolean {
    return worker === null && closeConnection(this.#server.connections, id, how);
  }

  drain(): void {
    this.#server.shutdown();
  }

  carries(peer: Address | undefined): boolean {
    for (const { remoteAddr } of this.#server.connections) if (remoteAddr === peer) return true;
    return false;
  }
}
