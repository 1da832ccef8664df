/**
 * Valid requests at random, and their bytes: a generator draws one record of all that varies, and
 * `write` serializes it, so that every stream comes with what its reader must have seen.
 *
 * @module
 */

import fc from "fast-check";
import type { Seen } from "./reading.ts";

/** One valid request, and its bytes. */
export interface Drawn {
  readonly bytes: string;
  readonly seen: Seen;
  /** Whether another request may follow. */
  readonly persists: boolean;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"];
const TOKEN_CHARS = "!#$%&'*+-.^_`|~0189AZaz";
const TARGET_CHARS = "/?#aZ0-._~!$&'()*+,;=:@%[]{}|\\^`\"<>";
const VALUE_CHARS = 'a0 \t,;=:"\\/()<>@?{}\x80\xa0\xff\x85';
const BODY_CHARS = "a0\r\n\0 \xffGET/:";
const HOSTS = [
  "h",
  "example.com:80",
  "[::1]:8080",
  "a_b.c",
  "1.2.3.4",
  "h:",
  "%41b",
  "localhost:65535",
  "[::ffff:1.2.3.4]",
  "a!$&'()*+,;=~b",
];
const NAMES = ["X-A", "Cookie", "cookie", "Accept", "Via", "TE", "Trailer", "Keep-Alive", "Date"];
const PERSISTENCE = [
  ...Array.from({ length: 14 }, () => ""),
  "keep-alive",
  "Keep-Alive",
  "x, keep-alive",
  "close",
  "close, x",
  " ,CLOSE",
];

/** Text of these characters, one a byte. */
function text(chars: string, maxLength: number, minLength = 0): fc.Arbitrary<string> {
  const unit = fc.integer({ min: 0, max: chars.length - 1 });
  return fc.array(unit, { minLength, maxLength })
    .map((indexes) => indexes.map((index) => chars[index]).join(""));
}

/** True once in `count` times. */
export function oneIn(count: number): fc.Arbitrary<boolean> {
  return fc.integer({ min: 1, max: count }).map((drawn) => drawn === count);
}

/** What one draw decides. */
interface Draw {
  readonly method: string;
  readonly form: "origin" | "absolute" | "asterisk";
  readonly path: string;
  readonly host: string;
  readonly hostName: string;
  readonly old: boolean;
  readonly persistence: string;
  readonly fields: readonly (readonly [string, string, string])[];
  readonly framing: "none" | "length" | "chunked";
  readonly pieces: readonly (readonly [string, string])[];
  readonly trailers: readonly (readonly [string, string, string])[];
  readonly expects: boolean;
  readonly leadingLine: boolean;
}

const field = fc.tuple(
  fc.oneof(fc.constantFrom(...NAMES), text(TOKEN_CHARS, 6, 1)),
  text(VALUE_CHARS, 10),
  fc.constantFrom("", " ", " ", "\t "),
);

/** If this body is taken for a request, that shows at once. */
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
const piece = fc.oneof(
  { weight: 9, arbitrary: text(BODY_CHARS, 20, 1) },
  { weight: 1, arbitrary: fc.constant(SMUGGLED) },
);

const EXTENSIONS = ["", "", "", ";a", ";a=b", ';a="b;c\\""', ";a=b;c"];

const draw: fc.Arbitrary<Draw> = fc.record({
  method: fc.oneof({ weight: 19, arbitrary: fc.constantFrom(...METHODS) }, {
    weight: 1,
    arbitrary: text(TOKEN_CHARS, 8, 1),
  }),
  form: fc.constantFrom("origin", "origin", "origin", "absolute", "asterisk"),
  path: text(TARGET_CHARS, 10),
  host: fc.constantFrom(...HOSTS),
  hostName: fc.constantFrom("Host", "Host", "host", "HOST"),
  old: oneIn(12),
  persistence: fc.constantFrom(...PERSISTENCE),
  fields: fc.array(field, { maxLength: 4 }),
  framing: fc.constantFrom("none", "length", "chunked"),
  pieces: fc.array(fc.tuple(piece, fc.constantFrom(...EXTENSIONS)), { maxLength: 3 }),
  trailers: fc.array(field, { maxLength: 1 }),
  expects: oneIn(8),
  leadingLine: oneIn(16),
});

/** A valid request. */
export const request: fc.Arbitrary<Drawn> = draw.map(write);

function write(given: Draw): Drawn {
  const framing = given.old && given.framing === "chunked" ? "length" : given.framing;
  const body = framing === "none" ? "" : given.pieces.map(([piece]) => piece).join("");
  const { method, target } = requestLine(given);
  const lines = fieldsOf(given, framing, body.length);
  const bytes = (given.leadingLine ? "\r\n" : "") +
    `${method} ${target} HTTP/1.${given.old ? 0 : 1}\r\n` + fieldLines(lines) + "\r\n" +
    (framing === "chunked" ? chunkedBody(given) : body);
  const fields = lines.flatMap(([name, value]) => [name, trimmed(value)]);
  return {
    bytes,
    seen: { method, target, fields: joinCookies(fields), body, complete: true },
    persists: persists(given),
  };
}

function requestLine({ method, form, path, host }: Draw): { method: string; target: string } {
  if (method === "CONNECT") return { method, target: "h:80" };
  if (form === "asterisk") return { method: "OPTIONS", target: "*" };
  return { method, target: form === "origin" ? `/${path}` : `http://${host}/${path}` };
}

type Line = readonly [name: string, value: string, blank: string];

function fieldsOf(given: Draw, framing: Draw["framing"], length: number): Line[] {
  const { host, hostName, persistence, fields, expects } = given;
  const lines: Line[] = [[hostName, host, " "], ...fields];
  if (persistence !== "") lines.push(["Connection", persistence, " "]);
  if (framing === "length") lines.push(["Content-Length", `${length}`, " "]);
  if (framing === "chunked") lines.push(["Transfer-Encoding", "chunked", ""]);
  if (framing !== "none" && expects) lines.push(["Expect", "100-continue", " "]);
  return lines;
}

function fieldLines(lines: readonly Line[]): string {
  return lines.map(([name, value, blank]) => `${name}:${blank}${value}${blank}\r\n`).join("");
}

function chunkedBody({ pieces, trailers }: Draw): string {
  const chunks = pieces.map(([piece, extension], index) => {
    const size = piece.length.toString(16);
    const padded = index === 1 ? size.toUpperCase().padStart(4, "0") : size;
    return `${padded}${extension}\r\n${piece}\r\n`;
  });
  return `${chunks.join("")}0\r\n${fieldLines(trailers)}\r\n`;
}

function persists({ old, persistence, method }: Draw): boolean {
  const options = persistence.toLowerCase().split(",").map((option) => option.trim());
  if (options.includes("close") || method === "CONNECT") return false;
  return !old || options.includes("keep-alive");
}

function trimmed(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, "");
}

/** Several Cookie lines as one, at the place of the first: what Weir hands to its handlers. */
export function joinCookies(fields: readonly string[]): string[] {
  const joined: string[] = [];
  let cookieAt = -1;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const isCookie = fields[i]!.toLowerCase() === "cookie";
    if (isCookie && cookieAt !== -1) {
      joined[cookieAt] += "; " + fields[i + 1]!;
      continue;
    }
    if (isCookie) cookieAt = joined.length + 1;
    joined.push(fields[i]!, fields[i + 1]!);
  }
  return joined;
}
