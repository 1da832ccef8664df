import { ProtocolError } from "../../reactor/errors.ts";
import { ChunkedDecoder, type ChunkLimits, ChunkStep } from "../../reactor/h1/chunked.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { counting, type Feeding, feedings, latin1, textOf } from "./splits.ts";

/** The body and how many bytes it took, or why it was refused, or what there was of it. */
type Outcome =
  | { readonly body: string; readonly length: number }
  | { readonly partial: string }
  | "bad_chunk";

/** Feeds the pieces, each in a buffer that is overwritten afterwards. */
function decode(decoder: ChunkedDecoder, feeding: Feeding): Outcome {
  let body = "";
  let begin = 0;
  for (const end of feeding.ends) {
    const piece = feeding.bytes.slice(begin, end);
    let at = 0;
    let step: ChunkStep = ChunkStep.DATA;
    while (step === ChunkStep.DATA) {
      try {
        step = decoder.next(piece, at, piece.length);
      } catch (error) {
        if (error instanceof ProtocolError && error.code === "bad_chunk") return error.code;
        throw error;
      }
      at = decoder.position;
      if (step === ChunkStep.DATA) {
        assert(decoder.dataEnd > decoder.dataStart && decoder.dataEnd <= at);
        body += textOf(piece, decoder.dataStart, decoder.dataEnd);
      }
    }
    if (step === ChunkStep.DONE) return { body, length: begin + at };
    assertEquals(at, piece.length, "every byte is taken in");
    piece.fill(0);
    begin = end;
  }
  return { partial: body };
}

function check(raw: string, expected: Outcome, limits?: ChunkLimits): void {
  const alone = typeof expected === "object" && "partial" in expected;
  for (const feeding of feedings(raw, { alone })) {
    const outcome = decode(new ChunkedDecoder(limits), feeding);
    assertEquals(outcome, expected, `${feeding.name}: ${JSON.stringify(raw)}`);
  }
}

/** One chunk with this line, and the end of the body. */
function chunk(line: string, data = "abc"): string {
  return `${line}\r\n${data}\r\n0\r\n\r\n`;
}

const GOOD: readonly (readonly [raw: string, body: string])[] = [
  ["0\r\n\r\n", ""],
  ["000\r\n\r\n", ""],
  [chunk("3"), "abc"],
  [chunk("03"), "abc"],
  [chunk("0000000000000003"), "abc"],
  [chunk("a", "0123456789"), "0123456789"],
  [chunk("A", "0123456789"), "0123456789"],
  [chunk("1F", "x".repeat(31)), "x".repeat(31)],
  ["1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"],
  [chunk("4", "\r\n\0\xff"), "\r\n\0\xff"],
  [chunk("7", "0\r\n\r\n\r\n"), "0\r\n\r\n\r\n"],
  // RFC 9112 §7.1.1
  [chunk("3;a"), "abc"],
  [chunk("3;a=b"), "abc"],
  [chunk("3;a;b=c;d"), "abc"],
  [chunk('3;a="b c\t;\\"\\\\\x80\xff"'), "abc"],
  [chunk('3;a=""'), "abc"],
  [chunk('3;a="b";c'), "abc"],
  [chunk("3;!#$%&'*+-.^_`|~09az=!#$%&'*+-.^_`|~09AZ"), "abc"],
  ["0;a=b\r\n\r\n", ""],
  // The whitespace that a recipient has to take, RFC 9110 §5.6.3.
  [chunk("3 ;a"), "abc"],
  [chunk("3\t ;a"), "abc"],
  [chunk("3; \ta"), "abc"],
  [chunk("3;a =b"), "abc"],
  [chunk("3;a \t =b"), "abc"],
  [chunk("3;a= \tb"), "abc"],
  [chunk("3;a ;b"), "abc"],
  [chunk("3;a=b ;c"), "abc"],
  [chunk('3 ; a = "b" ; c'), "abc"],
  // §7.1.2
  ["0\r\na: b\r\n\r\n", ""],
  ["0\r\na:\r\nb:\tc \x80\r\n\r\n", ""],
  [chunk("3").slice(0, -2) + "Content-Length: 5\r\n\r\n", "abc"],
];

