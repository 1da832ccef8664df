/**
 * Octets that some servers take for line ends or white space, at every place of a head, and field
 * lines that some of them repair.
 *
 * @module
 */

import { head, request } from "../../support/requests.ts";
import { type Case, refused, served, servedLast } from "../case.ts";
import { DEFAULT_HOST } from "../handlers.ts";
import { CHUNKED, each, type Family, HIDDEN, post } from "./family.ts";

const REFUSED = refused();
const HOST = "Host: h";

/** A request with `octets` at one place of its head. */
type Place = (octets: string) => string;

const PLACES: Readonly<Record<string, Place>> = {
  "before the method": (o) => `${o}GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n`,
  "in the method": (o) => `G${o}ET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n`,
  "after the method": (o) => `GET${o} / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n`,
  "before the target": (o) => `GET ${o}/ HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n`,
  "in the target": (o) => `GET /a${o}b HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n`,
  "before the version": (o) => `GET / ${o}HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n`,
  "in the version": (o) => `GET / HTTP/${o}1.1\r\nHost: h\r\nX: y\r\n\r\n`,
  "after the version": (o) => `GET / HTTP/1.1${o}\r\nHost: h\r\nX: y\r\n\r\n`,
  "before the first field": (o) => `GET / HTTP/1.1\r\n${o}Host: h\r\nX: y\r\n\r\n`,
  "before a later field": (o) => `GET / HTTP/1.1\r\nHost: h\r\n${o}X: y\r\n\r\n`,
  "in a name": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX${o}Z: y\r\n\r\n`,
  "before a colon": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX${o}: y\r\n\r\n`,
  "in the Host": (o) => `GET / HTTP/1.1\r\nHost: h${o}i\r\nX: y\r\n\r\n`,
  "between CR and LF": (o) => `GET / HTTP/1.1\r\nHost: h\r${o}\nX: y\r\n\r\n`,
  "before the empty line": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n${o}\r\n`,
  "for the CR after the version": (o) => `GET / HTTP/1.1${o}\nHost: h\r\nX: y\r\n\r\n`,
  "for the CR after a field": (o) => `GET / HTTP/1.1\r\nHost: h${o}\nX: y\r\n\r\n`,
  "for the CR of the empty line": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n${o}\n`,
  "for the LF after the version": (o) => `GET / HTTP/1.1\r${o}Host: h\r\nX: y\r\n\r\n`,
  "for the LF after a field": (o) => `GET / HTTP/1.1\r\nHost: h\r${o}X: y\r\n\r\n`,
  "for the LF of the empty line": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r${o}`,
  "in the empty line": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r${o}\n`,
};

const VALUES: Readonly<Record<string, Place>> = {
  "before a value": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX: ${o}y\r\n\r\n`,
  "in a value": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX: a${o}b\r\n\r\n`,
  "after a value": (o) => `GET / HTTP/1.1\r\nHost: h\r\nX: y${o}\r\n\r\n`,
};

function places(octets: string, where: Readonly<Record<string, Place>>): Case[] {
  return Object.entries(where).map(([name, place]) => ({
    name,
    input: place(octets),
    outcome: REFUSED,
  }));
}

/** Obs-text is opaque in a value (RFC 9110 §5.5), and nothing anywhere else. */
function opaque(octets: string): Case[] {
  return Object.entries(VALUES).map(([name, place]) => ({
    name,
    input: place(octets),
    outcome: served({ fields: { x: /X: (.*)\r/.exec(place(octets))![1]! } }),
  }));
}

