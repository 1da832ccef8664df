/**
 * What the parser found out about a request's head: offsets, and what the engine has to decide by. Nothing
 * here reads bytes: `head_parser.ts` fills it, again and again, and `read_head.ts` decodes by it.
 *
 * @module
 */

import type { KnownFields } from "./known_fields.ts";
import type { KnownTarget } from "./target_memory.ts";

/** The parsed head of a request; filled in place and reused. */
export class ParsedHead {
  /** Case as sent; common methods are interned strings. */
  method = "";
  /** 0 or 1. */
  minorVersion: 0 | 1 = 1;
  /** Which form the target has, RFC 9112 §3.2. */
  targetForm: "origin" | "absolute" | "authority" | "asterisk" = "origin";
  /** Offsets from the head's first byte. */
  targetStart = 0;
  targetEnd = 0;
  /** Where the first field line begins. */
  fieldsStart = 0;
  /** The offset after the empty line: the head's length; 0 until that has been read. */
  length = 0;
  /** The same fields from before, if they are remembered. */
  known: KnownFields | null = null;
  /** The same target from before, if it is remembered; looked for only where the fields are known. */
  knownTarget: KnownTarget | null = null;
  /** The Host field's value, trimmed; -1 when absent (HTTP/1.0 only). */
  hostStart = -1;
  hostEnd = -1;
  /** How the body is framed, RFC 9112 §6.3. */
  framing: "none" | "length" | "chunked" = "none";
  /** The body's length in bytes when `framing` is "length" (0 for `Content-Length: 0`), else 0. */
  contentLength = 0;
  /** Whether the connection may persist, as far as the request is concerned (RFC 9112 §9.3). */
  keepAlive = true;
  /** `Expect: 100-continue` on HTTP/1.1, and a body that it can stand for. */
  expectContinue = false;
  /** `Connection: upgrade` and an `Upgrade` field, HTTP/1.1 only. */
  upgrade = false;
}
