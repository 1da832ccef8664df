/**
 * Content-Length against Transfer-Encoding, and lengths that can be read in two ways.
 *
 * @module
 */

import { chunked, head, request } from "../../support/requests.ts";
import { brokenBody, type Outcome, refused, served } from "../case.ts";
import { CHUNKED, each, ENDED, type Family, HIDDEN, lengthOf, post } from "./family.ts";

const REFUSED = refused();
const LONG = chunked(HIDDEN);

const CL_TE: Family = {
  name: "CL.TE",
  about: "the front end goes by Content-Length, the back end by Transfer-Encoding",
  cases: [
    ...each(REFUSED, [
      post([lengthOf(ENDED), CHUNKED], ENDED),
      post([lengthOf(ENDED), "transfer-encoding: chunked"], ENDED),
      post([lengthOf(ENDED), "Transfer-Encoding:chunked"], ENDED),
      post([lengthOf(ENDED), "Transfer-Encoding: CHUNKED"], ENDED),
      post([lengthOf(ENDED), "X: y", CHUNKED], ENDED),
      post([lengthOf(ENDED), "Connection: keep-alive", CHUNKED], ENDED),
      post([lengthOf(ENDED), CHUNKED, "Connection: close"], ENDED),
      post(["Content-Length: 6", CHUNKED], "0\r\n\r\nG"),
      post(["Content-Length: 0", CHUNKED], LONG),
      post(["Content-Length: 5", CHUNKED], "0\r\n\r\n"),
      post([lengthOf(ENDED), CHUNKED, "Transfer-Encoding: identity"], ENDED),
      post([lengthOf(ENDED), "Transfer-Encoding: gzip, chunked"], ENDED),
      request({ method: "GET", fields: [lengthOf(ENDED), CHUNKED] }) + ENDED,
      request({ method: "HEAD", fields: [lengthOf(ENDED), CHUNKED] }) + ENDED,
      request({ method: "OPTIONS", fields: [lengthOf(ENDED), CHUNKED] }) + ENDED,
      request({ method: "PROPFIND", fields: [lengthOf(ENDED), CHUNKED] }) + ENDED,
      head("POST / HTTP/1.0", lengthOf(ENDED), CHUNKED) + ENDED,
      head("POST / HTTP/1.0", "Connection: keep-alive", lengthOf(ENDED), CHUNKED) + ENDED,
    ]),
  ],
};

const TE_CL: Family = {
  name: "TE.CL",
  about: "the front end goes by Transfer-Encoding, the back end by Content-Length",
  cases: [
    ...each(REFUSED, [
      post([CHUNKED, "Content-Length: 4"], LONG),
      post([CHUNKED, "Content-Length: 0"], LONG),
      post([CHUNKED, "Content-Length: 3"], LONG),
      post([CHUNKED, "content-length: 4"], LONG),
      post([CHUNKED, "Content-Length:4"], LONG),
      post([CHUNKED, "X: y", "Content-Length: 4"], LONG),
      post([CHUNKED, "Content-Length: 4", "Content-Length: 4"], LONG),
      post([CHUNKED, `Content-Length: ${LONG.length}`], LONG),
      post([CHUNKED, "Content-Length: x"], LONG),
      post([CHUNKED, "Content-Length:"], LONG),
      post(["Content-Length: 4", CHUNKED, "Content-Length: 4"], LONG),
      request({ method: "GET", fields: [CHUNKED, "Content-Length: 4"] }) + LONG,
      request({ method: "DELETE", fields: [CHUNKED, "Content-Length: 4"] }) + LONG,
      head("POST http://h/ HTTP/1.1", "Host: h", CHUNKED, "Content-Length: 4") + LONG,
      head("POST / HTTP/1.0", CHUNKED, "Content-Length: 4") + LONG,
    ]),
  ],
};

/** Values of Content-Length whose number differs with the parser; the body has 35 bytes. */
const BAD_NUMBERS = [
  "",
  "+35",
  "-35",
  "-0",
  "+0",
  "- 35",
  "35-",
  "0x23",
  "0X23",
  "x23",
  "0b100011",
  "0o43",
  "043h",
  "35h",
  "35 0",
  "3 5",
  "3\t5",
  "35.",
  "35.0",
  ".35",
  "35e0",
  "3.5e1",
  "3_5",
  "3'5",
  '"35"',
  "'35'",
  "(35)",
  "35;",
  "35;a=b",
  "35/35",
  "35:0",
  "=35",
  "35%",
  "%33%35",
  "35\0",
  "\x0035",
  "35\x0b",
  "\x0b35",
  "35\x0c",
  "35\x01",
  "35\x7f",
  "\xa035",
  "35\xa0",
  "\xc2\xa035",
  "\xef\xbb\xbf35",
  "\xef\xbc\x93\xef\xbc\x95",
  "\xd9\xa3\xd9\xa5",
  "\xb3\xb5",
  "35\\",
  "NaN",
  "Infinity",
  "null",
  "chunked",
  "9007199254740992",
  "9007199254740993",
  "4294967331x",
  "18446744073709551616",
  "18446744073709551651",
  "340282366920938463463374607431768211491",
  "9".repeat(100),
  "0".repeat(100) + "35",
  "00000000000000035",
];