const OCTETS: readonly Family[] = [
  {
    name: "NUL",
    about: "where a string ends in C",
    cases: [
      ...places("\0", PLACES),
      ...places("\0", VALUES),
      {
        name: "in a body, where it is an octet like any other",
        input: request({ body: "a\0b" }),
        outcome: served({ body: "a\0b" }),
      },
    ],
  },
  {
    name: "bare CR",
    about: "a line end for some, a space for others",
    cases: [
      ...places("\r", PLACES).filter(({ name }) =>
        name !== "in the empty line" && !name!.startsWith("for the CR")
      ),
      ...places("\r", VALUES),
      {
        name: "a whole field after one",
        input: request({ fields: ["X: y\rZ: a"] }),
        outcome: REFUSED,
      },
      {
        name: "CR alone for all line ends",
        input: "GET / HTTP/1.1\rHost: h\r\r",
        outcome: REFUSED,
      },
      { name: "doubled", input: "GET / HTTP/1.1\r\r\nHost: h\r\r\n\r\r\n", outcome: REFUSED },
    ],
  },
  {
    name: "bare LF",
    about: "a line end for most, and none for the rest",
    cases: [
      ...places("\n", PLACES).filter(({ name }) =>
        name !== "in the empty line" && name !== "between CR and LF" &&
        !name!.startsWith("for the LF")
      ),
      {
        name: "after the head, where the next request begins",
        input: request() + "\n",
        outcome: { statuses: [200, 400], seen: [{ method: "GET" }], then: "closes" },
      },
      ...places("\n", VALUES),
      {
        name: "a whole field after one",
        input: request({ fields: ["X: y\nZ: a"] }),
        outcome: REFUSED,
      },
      { name: "for all line ends", input: "GET / HTTP/1.1\nHost: h\n\n", outcome: REFUSED },
      {
        name: "after the request line",
        input: "GET / HTTP/1.1\nHost: h\r\n\r\n",
        outcome: REFUSED,
      },
      { name: "after a field", input: "GET / HTTP/1.1\r\nHost: h\n\r\n", outcome: REFUSED },
      { name: "for the empty line", input: "GET / HTTP/1.1\r\nHost: h\r\n\n", outcome: REFUSED },
      {
        name: "a hidden request after two",
        input: `GET / HTTP/1.1\r\nHost: h\n\n${HIDDEN}`,
        outcome: REFUSED,
      },
    ],
  },
  ...([["VT", "\x0b"], ["FF", "\x0c"], ["DEL", "\x7f"], ["US", "\x1f"]] as const).map((
    [name, octet],
  ) => ({
    name: `the control character ${name}`,
    about: "white space for some libraries",
    cases: [...places(octet, PLACES), ...places(octet, VALUES)],
  })),
  ...([
    ["NEL", "\x85"],
    ["NBSP", "\xa0"],
    ["U+00A0", "\xc2\xa0"],
    ["U+2028", "\xe2\x80\xa8"],
    ["U+560A", "\xe5\x98\x8a"],
    ["U+010A, cut to LF by some", "\xc4\x8a"],
    ["a byte order mark", "\xef\xbb\xbf"],
  ] as const).map(([name, octets]) => ({
    name: `obs-text: ${name}`,
    about: "white space or a line end for those that read characters",
    cases: [...places(octets, PLACES), ...opaque(octets)],
  })),
];

/** Bytes that are no tchar, RFC 9110 §5.6.2; a colon ends the name. */
const NO_TOKEN = [...'"(),/;<=>?@[\\]{} \t\x01\x08\x0e\x1b\x80\xff'];

const NAMES: Family = {
  name: "characters in a field's name",
  about: "names that some servers take, cut or normalize",
  cases: [
    ...each(REFUSED, NO_TOKEN.map((char) => request({ fields: [`A${char}B: y`] }))),
    ...[..."!#$%&'*+-.^_`|~09"].map((char) => ({
      input: request({ fields: [`A${char}B: y`] }),
      outcome: served({ fields: { [`a${char}b`]: "y" } }),
    })),
    {
      input: request({ fields: ["A:B: y"] }),
      outcome: served({ fields: { a: "B: y" } }),
    },
    {
      name: "a name that is an object's",
      input: request({ fields: ["__proto__: y", "constructor: z"] }),
      outcome: served({ fields: { constructor: "z" } }),
    },
  ],
};

