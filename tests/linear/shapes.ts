/**
 * The worst shapes that a stream of a given size can have: data only.
 *
 * @module
 */

import { GET, head, request } from "../support/requests.ts";

/** A kind of stream, of any size. */
export interface Shape {
  readonly name: string;
  /** A stream of about this many bytes. */
  readonly of: (bytes: number) => string;
}

/** `unit` as often as it fits. */
function fill(bytes: number, unit: string): string {
  return unit.repeat(Math.ceil(bytes / unit.length));
}

function withField(name: string, unit: string): Shape["of"] {
  return (bytes) => request({ fields: [`${name}: ${fill(bytes, unit)}`] });
}

function withLines(line: string): Shape["of"] {
  return (bytes) => request({ fields: [fill(bytes, `${line}\r\n`).slice(0, -2)] });
}

function chunkedBody(chunk: string): Shape["of"] {
  return (bytes) =>
    head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") + fill(bytes, chunk) +
    "0\r\n\r\n";
}

const HOSTLESS = "GET / HTTP/1.1\r\nHost: ";

export const HEADS: readonly Shape[] = [
  { name: "tiny fields", of: withLines("a:") },
  { name: "a giant field", of: withField("A", "a") },
  { name: "a giant field name", of: (bytes) => request({ fields: [`${fill(bytes, "a")}: x`] }) },
  { name: "white space before a value", of: withField("A", " ") },
  { name: "white space within a value", of: withField("A", "a\t") },
  { name: "a giant target", of: (bytes) => request({ target: `/${fill(bytes, "a")}` }) },
  {
    name: "a giant authority in the target",
    of: (bytes) => request({ target: `http://${fill(bytes, "a")}` }),
  },
  { name: "dots in a target", of: (bytes) => request({ target: fill(bytes, "/..") }) },
  { name: "segments and dots", of: (bytes) => request({ target: fill(bytes, "/a/%2e\\..") }) },
  { name: "a giant Host", of: (bytes) => `${HOSTLESS}${fill(bytes, "a")}\r\n\r\n` },
  { name: "a Host of percent signs", of: (bytes) => `${HOSTLESS}${fill(bytes, "%41")}\r\n\r\n` },
  { name: "a Host of colons", of: (bytes) => `${HOSTLESS}[${fill(bytes, ":1")}]\r\n\r\n` },
  { name: "Cookie lines", of: withLines("Cookie: a=b") },
  { name: "Connection lines", of: withLines("Connection: a") },
  { name: "Connection options", of: withField("Connection", "a,") },
  { name: "empty Connection options", of: withField("Connection", " , ") },
  { name: "Upgrade protocols", of: withField("Upgrade", "a/b, ") },
  { name: "Expect lines in HTTP/1.0", of: (bytes) => old(withLines("Expect: x")(bytes)) },
  { name: "transfer codings", of: withField("Transfer-Encoding", "a , ") },
  { name: "parameters of a coding", of: withField("Transfer-Encoding", "a;b=c;") },
  { name: "a quoted parameter", of: withField("Transfer-Encoding", 'a;b="\\"') },
  { name: "Transfer-Encoding lines", of: withLines("Transfer-Encoding: a") },
  { name: "a head without an end", of: (bytes) => withField("A", "a")(bytes).slice(0, -4) },
];

export const BODIES: readonly Shape[] = [
  { name: "a body", of: (bytes) => request({ body: fill(bytes, "a") }) },
  { name: "chunks of one byte", of: chunkedBody("1\r\na\r\n") },
  { name: "chunks with extensions", of: chunkedBody('1;a="bcdefghij"\r\na\r\n') },
  { name: "chunk sizes of many digits", of: chunkedBody("0000000000000001\r\na\r\n") },
  { name: "large chunks", of: chunkedBody(`1000\r\n${"a".repeat(0x1000)}\r\n`) },
];

export const STREAMS: readonly Shape[] = [
  { name: "pipelined requests", of: (bytes) => fill(bytes, GET) },
  { name: "pipelined bodies", of: (bytes) => fill(bytes, request({ body: "a" })) },
  { name: "empty lines", of: (bytes) => fill(bytes, "\r\n") },
  { name: "bytes after a refusal", of: (bytes) => `BAD\r\n\r\n${fill(bytes, GET)}` },
];

function old(raw: string): string {
  return raw.replace("HTTP/1.1", "HTTP/1.0");
}
