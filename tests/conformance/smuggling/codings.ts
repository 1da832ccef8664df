/**
 * TE.TE: two servers that both know Transfer-Encoding, of which one can be made not to see it. Each
 * spelling comes twice: alone, and beside a Content-Length that the other server would use.
 *
 * @module
 */

import { type Case, type Outcome, refused, served } from "../case.ts";
import { CHUNKED, ENDED, type Family, HIDDEN, lengthOf, post } from "./family.ts";

/** Valid field lines that say chunked, in several spellings. */
const SOUND = [
  "Transfer-Encoding:chunked",
  "Transfer-Encoding:  chunked",
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding: \t \tchunked",
  "Transfer-Encoding: chunked ",
  "Transfer-Encoding: chunked\t",
  "Transfer-Encoding: chunked \t ",
  "Transfer-Encoding: CHUNKED",
  "Transfer-Encoding: Chunked",
  "Transfer-Encoding: cHuNkEd",
  "TRANSFER-ENCODING: chunked",
  "transfer-encoding: chunked",
  "tRaNsFeR-eNcOdInG: chunked",
];

/** Values that are not `chunked`, though they look similar. */
const VALUES = [
  "",
  "xchunked",
  "chunkedx",
  "x chunked",
  "chunked x",
  "chunk",
  "chunkeD1",
  "chunked-false",
  "chunked.",
  "chunked_",
  "identity",
  "gzip",
  "cow",
  "true",
  "1",
  "*",
  "chunked, identity",
  "chunked, gzip",
  "chunked,cow",
  "chunked identity",
  "chunked, chunked",
  "chunked,chunked",
  "chunked,",
  "chunked, ",
  "chunked,,",
  "chunked,\t",
  ",chunked",
  ", chunked",
  ",,chunked",
  "chunked;",
  "chunked ;",
  "chunked;a",
  "chunked;a=b",
  "chunked; q=0.5",
  "chunked;q=0",
  'chunked;a="b"',
  'chunked;a=","',
  '"chunked"',
  "'chunked'",
  "`chunked`",
  "[chunked]",
  "(chunked)",
  "<chunked>",
  "{chunked}",
  "chunked()",
  "()chunked",
  "chunked\\",
  "\\chunked",
  "chunked/1",
  "chunked=",
  "=chunked",
  "chunked:",
  ": chunked",
  "chunked&",
  "chunked#",
  "%63hunked",
  "chunked%20",
  "chun ked",
  "chun-ked",
  "\0chunked",
  "chunked\0",
  "chun\0ked",
  "\x01chunked",
  "chunked\x01",
  "\x08chunked",
  "\x0bchunked",
  "chunked\x0b",
  " \x0bchunked",
  "\x0cchunked",
  "chunked\x0c",
  "\x1fchunked",
  "chunked\x1f",
  "chunked\x7f",
  "\x85chunked",
  "chunked\x85",
  "\xa0chunked",
  "chunked\xa0",
  "\xffchunked",
  "\xc2\xa0chunked",
  "\xe2\x80\x8bchunked",
  "\xef\xbb\xbfchunked",
  "\xe3\x80\x80chunked",
  "chun\xe2\x84\xaaed",
  "\xef\xbd\x83hunked",
  "ch\xc3\xbcnked",
  "chunked\r",
  "\rchunked",
  "chunked\r\r",
  "chunked\n",
  "\nchunked",
  "\r\n chunked",
  "\r\n\tchunked",
  "chunked\r\n ",
  "chunked\r\n\t",
  "chunked,\r\n identity",
  "chun\r\n ked",
  "\n chunked",
];

/** Lists whose last coding is chunked and whose first is none that Weir knows. */
const UNKNOWN = [
  "identity, chunked",
  "gzip, chunked",
  "gzip,chunked",
  "cow, chunked",
  "x, y, chunked",
  "compress\t,\tchunked",
  "gzip;q=1, chunked",
  'x;a="chunked", chunked',
  'x;a=",", chunked',
];

/** Field lines that break the grammar around the name. */
const NAMES = [
  "Transfer-Encoding : chunked",
  "Transfer-Encoding  : chunked",
  "Transfer-Encoding\t: chunked",
  "Transfer-Encoding\0: chunked",
  "Transfer-Encoding\x0b: chunked",
  "Transfer-Encoding\x0c: chunked",
  "Transfer-Encoding\x7f: chunked",
  "Transfer-Encoding\x85: chunked",
  "Transfer-Encoding\xa0: chunked",
  "Transfer-Encoding\xff: chunked",
  "Transfer-Encoding\r: chunked",
  "Transfer-Encoding\n: chunked",
  "Transfer-Encoding\r\n: chunked",
  "Transfer-Encoding\r\n : chunked",
  "Transfer-\0Encoding: chunked",
  "Transfer-\r\n Encoding: chunked",
  "Transfer Encoding: chunked",
  "Transfer\tEncoding: chunked",
  "Transfer\xe2\x80\x90Encoding: chunked",
  "Transfer\xe2\x88\x92Encoding: chunked",
  "Transfer-Encoding",
  "Transfer-Encoding chunked",
  "Transfer-Encoding= chunked",
  "Transfer-Encoding; chunked",
  "Transfer-Encoding:: chunked",
  "Transfer-Encoding/: chunked",
  "Transfer-Encoding(): chunked",
  '"Transfer-Encoding": chunked',
  "[Transfer-Encoding]: chunked",
  ":Transfer-Encoding: chunked",
  ": Transfer-Encoding: chunked",
  "\0Transfer-Encoding: chunked",
  "\x0bTransfer-Encoding: chunked",
  "\xa0Transfer-Encoding: chunked",
  "\xef\xbb\xbfTransfer-Encoding: chunked",
  " Transfer-Encoding: chunked",
  "\tTransfer-Encoding: chunked",
  "\rTransfer-Encoding: chunked",
  "\nTransfer-Encoding: chunked",
  "X: y\r\n Transfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\r\rTransfer-Encoding: chunked",
  "X: y\n\rTransfer-Encoding: chunked",
  "X: y\0Transfer-Encoding: chunked",
  "X: y\0\r\nTransfer-Encoding: chunked",
  "X: y\x0bTransfer-Encoding: chunked",
  "X:\nTransfer-Encoding: chunked",
  "X\r\nTransfer-Encoding: chunked",
];

