/**
 * What a server answers to frames, right and wrong: rows from RFC 6455 §5 to §8. The server sends every
 * message back.
 *
 * @module
 */

import { type Bytes, concat } from "../support/response.ts";
import { latin1 } from "../support/wire.ts";
import { BINARY, CLOSE, close, CONTINUATION, frame, PING, PONG, TEXT } from "./raw_socket.ts";

/** Frames of a client, and what comes back, line by line as `lineOf` has it. */
export interface FrameRow {
  readonly name: string;
  readonly sent: readonly Bytes[];
  readonly answers: readonly string[];
  /** Whether the server fails the connection; else the client ends it with a Close frame of 1000. */
  readonly fails?: boolean;
}

const fails = (name: string, code: number, ...sent: Bytes[]): FrameRow => ({
  name,
  sent,
  answers: [`close:${code}`],
  fails: true,
});
const echoes = (name: string, answers: readonly string[], ...sent: Bytes[]): FrameRow => ({
  name,
  sent,
  answers,
});
const part = (opcode: number, text: string) => frame(opcode, text, { fin: false });
const utf8 = (text: string) => new TextEncoder().encode(text);
const asLatin1 = (bytes: Bytes) => String.fromCharCode(...bytes);

const LENGTHS = [0, 1, 2, 3, 4, 5, 63, 124, 125, 126, 127, 128, 129, 255, 256];

const messages: FrameRow[] = LENGTHS.flatMap((length) => {
  const text = "abcde".repeat(52).slice(0, length);
  return [
    echoes(`a text of ${length} bytes`, [`text:${text}`], frame(TEXT, text)),
    echoes(`a binary message of ${length} bytes`, [`binary:${text}`], frame(BINARY, text)),
  ];
});

const masks: FrameRow[] = [
  [0, 0, 0, 0],
  [255, 255, 255, 255],
  [0, 0, 0, 1],
  [1, 0, 0, 0],
  [97, 98, 99, 100],
].flatMap((mask) => [
  echoes(`the mask ${mask}`, ["text:abcdefg"], frame(TEXT, "abcdefg", { mask })),
  echoes(`the mask ${mask} on no bytes`, ["binary:"], frame(BINARY, "", { mask })),
]);

const unmasked: FrameRow[] = [TEXT, BINARY, CLOSE, PING, PONG].flatMap((opcode) => [
  fails(`opcode ${opcode} without a mask`, 1002, frame(opcode, "", { mask: null })),
  fails(
    `opcode ${opcode} without a mask, with bytes`,
    1002,
    frame(opcode, "\x03\xe8", { mask: null }),
  ),
]);

const reserved: FrameRow[] = [0x40, 0x20, 0x10, 0x60, 0x50, 0x30, 0x70].flatMap((rsv) =>
  [TEXT, BINARY, CLOSE, PING, PONG].map((opcode) =>
    fails(`RSV ${rsv >> 4} on opcode ${opcode}`, 1002, frame(opcode, "", { rsv }))
  )
);

const opcodes: FrameRow[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
  fails(`the reserved opcode ${opcode}`, 1002, frame(opcode)),
  fails(`the reserved opcode ${opcode} without FIN`, 1002, frame(opcode, "a", { fin: false })),
]);

const lengths: FrameRow[] = [
  // §5.2 asks the sender for the shortest form, and says nothing of a receiver: all are taken.
  echoes("a length of 5 in two bytes", ["text:hello"], frame(TEXT, "hello", { lengthBytes: 2 })),
  echoes("a length of 5 in eight bytes", ["text:hello"], frame(TEXT, "hello", { lengthBytes: 8 })),
  echoes("a length of 0 in two bytes", ["text:"], frame(TEXT, "", { lengthBytes: 2 })),
  echoes(
    "a length of 126 in eight bytes",
    [`binary:${"x".repeat(126)}`],
    frame(BINARY, "x".repeat(126), { lengthBytes: 8 }),
  ),
  fails("a length over the limit", 1009, frame(BINARY, "", { length: 16_777_217 })),
  fails("a length over 2^32", 1009, frame(BINARY, "", { length: 2 ** 33 })),
  fails("a length over 2^53", 1009, frame(BINARY, "", { length: 2 ** 60 })),
  fails("a length with the highest bit", 1009, frame(BINARY, "", { length: 2 ** 63 })),
];