Deno.test("ChunkedDecoder.next() gives the bytes of well-formed bodies", () => {
  for (const [raw, body] of GOOD) check(raw, { body, length: raw.length });
});

Deno.test("ChunkedDecoder.next() asks for more of every beginning of a body", () => {
  const line = '3;a="\\b";c=d';
  const raw = chunk(line).slice(0, -2) + "e: f\r\n\r\n";
  for (let end = 0; end < raw.length; end++) {
    const data = raw.slice(line.length + 2, Math.min(end, line.length + 5));
    check(raw.slice(0, end), { partial: data });
  }
});

const BAD: readonly string[] = [
  // A chunk size is 1*HEXDIG and nothing else.
  "\r\n\r\n",
  chunk(""),
  chunk("g"),
  chunk("3g"),
  chunk("-3"),
  chunk("+3"),
  chunk("0x3"),
  chunk("3,"),
  chunk("3\0"),
  chunk("\xb3"),
  chunk(" 3"),
  chunk("3 "),
  chunk("3\t"),
  chunk("\t3"),
  chunk("3 3"),
  chunk("00000000000000003"),
  "20000000000000\r\n",
  "ffffffffffffff\r\n",
  "fffffffffffffff\r\n",
  "ffffffffffffffff\r\n",
  "10000000000000003\r\nabc",
  // Lines end in CRLF.
  "3\nabc\r\n0\r\n\r\n",
  "3\rabc\r\n0\r\n\r\n",
  "3\r\rabc\r\n0\r\n\r\n",
  "3\r\nabc\n0\r\n\r\n",
  "3\r\nabc\r0\r\n\r\n",
  "3\r\nabc0\r\n\r\n",
  "3\r\nabcd\r\n0\r\n\r\n",
  "3\r\nabc\r\n\r\n0\r\n\r\n",
  "3\r\nabc\r\n0\n\r\n",
  "3\r\nabc\r\n0\r\n\n",
  "3\r\nabc\r\n0\r\n\rx",
  // Extensions, and whitespace after which there is none.
  chunk("3;"),
  chunk("3;;a"),
  chunk("3;=b"),
  chunk("3 a"),
  chunk("3; "),
  chunk("3;a "),
  chunk("3;a b"),
  chunk("3;a= "),
  chunk("3;a=b c"),
  chunk("3;a =b c"),
  chunk("3 \n;a"),
  chunk("3;\ra"),
  chunk("3;a=b "),
  chunk("3;a="),
  chunk("3;a=;b"),
  chunk("3;a=b=c"),
  chunk("3;a\0"),
  chunk("3;a=\x80"),
  chunk("3;\x80"),
  chunk("3;a,b"),
  chunk("3;a=b,c"),
  chunk('3;"a"'),
  chunk('3;a="b'),
  chunk('3;a="b"c'),
  chunk('3;a="b" '),
  chunk('3;a="b\\"'),
  chunk('3;a="\0"'),
  chunk('3;a="\x7f"'),
  chunk('3;a="\\\x7f"'),
  chunk('3;a="\\\r"'),
  "3;a\nabc\r\n0\r\n\r\n",
  "3;a=b\nabc\r\n0\r\n\r\n",
  '3;a="b\nc"\r\nabc\r\n0\r\n\r\n',
  '3;a="b"\nabc\r\n0\r\n\r\n',
  // Trailer fields.
  "0\r\na\r\n\r\n",
  "0\r\n: b\r\n\r\n",
  "0\r\na : b\r\n\r\n",
  "0\r\n a: b\r\n\r\n",
  "0\r\na: b\r\n c\r\n\r\n",
  "0\r\na b: c\r\n\r\n",
  "0\r\n\x80: b\r\n\r\n",
  "0\r\na\x80: b\r\n\r\n",
  "0\r\na: b\nc: d\r\n\r\n",
  "0\r\na: b\rc: d\r\n\r\n",
  "0\r\na: b\0\r\n\r\n",
  "0\r\na: b\x7f\r\n\r\n",
  "0\r\n\nGET / HTTP/1.1\r\n\r\n",
];