const SPACE: Family = {
  name: "white space around lines",
  about: "lines that some servers join, trim or drop",
  cases: [
    ...each(REFUSED, [
      " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "\tGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "\r\n GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      " \r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /  HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\t\r\nHost: h\r\n\r\n",
      "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
      "GET / HTTP/1.1\r\n\tHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost\t: h\r\n\r\n",
      "GET / HTTP/1.1\r\n \r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n \r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\t\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n \r\n" + HIDDEN,
    ]),
    ...each(REFUSED, [
      request({ fields: ["X: a\r\n b"] }),
      request({ fields: ["X: a\r\n\tb"] }),
      request({ fields: ["X:\r\n b"] }),
      request({ fields: ["X: a\r\n  \r\n b"] }),
      request({ fields: ["X: a\r\n : b"] }),
      request({ fields: ["X: a\r\n GET /smuggled HTTP/1.1"] }),
      request({ fields: ["X: a\n b"] }),
      request({ fields: ["X: a\r b"] }),
      head("GET / HTTP/1.1", "Host: h\r\n i"),
      head("GET / HTTP/1.1", "Host:\r\n h"),
      head("GET / HTTP/1.1", HOST, "Connection: keep-alive\r\n close"),
      post([`${CHUNKED}\r\n , identity`], `0\r\n\r\n${HIDDEN}`),
    ]),
    { input: `\r\n${request()}`, outcome: served() },
    { input: request({ fields: ["X: \t y \t"] }), outcome: served({ fields: { x: "y" } }) },
  ],
};

const VERSIONS: Family = {
  name: "versions",
  about: "HTTP/0.9, whose answers have no head, and versions that frame in another way",
  cases: [
    ...each(REFUSED, [
      "GET /\r\n",
      `GET /\r\n${HIDDEN}`,
      `GET / \r\n${HIDDEN}`,
      `GET\r\n${HIDDEN}`,
      "GET / HTTP\r\n\r\n",
      "GET / HTTP/\r\n\r\n",
      ...[
        "HTTP/1",
        "HTTP/1.",
        "HTTP/.1",
        "HTTP/1.10",
        "HTTP/1.01",
        "HTTP/01.1",
        "HTTP/10.1",
        "HTTP/11",
        "HTTP/1,1",
        "HTTP/1-1",
        "HTTP/1 .1",
        "HTTP/ 1.1",
        "HTTP/1.1.1",
        "HTTP/1.1x",
        "HTTP/1.1;a",
        "HTTP/1.1 HTTP/1.0",
        "HTTP/x.1",
        "HTTP/-1.1",
        "HTTP/+1.1",
        "HTTP/0x1.1",
        "http/1.1",
        "Http/1.1",
        "HTTPS/1.1",
        "HTCPCP/1.0",
        "ICY/1.1",
        "RTSP/1.0",
        "SIP/2.0",
        "HTTP/\xb9.\xb9",
        "HTTP/1\xef\xbc\x8e1",
      ].map((version) => head(`GET / ${version}`, HOST)),
    ]),
    ...each(refused(505), [
      ...["0.9", "0.0", "1.2", "1.9", "2.0", "3.0", "9.9"].map((version) =>
        head(`GET / HTTP/${version}`, HOST)
      ),
      head("POST / HTTP/1.2", HOST, CHUNKED) + `0\r\n\r\n${HIDDEN}`,
      head("POST / HTTP/0.9", HOST, "Content-Length: 35") + HIDDEN,
    ]),
    ...each(REFUSED, [
      head("POST / HTTP/1.0", CHUNKED) + `0\r\n\r\n${HIDDEN}`,
      head("POST / HTTP/1.0", HOST, "Connection: keep-alive", CHUNKED) + `0\r\n\r\n${HIDDEN}`,
    ]),
    {
      name: "HTTP/1.0 closes, so that what follows is lost",
      input: head("GET / HTTP/1.0") + HIDDEN,
      outcome: servedLast({ url: `http://${DEFAULT_HOST}/` }),
    },
  ],
};

/** The families of this file. */
export const OCTET_FAMILIES: readonly Family[] = [...OCTETS, NAMES, SPACE, VERSIONS];
