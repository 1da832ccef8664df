/**
 * Streams that fuzzing found, on which Weir and Node differ, each with what both make of it. Every
 * entry of `differences.ts` has one here at least.
 *
 * @module
 */

import { chunked, GET, head, request } from "../support/requests.ts";

/** A stream, and how many requests each sees in it. */
export interface Case {
  readonly name: string;
  readonly bytes: string;
  /** Requests that Weir sees, and the status with which it refuses the next. */
  readonly weir: readonly [requests: number, error: string | null];
  /** Requests that Node sees, and its error. */
  readonly node: readonly [requests: number, error: string | null];
  /** What the judgement calls it. */
  readonly as: string;
}

const POST = "POST / HTTP/1.1";
const LAST = "0\r\n";

export const CASES: readonly Case[] = [
  {
    name: "a method that no list has",
    bytes: request({ method: "BREW" }),
    weir: [1, null],
    node: [0, "HPE_INVALID_METHOD"],
    as: "a method that Node does not know",
  },
  {
    name: "a Transfer-Encoding in the trailers",
    bytes: head(POST, "Host: h", "Transfer-Encoding: chunked") + LAST +
      "Transfer-Encoding: xchunked\r\n\r\n" + GET,
    weir: [2, null],
    node: [1, "HPE_INVALID_TRANSFER_ENCODING"],
    as: "a trailer field that Node takes for one of the head",
  },
  {
    name: "a Content-Length in the trailers",
    bytes: head(POST, "Host: h", "Transfer-Encoding: chunked") + LAST +
      "Content-Length: 3\r\n\r\n" + GET,
    weir: [2, null],
    node: [1, "HPE_INVALID_CONTENT_LENGTH"],
    as: "a trailer field that Node takes for one of the head",
  },
  {
    name: "a Connection: close in the trailers",
    bytes: head(POST, "Host: h", "Transfer-Encoding: chunked") + LAST +
      "Connection: close\r\n\r\n" + GET,
    weir: [2, null],
    node: [1, "HPE_CLOSED_CONNECTION"],
    as: "a trailer field that Node takes for one of the head",
  },
  {
    name: "close after keep-alive in HTTP/1.0",
    bytes: head("GET / HTTP/1.0", "Connection: keep-alive, close") + GET,
    weir: [1, null],
    node: [2, null],
    as: "HTTP/1.0 with both `close` and `keep-alive`",
  },
  {
    name: "an Upgrade that the server ignores",
    bytes: request({ fields: ["Connection: Upgrade", "Upgrade: h2c"] }) + GET,
    weir: [2, null],
    node: [1, null],
    as: "a request after an Upgrade that the server ignores",
  },
  {
    name: "a tab after Transfer-Encoding: chunked",
    bytes: head(POST, "Host: h", "Transfer-Encoding: chunked\t") + chunked("abc"),
    weir: [1, null],
    node: [1, "HPE_INVALID_TRANSFER_ENCODING"],
    as: "a tab after the value of a field that steers the connection",
  },
  {
    name: "a tab after Connection: close",
    bytes: request({ fields: ["Connection: close\t"] }) + GET,
    weir: [1, null],
    node: [2, null],
    as: "a tab after the value of a field that steers the connection",
  },
  {
    name: "a tab after Connection: keep-alive in HTTP/1.0",
    bytes: head("GET / HTTP/1.0", "Connection: keep-alive\t") + GET,
    weir: [2, null],
    node: [1, "HPE_CLOSED_CONNECTION"],
    as: "a tab after the value of a field that steers the connection",
  },
  {
    name: "white space before a chunk extension",
    bytes: head(POST, "Host: h", "Transfer-Encoding: chunked") + "3 ;a\r\nabc\r\n0\r\n\r\n",
    weir: [1, null],
    node: [1, "HPE_INVALID_CHUNK_SIZE"],
    as: "white space beside `;` and `=` of a chunk extension",
  },
  {
    name: "a fragment right after the authority",
    bytes: request({ target: "http://h#x" }),
    weir: [1, null],
    node: [0, "HPE_INVALID_URL"],
    as: "a fragment right after the authority of an absolute-form",
  },
  {
    name: "a request line without a version, HTTP/0.9",
    bytes: head("GET /", "Host: h"),
    weir: [0, "400"],
    node: [1, null],
    as: "stricter (400)",
  },
  {
    name: "a HTTP/1.1 request without Host",
    bytes: head("GET / HTTP/1.1"),
    weir: [0, "400"],
    node: [1, null],
    as: "stricter (400)",
  },
  {
    name: "two Host fields",
    bytes: request({ fields: ["Host: i"] }),
    weir: [0, "400"],
    node: [1, null],
    as: "stricter (400)",
  },
  {
    name: "two empty lines in front",
    bytes: `\r\n\r\n${GET}`,
    weir: [0, "400"],
    node: [1, null],
    as: "stricter (400)",
  },
  {
    name: "a coding before chunked",
    bytes: head(POST, "Host: h", "Transfer-Encoding: gzip, chunked") + chunked("abc"),
    weir: [0, "501"],
    node: [1, null],
    as: "stricter (501)",
  },
  {
    name: "an expectation that nobody knows",
    bytes: request({ fields: ["Expect: more"] }),
    weir: [0, "417"],
    node: [1, null],
    as: "stricter (417)",
  },
  {
    name: "a request after the last one",
    bytes: request({ fields: ["Connection: close"] }) + GET,
    weir: [1, null],
    node: [1, "HPE_CLOSED_CONNECTION"],
    as: "same",
  },
  {
    name: "a bare LF after a chunk size",
    bytes: head(POST, "Host: h", "Transfer-Encoding: chunked") + "3\nabc\r\n0\r\n\r\n" + GET,
    weir: [1, "400"],
    node: [1, "HPE_CR_EXPECTED"],
    as: "same",
  },
];