const NUMBERS: Family = {
  name: "Content-Length: numbers",
  about: "signs, prefixes, junk, digits of other scripts, overflow",
  cases: [
    ...BAD_NUMBERS.map((value) => ({
      input: post([`Content-Length: ${value}`], HIDDEN),
      outcome: REFUSED,
    })),
    ...["35", "035", "0000000000000035", " 35", "\t35\t ", "35 "].map((value) => ({
      input: post([`Content-Length:${value}`], HIDDEN),
      outcome: served({ body: HIDDEN }),
    })),
    // 2^32 + 35, which a parser that keeps 32 bits reads as 35; and the most that a double can
    // hold.
    ...each(brokenBody(413), [
      post(["Content-Length: 4294967331"], HIDDEN),
      post(["Content-Length: 9007199254740991"], HIDDEN),
    ]),
  ],
};

const LISTS: Family = {
  name: "Content-Length: twice, and lists",
  about: "first, last, sum or neither",
  cases: each(REFUSED, [
    ...[
      "35, 35",
      "35,35",
      "35,0",
      "0,35",
      "0, 35",
      "35, 0",
      "35,",
      ",35",
      ",",
      "35,,35",
      "35;35",
      "35 35",
      "35\t35",
      "35, x",
    ]
      .map((value) => post([`Content-Length: ${value}`], HIDDEN)),
    post(["Content-Length: 35", "Content-Length: 35"], HIDDEN),
    post(["Content-Length: 35", "Content-Length: 0"], HIDDEN),
    post(["Content-Length: 0", "Content-Length: 35"], HIDDEN),
    post(["Content-Length: 0", "Content-Length: 0"], HIDDEN),
    post(["Content-Length: 35", "content-length: 0"], HIDDEN),
    post(["Content-Length: 35", "X: y", "Content-Length: 0"], HIDDEN),
    post(["Content-Length: 35", "Content-Length:"], HIDDEN),
    post(["Content-Length:", "Content-Length: 35"], HIDDEN),
    post(["Content-Length: 35", "Content-Length: 0x23"], HIDDEN),
    post(["Content-Length: 035", "Content-Length: 35"], HIDDEN),
    post(Array(3).fill("Content-Length: 35"), HIDDEN),
    head("POST / HTTP/1.0", "Content-Length: 35", "Content-Length: 0") + HIDDEN,
    head("POST / HTTP/1.1", "Content-Length: 35", "Host: h", "Content-Length: 0") + HIDDEN,
  ]),
};

/** No length was given, so the hidden request is the next one: both servers must see it as such. */
const TWO: Outcome = {
  statuses: [200, 200],
  seen: [{ method: "POST", body: "" }, { url: "http://h/smuggled" }],
  then: "keeps",
};

const NAMES: Family = {
  name: "Content-Length: the name",
  about: "a length that only one of two servers sees",
  cases: [
    ...each(
      REFUSED,
      [
        "Content-Length : 35",
        "Content-Length\t: 35",
        "Content-Length\0: 35",
        "Content-Length\x0b: 35",
        "Content-Length\xa0: 35",
        "Content-\0Length: 35",
        "Content Length: 35",
        "Content\tLength: 35",
        "Content-Length",
        "Content-Length 35",
        "Content-Length= 35",
        "Content-Length:: 35",
        "Content-Length: : 35",
        ":Content-Length: 35",
        '"Content-Length": 35',
        "(Content-Length): 35",
        "\0Content-Length: 35",
        "\x0bContent-Length: 35",
        " Content-Length: 35",
        "\tContent-Length: 35",
        "\xef\xbb\xbfContent-Length: 35",
        "Content-Length;: 35",
        "Content\xe2\x80\x90Length: 35",
        "Content\xc2\xadLength: 35",
        "Content-Length:\r\n 35",
        "Content-Length: 3\r\n 5",
        "Content-Length: 35\r\n ",
        "X: y\r\n Content-Length: 35",
        "X: y\nContent-Length: 35",
        "X: y\rContent-Length: 35",
        "X: y\r\rContent-Length: 35",
        "X: y\n\rContent-Length: 35",
        "X: y\0Content-Length: 35",
        "X\nContent-Length: 35",
      ].map((line) => post([line], HIDDEN)),
    ),
    ...each(
      TWO,
      [
        "Content_Length: 35",
        "ContentLength: 35",
        "Content-Lengt: 35",
        "Content-Lengths: 35",
        "Content--Length: 35",
        "X-Content-Length: 35",
        "Content.Length: 35",
        "Length: 35",
        "Content-Encoding: 35",
        "X: Content-Length: 35",
        "X: y\x85Content-Length: 35",
        "X: y\xe2\x80\xa8Content-Length: 35",
        "X: y\\r\\nContent-Length: 35",
        "X: y%0d%0aContent-Length: 35",
      ].map((line) => post([line], HIDDEN)),
    ),
  ],
};

/** The families of this file. */
export const LENGTH_FAMILIES: readonly Family[] = [CL_TE, TE_CL, NUMBERS, LISTS, NAMES];
