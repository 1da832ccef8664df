/**
 * The head of a request, as everybody but the parser sees it. It stays valid for as long as it is kept, and
 * nothing of it is decoded before it is asked for.
 *
 * @module
 */

import type { FieldSection } from "./h1/field_section.ts";

/** A request's head, for whoever decides or notes something before the request is handled. */
export interface RequestView {
  /** The method, case as sent. */
  readonly method: string;
  /** The request target as sent (RFC 9112 §3.2). */
  readonly target: string;
  /** The path in the target as sent, without query and fragment: nothing is decoded or normalized. */
  readonly path: string;
  /** The value of a header field, several lines of it joined by ", ", or `null`. The name's case does not matter. */
  header(name: string): string | null;
}

/** Who sent a request, as far as the server believes it. */
export interface Client {
  /**
   * The client's IP address in its usual spelling, an IPv4 address mapped into IPv6 as IPv4; `null` at a
   * unix socket where no trusted proxy names one.
   */
  readonly address: string | null;
  /** The client's port; `null` if it is not known. */
  readonly port: number | null;
  /** The scheme that the client spoke, in lower case: `"http"` or `"https"`, or what a trusted proxy said. */
  readonly protocol: string;
  /** The host that the client asked for, with its port if it named one; `null` if it named none (HTTP/1.0). */
  readonly host: string | null;
}

/** A request that has to wait in the queue. */
export interface QueuedRequest extends RequestView {
  /** Who sent it. */
  readonly client: Client;
}

/** A request's head, for the application. */
export interface RequestHead extends RequestView {
  /** The value of the Host field; `null` if there is none, which only HTTP/1.0 allows. */
  readonly host: string | null;
  /** All field lines. */
  readonly fields: FieldSection;
  /**
   * The URL of the target (RFC 9112 §3.3), as sent: nothing is normalized. `scheme` includes `://`;
   * `defaultHost` stands in where the client named no host.
   */
  url(scheme: string, defaultHost: string): string;
}