Deno.test("ChunkedDecoder.next() refuses malformed bodies", () => {
  for (const raw of BAD) check(raw, "bad_chunk");
});

Deno.test("ChunkedDecoder.next() takes sizes up to the largest exact integer", () => {
  const bytes = latin1("1fffffffffffff\r\nabc");
  const decoder = new ChunkedDecoder();
  assertEquals(decoder.next(bytes, 0, bytes.length), ChunkStep.DATA);
  assertEquals([decoder.dataStart, decoder.dataEnd], [16, 19]);
});

Deno.test("ChunkedDecoder.next() refuses at the byte that is wrong", () => {
  for (const raw of ["g", "3 x", "3;a=b x", "3\n", "3\r\nabcd", "0\r\n "]) {
    const outcome = decode(new ChunkedDecoder(), {
      name: "whole",
      bytes: latin1(raw),
      ends: [raw.length],
    });
    assertEquals(outcome, "bad_chunk", JSON.stringify(raw));
  }
});

Deno.test("ChunkedDecoder.next() bounds a chunk's line, and takes one at the bound", () => {
  const line = '3;a="b";c=d';
  const raw = chunk(line);
  check(raw, { body: "abc", length: raw.length }, { lineBytes: line.length });
  check(raw, "bad_chunk", { lineBytes: line.length - 1 });
  for (const spaced of ["3 \t;a", "3; \ta", "3;a \t=b", "3;a= \tb", '3;a="b" \t;c']) {
    check(chunk(spaced), "bad_chunk", { lineBytes: spaced.length - 1 });
  }
  const two = `${line}\r\nabc\r\n${raw}`;
  check(two, { body: "abcabc", length: two.length }, { lineBytes: line.length });
});

Deno.test("ChunkedDecoder.next() bounds a trailer section, and takes one at the bound", () => {
  const raw = "0\r\na: b\r\nc: d\r\n\r\n";
  check(raw, { body: "", length: raw.length }, { trailerBytes: 12, trailerCount: 2 });
  check(raw, "bad_chunk", { trailerBytes: 11 });
  check(raw, "bad_chunk", { trailerCount: 1 });
});

Deno.test("ChunkedDecoder() has bounds by default", () => {
  const outcomes = (raw: string) =>
    decode(new ChunkedDecoder(), { name: "whole", bytes: latin1(raw), ends: [raw.length] });
  const good = (raw: string) => assertEquals(typeof outcomes(raw), "object");
  const bad = (raw: string) => assertEquals(outcomes(raw), "bad_chunk");
  good("1;" + "a".repeat(4094) + "\r\n");
  bad("1;" + "a".repeat(4095));
  good("0\r\na:" + "b".repeat(8188) + "\r\n\r\n");
  bad("0\r\na:" + "b".repeat(8191));
  good("0\r\n" + "a:\r\n".repeat(100));
  bad("0\r\n" + "a:\r\n".repeat(101));
});

/** How many of these chunks are taken, up to a million bytes. */
function taken(raw: string): number {
  const decoder = new ChunkedDecoder();
  const bytes = latin1(raw);
  for (let count = 0; count * raw.length < 1e6; count++) {
    try {
      let at = 0;
      while (at < bytes.length) {
        decoder.next(bytes, at, bytes.length);
        at = decoder.position;
      }
    } catch (error) {
      if (error instanceof ProtocolError) return count;
      throw error;
    }
  }
  return Infinity;
}

