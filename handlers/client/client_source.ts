/**
 * Where a server finds out who sent a request: by its proxies, whose reader is loaded for those servers alone
 * that trust any.
 *
 * @module
 */

import { clientByPeer } from "../../reactor/connection/client_by_peer.ts";
import type { ClientOf } from "../../reactor/exchange.ts";
import { report } from "../report.ts";
import type { Trust } from "./trust.ts";
import type { ForwardedFields } from "./trusted_client.ts";

/** Which proxies are believed, and where they say who came to them. */
export interface TrustSettings {
  readonly trust: Trust;
  readonly fields: ForwardedFields;
}

/** See the head of this file. */
export class ClientSource {
  readonly #settings: TrustSettings;
  #clientOf: ClientOf = clientByPeer;
  /** The client of a request; believes nobody before `load` has resolved. */
  readonly clientOf: ClientOf = (request) => this.#clientOf(request);

  constructor(settings: TrustSettings) {
    this.#settings = settings;
  }

  /** Resolves when proxies are believed; no connection may be accepted before. */
  async load(): Promise<void> {
    const { trust, fields } = this.#settings;
    try {
      const { trustedClient } = await import("./trusted_client.ts");
      this.#clientOf = trustedClient(trust, fields);
    } catch (error) {
      report("Cannot load what reads the fields of proxies, none will be believed:", error);
    }
  }
}