const fragments: FrameRow[] = [
  echoes(
    "a text of two fragments",
    ["text:Hello"],
    part(TEXT, "Hel"),
    frame(CONTINUATION, "lo"),
  ),
  echoes("a binary message of two", ["binary:ab"], part(BINARY, "a"), frame(CONTINUATION, "b")),
  echoes(
    "a text of five",
    ["text:abcde"],
    part(TEXT, "a"),
    part(CONTINUATION, "b"),
    part(CONTINUATION, "c"),
    part(CONTINUATION, "d"),
    frame(CONTINUATION, "e"),
  ),
  echoes("empty fragments", ["text:"], part(TEXT, ""), part(CONTINUATION, ""), frame(CONTINUATION)),
  echoes("an empty first", ["text:b"], part(TEXT, ""), frame(CONTINUATION, "b")),
  echoes("an empty last", ["text:a"], part(TEXT, "a"), frame(CONTINUATION)),
  echoes(
    "two fragmented messages",
    ["text:ab", "binary:cd"],
    part(TEXT, "a"),
    frame(CONTINUATION, "b"),
    part(BINARY, "c"),
    frame(CONTINUATION, "d"),
  ),
  fails("a continuation of nothing", 1002, frame(CONTINUATION, "a")),
  fails("an unfinished continuation of nothing", 1002, part(CONTINUATION, "a")),
  fails("a text inside of a text", 1002, part(TEXT, "a"), frame(TEXT, "b")),
  fails("a binary message inside of a text", 1002, part(TEXT, "a"), frame(BINARY, "b")),
  fails("an unfinished text inside of a text", 1002, part(TEXT, "a"), part(TEXT, "b")),
  fails("a text inside of a binary message", 1002, part(BINARY, "a"), frame(TEXT, "b")),
  {
    name: "a continuation after the end",
    sent: [part(TEXT, "a"), frame(CONTINUATION, "b"), frame(CONTINUATION, "c")],
    answers: ["text:ab", "close:1002"],
    fails: true,
  },
];

const FULL = "p".repeat(125);
const control: FrameRow[] = [
  echoes("a ping", ["pong:"], frame(PING)),
  echoes("a ping with bytes", ["pong:abc"], frame(PING, "abc")),
  echoes("a ping with bytes that are not UTF-8", ["pong:\xff\xfe"], frame(PING, "\xff\xfe")),
  echoes("a ping of 125 bytes", [`pong:${FULL}`], frame(PING, FULL)),
  fails("a ping of 126 bytes", 1002, frame(PING, `${FULL}p`)),
  fails("a pong of 126 bytes", 1002, frame(PONG, `${FULL}p`)),
  fails("a close of 126 bytes", 1002, frame(CLOSE, `\x03\xe8${FULL.slice(1)}`)),
  fails("a ping with its length in two bytes", 1002, frame(PING, "a", { lengthBytes: 2 })),
  fails("a ping with its length in eight bytes", 1002, frame(PING, "a", { lengthBytes: 8 })),
  fails("a ping without FIN", 1002, part(PING, "a")),
  fails("a pong without FIN", 1002, part(PONG, "a")),
  fails("a close without FIN", 1002, part(CLOSE, "")),
  echoes("a pong that nobody asked for", [], frame(PONG, "x")),
  echoes("an empty pong", [], frame(PONG)),
  echoes("a pong and a text", ["text:a"], frame(PONG, "x"), frame(TEXT, "a")),
  echoes(
    "a ping between two fragments",
    ["pong:p", "text:ab"],
    part(TEXT, "a"),
    frame(PING, "p"),
    frame(CONTINUATION, "b"),
  ),
  echoes(
    "pings and pongs between three fragments",
    ["pong:1", "pong:2", "binary:abc"],
    part(BINARY, "a"),
    frame(PING, "1"),
    frame(PONG, "x"),
    part(CONTINUATION, "b"),
    frame(PING, "2"),
    frame(CONTINUATION, "c"),
  ),
  {
    name: "a close between two fragments",
    sent: [part(TEXT, "a"), close(1000), frame(CONTINUATION, "b")],
    answers: ["close:1000"],
    fails: true,
  },
  {
    name: "frames after a close",
    sent: [close(1000), frame(TEXT, "late"), frame(PING, "late")],
    answers: ["close:1000"],
    fails: true,
  },
  {
    name: "two closes",
    sent: [close(1000), close(1001)],
    answers: ["close:1000"],
    fails: true,
  },
];

