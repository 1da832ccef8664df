/**
 * Raw requests and the expected result of each: data only. `run_case.ts` sends them, in one piece,
 * byte by byte and in two pieces at every offset.
 *
 * @module
 */

import { chunked, GET, head, request } from "../support/requests.ts";

/** What the handler saw of a request. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/** A request that must be answered with 200. */
export interface GoodCase {
  readonly name: string;
  readonly raw: string;
  readonly seen: Partial<Seen>;
  /** Whether the connection lives on; `true` unless told. */
  readonly keeps?: boolean;
}

/** A request that must be refused, with the connection closed after the answer. */
export interface BadCase {
  readonly name: string;
  readonly raw: string;
  readonly status: number;
}

function post(fields: readonly string[], body = ""): string {
  return request({ method: "POST", fields }) + body;
}

function chunkedPost(body: string): string {
  return post(["Transfer-Encoding: chunked"], body);
}

const ABC = "3\r\nabc\r\n0\r\n\r\n";

export const GOOD_CASES: readonly GoodCase[] = [
  { name: "a plain GET", raw: GET, seen: { method: "GET", url: "http://h/", body: "" } },
  { name: "one CRLF in front", raw: `\r\n${GET}`, seen: { method: "GET" } },
  {
    name: "every token character in the method",
    raw: request({ method: "!#$%&'*+-.^_`|~09AZaz" }),
    seen: { method: "!#$%&'*+-.^_`|~09AZaz", body: "" },
  },
  {
    name: "every token character in a field name",
    raw: request({ fields: ["!#$%&'*+-.^_`|~09AZaz: x"] }),
    seen: { method: "GET" },
  },
  {
    name: "no white space after the colon",
    raw: head("GET / HTTP/1.1", "Host:h"),
    seen: { url: "http://h/" },
  },
  {
    name: "white space around a value",
    raw: head("GET / HTTP/1.1", "Host: \t h \t "),
    seen: { url: "http://h/" },
  },
  { name: "an empty value", raw: request({ fields: ["X:", "Y: "] }), seen: { method: "GET" } },
  {
    name: "obs-text in a value",
    raw: request({ fields: ["X: \x80\xff"] }),
    seen: { method: "GET" },
  },
  { name: "a tab in a value", raw: request({ fields: ["X: a\tb"] }), seen: { method: "GET" } },
  {
    name: "Host with a port, in capitals",
    raw: head("GET / HTTP/1.1", "HOST: H:81"),
    seen: { url: "http://H:81/" },
  },
  {
    name: "Host as an IPv6 address",
    raw: head("GET / HTTP/1.1", "Host: [::1]:81"),
    seen: { url: "http://[::1]:81/" },
  },
  {
    name: "absolute-form wins over Host",
    raw: request({ target: "http://o:1/x?y" }),
    seen: { url: "http://o:1/x?y" },
  },
  {
    name: "OPTIONS *",
    raw: request({ method: "OPTIONS", target: "*" }),
    seen: { url: "http://h/*" },
  },
  {
    name: "every visible character in the target",
    raw: request({ target: "/!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~" }),
    seen: { url: "http://h/!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~" },
  },
  { name: "Content-Length", raw: request({ body: "abc" }), seen: { method: "POST", body: "abc" } },
  { name: "Content-Length: 0", raw: post(["Content-Length: 0"]), seen: { body: "" } },
  {
    name: "Content-Length with leading zeros",
    raw: post(["Content-Length: 0003"], "abc"),
    seen: { body: "abc" },
  },
  {
    name: "a body that looks like a request",
    raw: request({ body: GET }),
    seen: { method: "POST", body: GET },
  },
  { name: "chunks", raw: chunkedPost(chunked("abc", "d")), seen: { body: "abcd" } },
  { name: "no chunk but the last", raw: chunkedPost(chunked()), seen: { body: "" } },
  {
    name: "a chunk that looks like a request",
    raw: chunkedPost(chunked(GET, "0\r\n\r\n")),
    seen: { body: `${GET}0\r\n\r\n` },
  },
  {
    name: "chunk sizes in either case and with zeros",
    raw: chunkedPost("00A\r\n0123456789\r\n0b\r\n0123456789a\r\n000\r\n\r\n"),
    seen: { body: "01234567890123456789a" },
  },
  {
    name: "chunk extensions",
    raw: chunkedPost('3;a;b=c;d="e;\\""\r\nabc\r\n0;z=1\r\n\r\n'),
    seen: { body: "abc" },
  },
  {
    name: "trailers",
    raw: chunkedPost("3\r\nabc\r\n0\r\nX-T: 1\r\nContent-Length: 9\r\n\r\n"),
    seen: { body: "abc" },
  },
  {
    name: "Transfer-Encoding in capitals",
    raw: post(["TRANSFER-ENCODING: \t CHUNKED "], ABC),
    seen: { body: "abc" },
  },
  {
    name: "a method without a body",
    raw: request({ method: "DELETE" }),
    seen: { method: "DELETE", body: "" },
  },
  {
    name: "Connection: keep-alive among others",
    raw: request({ fields: ["Connection: foo,keep-alive , bar"] }),
    seen: { method: "GET" },
  },
  {
    name: "Connection: close",
    raw: request({ fields: ["Connection: close"] }),
    seen: { method: "GET" },
    keeps: false,
  },
  {
    name: "Connection: close among others, in any case",
    raw: request({ fields: ["connection: foo ,\tCloSe, bar"] }),
    seen: { method: "GET" },
    keeps: false,
  },
  {
    name: "close in a second Connection line",
    raw: request({ fields: ["Connection: keep-alive", "Connection: close"] }),
    seen: { method: "GET" },
    keeps: false,
  },
  {
    name: "a token that only begins with close",
    raw: request({ fields: ["Connection: closed, xclose"] }),
    seen: { method: "GET" },
  },
  {
    name: "HTTP/1.0",
    raw: head("GET / HTTP/1.0", "Host: h"),
    seen: { url: "http://h/" },
    keeps: false,
  },
  {
    name: "HTTP/1.0 with keep-alive",
    raw: head("GET / HTTP/1.0", "Host: h", "Connection: Keep-Alive"),
    seen: { url: "http://h/" },
  },
  {
    name: "HTTP/1.0 with keep-alive and close",
    raw: head("GET / HTTP/1.0", "Connection: keep-alive, close"),
    seen: { method: "GET" },
    keeps: false,
  },
  {
    name: "HTTP/1.0 with a body",
    raw: head("POST / HTTP/1.0", "Connection: keep-alive", "Content-Length: 3") + "abc",
    seen: { body: "abc" },
  },
];

