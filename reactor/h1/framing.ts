/**
 * What the fields of a complete head mean together: how its body is framed, as the ordered list of
 * RFC 9112 §6.3 with every doubtful case refused, and what follows for the connection.
 *
 * @module
 */

import { ProtocolError } from "../errors.ts";
import {
  BAD_UPGRADE,
  CLOSE,
  EXPECT_CONTINUE,
  EXPECT_UNKNOWN,
  type FieldFacts,
  KEEP_ALIVE,
  UPGRADE,
  UPGRADE_OPTION,
} from "./fields.ts";
import type { ParsedHead } from "./parsed_head.ts";
import { CODINGS_CHUNKED, CODINGS_MALFORMED, CODINGS_UNKNOWN } from "./transfer_coding.ts";

/**
 * Sets `framing` and `contentLength`.
 *
 * @throws {ProtocolError} `bad_framing`, or `unknown_coding` for a sound list with a coding besides `chunked`.
 */
export function decideFraming(head: ParsedHead, facts: FieldFacts): void {
  const { codings, contentLength } = facts;
  const hasLength = contentLength !== -1;
  // RFC 9110 §9.3.6: bytes after a CONNECT are the tunnel's, so one that announces a body is ambiguous.
  if (head.method === "CONNECT" && (codings !== 0 || hasLength)) {
    refuse("Cannot take a body with CONNECT");
  }
  if (codings === 0) {
    // §6.3 items 5 to 7; a length that is no number was refused when its line was read.
    head.framing = hasLength ? "length" : "none";
    head.contentLength = hasLength ? contentLength : 0;
    return;
  }
  // §6.1: a Transfer-Encoding in HTTP/1.0 has to be taken as faulty framing.
  if (head.minorVersion === 0) refuse("Cannot take Transfer-Encoding in HTTP/1.0");
  // §6.3 item 3: an attempt at smuggling as likely as not.
  if (hasLength) refuse("Cannot take both Content-Length and Transfer-Encoding");
  // §6.3 item 4: the length of a request cannot be told unless chunked comes last.
  if ((codings & CODINGS_MALFORMED) !== 0) refuse("Cannot read Transfer-Encoding");
  if ((codings & CODINGS_CHUNKED) === 0) {
    refuse("Cannot take a body whose last coding is not chunked");
  }
  // §6.1: a coding that is not understood gets 501.
  if ((codings & CODINGS_UNKNOWN) !== 0) {
    throw new ProtocolError("unknown_coding", "Cannot decode a transfer coding other than chunked");
  }
  head.framing = "chunked";
  head.contentLength = 0;
}

/**
 * Sets `keepAlive`, `expectContinue` and `upgrade`; framing has been decided.
 *
 * @throws {ProtocolError} `bad_expectation`, `bad_upgrade`.
 */
export function decideConnection(head: ParsedHead, facts: FieldFacts): void {
  const seen = facts.seen;
  const hasBody = head.framing === "chunked" || head.contentLength > 0;
  if (head.minorVersion === 0) {
    // RFC 9112 §9.3; RFC 9110 §10.1.1 and §7.8 have Expect and Upgrade ignored in HTTP/1.0.
    head.keepAlive = (seen & (CLOSE | KEEP_ALIVE)) === KEEP_ALIVE;
    head.expectContinue = false;
    head.upgrade = false;
    return;
  }
  head.keepAlive = (seen & CLOSE) === 0;
  if ((seen & EXPECT_UNKNOWN) !== 0) {
    throw new ProtocolError(
      "bad_expectation",
      "Cannot meet an expectation other than 100-continue",
    );
  }
  head.expectContinue = hasBody && (seen & EXPECT_CONTINUE) !== 0;
  head.upgrade = (seen & (UPGRADE_OPTION | UPGRADE | BAD_UPGRADE)) === (UPGRADE_OPTION | UPGRADE);
  if (head.upgrade && hasBody) {
    throw new ProtocolError("bad_upgrade", "Cannot upgrade a request that has a body");
  }
}

function refuse(message: string): never {
  throw new ProtocolError("bad_framing", message);
}