/** Lines that are about something else, for every server that reads them as the RFCs say. */
const OTHERS = [
  "Transfer_Encoding: chunked",
  "TransferEncoding: chunked",
  "Transfer-Encodin: chunked",
  "Transfer-Encodings: chunked",
  "Transfer-Encoding-: chunked",
  "-Transfer-Encoding: chunked",
  "Transfer--Encoding: chunked",
  "Transfer.Encoding: chunked",
  "Transfer+Encoding: chunked",
  "Transfer~Encoding: chunked",
  "Transfer`Encoding: chunked",
  "X-Transfer-Encoding: chunked",
  "Content-Transfer-Encoding: chunked",
  "Content-Encoding: chunked",
  "TE: chunked",
  "Transfer: Encoding: chunked",
  "X: Transfer-Encoding: chunked",
  "X: y\x85Transfer-Encoding: chunked",
  "X: y\xe2\x80\xa8Transfer-Encoding: chunked",
  "X: y\\r\\nTransfer-Encoding: chunked",
  "X: y%0d%0aTransfer-Encoding: chunked",
  "X: y\tTransfer-Encoding: chunked",
];

/** Two lines and more. */
const DOUBLE: readonly (readonly [lines: readonly string[], status: number])[] = [
  [[CHUNKED, CHUNKED], 400],
  [[CHUNKED, "Transfer-Encoding: identity"], 400],
  [[CHUNKED, "Transfer-Encoding: cow"], 400],
  [[CHUNKED, "Transfer-Encoding:"], 400],
  [[CHUNKED, "Transfer-Encoding: ,"], 400],
  [[CHUNKED, "transfer-encoding: x"], 400],
  [[CHUNKED, "X: y", "Transfer-encoding: identity"], 400],
  [["Transfer-Encoding:", CHUNKED], 400],
  [["Transfer-Encoding: ,", CHUNKED], 400],
  [["Transfer-Encoding: chunked,", CHUNKED], 400],
  [["Transfer-Encoding: cow", "Transfer-Encoding: cow"], 400],
  [["Transfer-Encoding: xchunked", CHUNKED], 501],
  [["Transfer-Encoding: identity", CHUNKED], 501],
  [["Transfer-Encoding: cow", CHUNKED], 501],
  [["Transfer-Encoding: gzip", "X: y", CHUNKED], 501],
  [['Transfer-Encoding: "', CHUNKED, 'Transfer-Encoding: "'], 400],
];

/** Alone, and beside a length that covers the hidden request. */
function twice(lines: readonly string[], alone: Outcome, beside = refused()): Case[] {
  return [
    { input: post(lines, ENDED), outcome: alone },
    { input: post([...lines, lengthOf(ENDED)], ENDED), outcome: beside },
  ];
}

/** The chunked body has ended, so that every server takes what follows for a request. */
const SERVED_TWICE: Outcome = {
  statuses: [200, 200],
  seen: [{ method: "POST", body: "" }, { url: "http://h/smuggled" }],
  then: "keeps",
};

/** No body: `0` is no request line. */
const NO_REQUEST: Outcome = { statuses: [200, 400], seen: [{ body: "" }], then: "closes" };

const value = (each: string) => [`Transfer-Encoding: ${each}`];

/** The families of this file. */
export const CODING_FAMILIES: readonly Family[] = [
  {
    name: "TE.TE: spellings of chunked",
    about: "case and white space, which everybody should read alike",
    cases: SOUND.flatMap((line) => twice([line], SERVED_TWICE)),
  },
  {
    name: "TE.TE: values that are not chunked",
    about: "junk, quotes, parameters, controls, look-alikes, folds around the word",
    cases: VALUES.flatMap((each) => twice(value(each), refused())),
  },
  {
    name: "TE.TE: codings before chunked",
    about: "a coding that only one of two servers ignores",
    cases: UNKNOWN.flatMap((each) => twice(value(each), refused(501))),
  },
  {
    name: "TE.TE: the field's name",
    about: "white space, controls, folds and line ends around the name",
    cases: NAMES.flatMap((line) => twice([line], refused())),
  },
  {
    name: "TE.TE: similar names",
    about: "names that some servers take for the same one",
    cases: OTHERS.flatMap((line) => twice([line], NO_REQUEST, served({ body: ENDED }))),
  },
  {
    name: "TE.TE: several fields",
    about: "the first, the last, or both",
    cases: DOUBLE.flatMap(([lines, status]) => twice(lines, refused(status))),
  },
  {
    name: "TE.TE: the hidden request in a chunk",
    about: "the same spellings with a body that is sound",
    cases: SOUND.map((line) => ({
      input: post([line], `23\r\n${HIDDEN}\r\n0\r\n\r\n`),
      outcome: served({ body: HIDDEN }),
    })),
  },
];