const HOSTS_BAD = [
  "",
  "a b",
  "a/b",
  "u@a",
  "a:b",
  "a:-1",
  "[::1",
  "::1",
  "[g::1]",

  "\xe9",
  "a?b",
  "1.2.3.4.5",
  "999.1.1.1",
  "a%00b",
  "a%2fb",
  "xn--a",
];
const LENGTHS_BAD = [
  "",
  "-1",
  "+1",
  "1,1",
  "1, 1",
  "0x1",
  "1 1",
  "1.0",
  "1e0",
  "1_0",
  '"1"',
  "9007199254740993",
  "18446744073709551617",
  "9".repeat(30),
];
const CODINGS_BAD = [
  "",
  "gzip",
  "chunked, gzip",
  "chunked, chunked",
  "chunked;a=b",
  "xchunked",
  "chunked chunked",
  "chunked,",
  '"chunked"',
  "identity",
];
const LINES_BAD = [
  "GET",
  "GET /",
  "GET / ",
  "GET  / HTTP/1.1",
  "GET /  HTTP/1.1",
  "GET / HTTP/1.1 ",
  " GET / HTTP/1.1",
  "GET\t/ HTTP/1.1",
  "GET /\tHTTP/1.1",
  "GET / http/1.1",
  "GET / HTTP/1",
  "GET / HTTP/1.",
  "GET / HTTP/1.10",
  "GET / HTTP/01.1",
  "GET / HTTP/1,1",
  "GET / HTTPS/1.1",
  "GET / HTTP/1.1\0",
  "GET / x HTTP/1.1",
  "G(T / HTTP/1.1",
  "G\0T / HTTP/1.1",
  "G\xcbT / HTTP/1.1",
  "GET * HTTP/1.1",
  "GET path HTTP/1.1",
  "GET ?q HTTP/1.1",
  "OPTIONS ** HTTP/1.1",
  "CONNECT /x HTTP/1.1",
  "GET http:// HTTP/1.1",
  "GET /\x01 HTTP/1.1",
  "GET /\x7f HTTP/1.1",
  "GET /\xe9 HTTP/1.1",
  "GET /\xc3\xa9 HTTP/1.1",
  "GET /a\0b HTTP/1.1",
];
const FIELDS_BAD = [
  "X : y",
  "X\t: y",
  " X: y",
  "\tX: y",
  ": y",
  "X",
  "X y",
  "X(: y",
  "X\xe9: y",
  "X\0: y",
  "X: a\0b",
  "X: a\x01b",
  "X: a\x7fb",
  "X: a\x0bb",
  "X: a\r\n b",
  "X: a\r\n\tb",
  "X: a\rb",
  "X: a\nb: c",
  "X: a\r",
];
const CHUNKS_BAD = [
  "zz\r\nabc\r\n0\r\n\r\n",
  "\r\nabc\r\n0\r\n\r\n",
  "-3\r\nabc\r\n0\r\n\r\n",
  "0x3\r\nabc\r\n0\r\n\r\n",
  " 3\r\nabc\r\n0\r\n\r\n",
  "3 \r\nabc\r\n0\r\n\r\n",
  "3\nabc\r\n0\r\n\r\n",
  "3\rabc\r\n0\r\n\r\n",
  "3\r\nabcd\r\n0\r\n\r\n",
  "3\r\nabc\n0\r\n\r\n",
  "3\r\nabc0\r\n\r\n",
  "fffffffffffffffff\r\nabc",
  "20000000000000\r\nabc",
  "3;\r\nabc\r\n0\r\n\r\n",
  "3;=b\r\nabc\r\n0\r\n\r\n",
  "3;a=\r\nabc\r\n0\r\n\r\n",
  '3;a="b\r\nabc\r\n0\r\n\r\n',
  "3;a=\x01\r\nabc\r\n0\r\n\r\n",
  "3;a\nabc\r\n0\r\n\r\n",
  "3\r\nabc\r\n0\r\nX : y\r\n\r\n",
  "3\r\nabc\r\n0\r\n X: y\r\n\r\n",
  "3\r\nabc\r\n0\r\nX\r\n\r\n",
  "3\r\nabc\r\n0\r\nX: a\0\r\n\r\n",
  "3\r\nabc\r\n0\r\nX: y\n\r\n",
  "3\r\nabc\r\n0\r\n\n",
];