Deno.test("ChunkedDecoder.next() bounds the extensions of a body by what its chunks carry", () => {
  const withExtension = (extension: number, size: number) =>
    `${size.toString(16)};${"a".repeat(extension - 1)}\r\n${"x".repeat(size)}\r\n`;
  assertEquals(taken(withExtension(18, 1)), Infinity);
  assertEquals(taken(withExtension(19, 1)), 16_384);
  assertEquals(taken(withExtension(2000, 1)), 8);
  // As S3 clients sign each chunk of an upload.
  assertEquals(taken(withExtension(85, 1024)), Infinity);
});

Deno.test("ChunkedDecoder.next() takes extensions of exactly the bytes allowed", () => {
  // Each chunk's extension is 4,096 bytes more than what the chunk earns.
  const heavy = `1;${"a".repeat(4096 + 17)}\r\nx\r\n`;
  const decoder = new ChunkedDecoder({ lineBytes: 5000 });
  const outcome = (raw: string) =>
    decode(decoder, { name: "whole", bytes: latin1(raw), ends: [raw.length] });
  for (const ahead of ["1\r\nx\r\n", "", "1\r\nx\r\n"]) {
    assertEquals(typeof outcome(ahead + heavy.repeat(4)), "object");
    assertEquals(outcome("1;" + "a".repeat(18) + "\r\n"), "bad_chunk");
    decoder.reset();
  }
});

Deno.test("ChunkedDecoder.reset() makes it ready for the next body, wherever it stood", () => {
  const line = '0000000000000003;a="b";c=d';
  const raw = chunk(line).slice(0, -2) + "e: f\r\n\r\n";
  const limits = { lineBytes: line.length, trailerBytes: 6, trailerCount: 1 };
  for (let end = 0; end <= raw.length; end++) {
    const decoder = new ChunkedDecoder(limits);
    decode(decoder, { name: "begun", bytes: latin1(raw), ends: [end] });
    decoder.reset();
    const outcome = decode(decoder, { name: "whole", bytes: latin1(raw), ends: [raw.length] });
    assertEquals(outcome, { body: "abc", length: raw.length });
  }
});

Deno.test("ChunkedDecoder.next() takes nothing in once it is done", () => {
  const decoder = new ChunkedDecoder();
  const bytes = latin1("0\r\n\r\nGET");
  assertEquals(decoder.next(bytes, 0, 8), ChunkStep.DONE);
  assertEquals(decoder.next(bytes, 5, 8), ChunkStep.DONE);
  assertEquals(decoder.position, 5);
});

Deno.test("ChunkedDecoder.next() does not look at the bytes of a chunk", () => {
  const counter = counting(latin1(chunk("100000", "x".repeat(0x100000))));
  const decoder = new ChunkedDecoder();
  let at = 0;
  let step: ChunkStep = ChunkStep.DATA;
  while (step === ChunkStep.DATA) {
    step = decoder.next(counter.bytes, at, counter.bytes.length);
    at = decoder.position;
  }
  assertEquals([step, counter.reads], [ChunkStep.DONE, 15]);
});

const WORST: Record<string, string> = {
  "chunks of one byte": "1\r\nx\r\n".repeat(100_000),
  "chunks with an extension": '1;a="\\b"\r\nx\r\n'.repeat(40_000),
  "trailers": "0\r\n" + "a: b\r\n".repeat(80_000),
};

for (const [name, raw] of Object.entries(WORST)) {
  Deno.test(`ChunkedDecoder.next() reads each byte once: ${name}`, () => {
    const counter = counting(latin1(raw));
    const decoder = new ChunkedDecoder({ trailerBytes: 1e6, trailerCount: 1e6 });
    for (let at = 0; at < raw.length; at++) decoder.next(counter.bytes, at, at + 1);
    assert(counter.reads <= raw.length);
  });
}

Deno.test("ChunkedDecoder.next() throws errors with the status 400", () => {
  const error = assertThrows(() => new ChunkedDecoder().next(latin1("x"), 0, 1), ProtocolError);
  assertEquals(error.status, 400);
});
