/**
 * Where Weir and Node read the same bytes differently, and Weir does so on purpose: each entry with
 * its reason and the section that it rests on. Everything that is not here is a disagreement. (That
 * Weir refuses what Node takes needs no entry: it is the stricter one.)
 *
 * @module
 */

import { METHODS } from "node:http";
import type { Reading, Seen } from "./reading.ts";

/** A stream, both readings, and the number of the first request on which they differ. */
export interface Parting {
  readonly bytes: string;
  readonly weir: Reading;
  readonly node: Reading;
  readonly at: number;
}

/** An intended difference. */
export interface Difference {
  readonly name: string;
  readonly section: string;
  readonly reason: string;
  readonly applies: (parting: Parting) => boolean;
}

const STEERING_ERRORS = [
  "HPE_INVALID_TRANSFER_ENCODING",
  "HPE_INVALID_CONTENT_LENGTH",
  "HPE_UNEXPECTED_CONTENT_LENGTH",
  "HPE_CLOSED_CONNECTION",
];
const TAB_AFTER_VALUE = /\n(?:transfer-encoding|content-length|connection):[^\r\n]*\t *\r\n/i;
const EXTENSION_ERRORS = ["HPE_INVALID_CHUNK_SIZE", "HPE_STRICT"];
export const EXTENSION_SPACE = /\n[0-9a-f]+(?:[ \t]+;|;[^\r\n]*[ \t])/i;
/** A field that steers the connection, in a trailer section. */
export const STEERING_TRAILER =
  /\n0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*(?:transfer-encoding|content-length|connection):/i;

export const DIFFERENCES: readonly Difference[] = [
  {
    name: "a method that Node does not know",
    section: "RFC 9110 §9.1, §16.1.1",
    reason: "Methods are an open list of tokens; what one means is the handler's affair.",
    applies: ({ weir, node, at }) =>
      node.error === "HPE_INVALID_METHOD" && !METHODS.includes(weir.requests[at]?.method ?? "GET"),
  },
  {
    name: "a trailer field that Node takes for one of the head",
    section: "RFC 9110 §6.5.1, RFC 9112 §7.1.2",
    reason:
      "Fields that frame or route a message mean nothing in trailers; Weir drops them unread.",
    applies: ({ bytes, node }) =>
      STEERING_ERRORS.includes(node.error ?? "") && STEERING_TRAILER.test(bytes),
  },
  {
    name: "HTTP/1.0 with both `close` and `keep-alive`",
    section: "RFC 9112 §9.3",
    reason: "`close` comes first in the list of that section; Node goes on.",
    applies: ({ weir, at }) => asks(weir.requests[at - 1], "close", "keep-alive"),
  },
  {
    name: "a request after an Upgrade that the server ignores",
    section: "RFC 9110 §7.8",
    reason: "Until a 101 the connection stays HTTP/1.1; Node reads nothing after such a request.",
    applies: ({ weir, node, at }) => node.error === null && asks(weir.requests[at - 1], "upgrade"),
  },
  {
    name: "a tab after the value of a field that steers the connection",
    section: "RFC 9110 §5.5, §5.6.3",
    reason: "White space around a value is no part of it, tabs included; Node trims spaces alone.",
    applies: ({ bytes, weir, node, at }) =>
      TAB_AFTER_VALUE.test(bytes) &&
      (STEERING_ERRORS.includes(node.error ?? "") || asks(weir.requests[at - 1], "close")),
  },
  {
    name: "white space beside `;` and `=` of a chunk extension",
    section: "RFC 9112 §7.1.1, RFC 9110 §5.6.3",
    reason: "Bad white space has to be read and dropped; Node refuses it.",
    applies: ({ bytes, node }) =>
      EXTENSION_ERRORS.includes(node.error ?? "") && EXTENSION_SPACE.test(bytes),
  },
  {
    name: "a fragment right after the authority of an absolute-form",
    section: "RFC 9112 §3.2.2, RFC 3986 §3.5",
    reason:
      "No client sends a fragment; one that does means the part before it, as in `http://h/#x`, which " +
      "Node takes too.",
    applies: ({ weir, node, at }) =>
      node.error === "HPE_INVALID_URL" &&
      /^https?:\/\/[^/?#]+#/i.test(weir.requests[at]?.target ?? ""),
  },
];

/** Whether the request's Connection fields hold all these options. */
function asks(request: Seen | undefined, ...wanted: readonly string[]): boolean {
  const { fields } = request ?? { fields: [] };
  const options = fields
    .filter((_, index) => fields[index - 1]?.toLowerCase() === "connection" && index % 2 === 1)
    .flatMap((value) => value.toLowerCase().split(","))
    .map((option) => option.trim());
  return wanted.every((option) => options.includes(option));
}