const show = (text: string) => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);

function badEach(
  what: string,
  list: readonly string[],
  make: (each: string) => string,
  status = 400,
): BadCase[] {
  return list.map((each) => ({ name: `${what} ${show(each)}`, raw: make(each), status }));
}

/** Refused before the handler is called. */
export const BAD_HEADS: readonly BadCase[] = [
  ...badEach("request line", LINES_BAD, (line) => head(line, "Host: h")),
  ...badEach("field line", FIELDS_BAD, (line) => request({ fields: [line] })),
  ...badEach(
    "first field line",
    [" X: y", "\tX: y"],
    (line) => head("GET / HTTP/1.1", line, "Host: h"),
  ),
  ...badEach("Host", HOSTS_BAD, (host) => head("GET / HTTP/1.1", `Host: ${host}`)),
  ...badEach("Content-Length", LENGTHS_BAD, (length) => post([`Content-Length: ${length}`], "abc")),
  ...badEach("Transfer-Encoding", CODINGS_BAD, (list) => post([`Transfer-Encoding: ${list}`], ABC)),
  { name: "no Host", raw: head("GET / HTTP/1.1"), status: 400 },
  { name: "no Host, absolute-form", raw: head("GET http://h/ HTTP/1.1"), status: 400 },
  { name: "Host twice", raw: request({ fields: ["Host: h"] }), status: 400 },
  { name: "bare LF for every CRLF", raw: GET.replaceAll("\r\n", "\n"), status: 400 },
  { name: "bare LF after the request line", raw: "GET / HTTP/1.1\nHost: h\r\n\r\n", status: 400 },
  { name: "bare LF after a field", raw: "GET / HTTP/1.1\r\nHost: h\n\r\n", status: 400 },
  { name: "bare LF as the empty line", raw: "GET / HTTP/1.1\r\nHost: h\r\n\n", status: 400 },
  { name: "bare CR as the empty line", raw: "GET / HTTP/1.1\r\nHost: h\r\n\rX", status: 400 },
  { name: "bare CR after the request line", raw: "GET / HTTP/1.1\rHost: h\r\n\r\n", status: 400 },
  {
    name: "Content-Length twice, the same",
    raw: post(["Content-Length: 3", "Content-Length: 3"], "abc"),
    status: 400,
  },
  {
    name: "Content-Length twice, different",
    raw: post(["Content-Length: 3", "content-length: 4"], "abc"),
    status: 400,
  },
  {
    name: "Content-Length and Transfer-Encoding",
    raw: post(["Content-Length: 3", "Transfer-Encoding: chunked"], ABC),
    status: 400,
  },
  {
    name: "Transfer-Encoding and Content-Length",
    raw: post(["Transfer-Encoding: chunked", "Content-Length: 3"], ABC),
    status: 400,
  },
  {
    name: "Transfer-Encoding: chunked twice",
    raw: post(["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], ABC),
    status: 400,
  },
  {
    name: "chunked in a first line, gzip in a second",
    raw: post(["Transfer-Encoding: chunked", "Transfer-Encoding: gzip"], ABC),
    status: 400,
  },
  {
    name: "Transfer-Encoding in HTTP/1.0",
    raw: head("POST / HTTP/1.0", "Transfer-Encoding: chunked") + ABC,
    status: 400,
  },
  {
    name: "an unknown coding before chunked",
    raw: post(["Transfer-Encoding: gzip, chunked"], ABC),
    status: 501,
  },
  {
    name: "an unknown coding in a line before chunked",
    raw: post(["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], ABC),
    status: 501,
  },
  ...badEach(
    "version",
    ["0.9", "2.0", "3.0", "9.9"],
    (v) => head(`GET / HTTP/${v}`, "Host: h"),
    505,
  ),
  ...badEach(
    "Expect",
    ["a-miracle", "100-continue, a-miracle", "100-continued"],
    (value) => post([`Expect: ${value}`, "Content-Length: 3"], "abc"),
    417,
  ),
  { name: "CONNECT", raw: head("CONNECT h:80 HTTP/1.1", "Host: h:80"), status: 501 },
  {
    name: "an upgrade with a body",
    raw: post(["Connection: upgrade", "Upgrade: x", "Content-Length: 3"], "abc"),
    status: 400,
  },
  {
    name: "bytes that are no HTTP",
    raw: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    status: 400,
  },
];

/** Refused while the handler reads the body. */
export const BAD_BODIES: readonly BadCase[] = badEach("chunks", CHUNKS_BAD, chunkedPost);