const closes: FrameRow[] = [
  { name: "a close without a code", sent: [close()], answers: ["close:"], fails: true },
  fails("a close of one byte", 1002, frame(CLOSE, "\x03")),
  ...[
    1000,
    1001,
    1002,
    1003,
    1007,
    1008,
    1009,
    1010,
    1011,
    1012,
    1013,
    1014,
    3000,
    3999,
    4000,
    4999,
  ]
    .flatMap((code) => [
      {
        name: `a close with ${code}`,
        sent: [close(code)],
        answers: [`close:${code}`],
        fails: true,
      },
      {
        name: `a close with ${code} and a reason`,
        sent: [close(code, "why")],
        answers: [`close:${code} why`],
        fails: true,
      },
    ]),
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((code) =>
    fails(`a close with the bad code ${code}`, 1002, close(code))
  ),
  {
    name: "a close with a reason of 123 bytes",
    sent: [close(1000, "r".repeat(123))],
    answers: [`close:1000 ${"r".repeat(123)}`],
    fails: true,
  },
  fails("a close whose reason is not UTF-8", 1007, close(1000, "\xff")),
  fails("a close whose reason ends in a character", 1007, close(1000, "\xc3")),
];

/** Texts by what they show; `null` where they are not UTF-8. */
const VALID: Readonly<Record<string, string>> = {
  "two bytes": "ä",
  "three bytes": "€",
  "four bytes": "😀",
  "all of them": "aä€😀",
  "the lowest of two": "\u0080",
  "the highest of two": "\u07ff",
  "the lowest of three": "\u0800",
  "before the surrogates": "\ud7ff",
  "after the surrogates": "\ue000",
  "the highest of three": "\uffff",
  "the lowest of four": "\u{10000}",
  "the highest of all": "\u{10ffff}",
  "a byte order mark": "\ufeffa",
  "a NUL": "a\0b",
  "the replacement character": "\ufffd",
};
const INVALID: Readonly<Record<string, string>> = {
  "a continuation byte": "\x80",
  "another continuation byte": "\xbf",
  "a start without its continuation": "\xc3a",
  "an end within two bytes": "\xc3",
  "an end within three bytes": "\xe2\x82",
  "an end within four bytes": "\xf0\x9f\x98",
  "a NUL in two bytes": "\xc0\x80",
  "a slash in two bytes": "\xc0\xaf",
  "a slash in three bytes": "\xe0\x80\xaf",
  "a slash in four bytes": "\xf0\x80\x80\xaf",
  "two bytes that one could say": "\xc1\xbf",
  "three bytes that two could say": "\xe0\x9f\xbf",
  "four bytes that three could say": "\xf0\x8f\xbf\xbf",
  "the first surrogate": "\xed\xa0\x80",
  "the last surrogate": "\xed\xbf\xbf",
  "a pair of surrogates": "\xed\xa0\xbd\xed\xb8\x80",
  "over the highest": "\xf4\x90\x80\x80",
  "five bytes": "\xf8\x88\x80\x80\x80",
  "six bytes": "\xfc\x84\x80\x80\x80\x80",
  "FE": "\xfe",
  "FF": "\xff",
};

const texts: FrameRow[] = [
  ...Object.entries(VALID).map(([name, text]) =>
    echoes(`UTF-8: ${name}`, [`text:${asLatin1(utf8(text))}`], frame(TEXT, utf8(text)))
  ),
  ...Object.entries(INVALID).map(([name, bytes]) =>
    fails(`not UTF-8: ${name}`, 1007, frame(TEXT, bytes))
  ),
  ...Object.entries(INVALID).map(([name, bytes]) =>
    echoes(`not UTF-8, but binary: ${name}`, [`binary:${bytes}`], frame(BINARY, bytes))
  ),
];

/** The same texts, cut into two fragments wherever that is possible. */
const splits: FrameRow[] = [
  ...Object.entries(VALID).map(([name, text]) => ({ name, bytes: utf8(text), isValid: true })),
  ...Object.entries(INVALID).map(([name, text]) => ({ name, bytes: latin1(text), isValid: false })),
].flatMap(({ name, bytes, isValid }) =>
  Array.from({ length: bytes.length + 1 }, (_, at) => ({
    name: `${isValid ? "UTF-8" : "not UTF-8"}: ${name}, cut at ${at}`,
    sent: [
      frame(TEXT, bytes.slice(0, at), { fin: false }),
      frame(CONTINUATION, bytes.slice(at)),
    ],
    answers: isValid ? [`text:${asLatin1(bytes)}`] : ["close:1007"],
    fails: !isValid,
  }))
);

/** All rows, by the part of the protocol that they are about. */
export const FRAME_ROWS: Readonly<Record<string, readonly FrameRow[]>> = {
  messages,
  masks,
  unmasked,
  reserved,
  opcodes,
  lengths,
  fragments,
  control,
  closes,
  texts,
  splits,
};

/** What a client sends in a row, to its Close frame. */
export function bytesOf({ sent, fails }: FrameRow): Bytes {
  return concat(fails ? sent : [...sent, close(1000)]);
}

/** What comes back in a row, to the server's Close frame. */
export function answersOf({ answers, fails }: FrameRow): readonly string[] {
  return fails ? answers : [...answers, "close:1000"];
}
