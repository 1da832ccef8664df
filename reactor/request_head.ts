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
