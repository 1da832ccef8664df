/**
 * An independent reader reads back what Weir writes: any answers, in any pieces, to any peer that
 * takes few bytes at a time. And any chunked body, cut anywhere, decodes to what was encoded.
 *
 * @module
 */

import fc from "fast-check";
import { ChunkedDecoder, ChunkStep } from "../../reactor/h1/chunked.ts";
import { bodyAllowed } from "../../reactor/h1/serialize.ts";
import { fromLatin1, latin1, settled } from "../engine/fakes.ts";
import { type Call, Rig } from "../engine/rig.ts";
import { assertEquals } from "../support/assert.ts";
import { head } from "../support/requests.ts";
import { type ByteSource, readResponse } from "../support/response.ts";

const RUNS = 1_500;
const STATUSES = [200, 201, 204, 205, 206, 299, 301, 304, 404, 500, 599];
const NAMES = ["x-a", "Content-Type", "set-cookie", "!#$%&'*+.^_`|~-"];
const MOST_TURNS = 20_000;

interface Answer {
  readonly method: string;
  readonly old: boolean;
  readonly status: number;
  readonly fields: readonly (readonly [string, string])[];
  readonly pieces: readonly string[];
  readonly how: "text" | "bytes" | "nothing" | "pieces" | "pieces of a known length";
  readonly later: boolean;
}

const latin = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes));
const value = latin.map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "").trim());
const piece = fc.oneof(
  { weight: 8, arbitrary: latin },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 70_000 }).map((size) => "x".repeat(size)) },
);

const answer: fc.Arbitrary<Answer> = fc.record({
  method: fc.constantFrom("GET", "GET", "HEAD", "POST"),
  old: fc.integer({ min: 0, max: 5 }).map((drawn) => drawn === 5),
  status: fc.constantFrom(...STATUSES),
  fields: fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 3 }),
  pieces: fc.array(piece, { maxLength: 4 }),
  how: fc.constantFrom("text", "bytes", "nothing", "pieces", "pieces of a known length"),
  later: fc.boolean(),
});

/** What was found at random once, and is tried each time. */
const FOUND: readonly (readonly Answer[])[] = [
  // After a 205 without any framing the next answer was taken for its body.
  [
    { method: "GET", old: true, status: 205, fields: [], pieces: [], how: "text", later: false },
    { method: "GET", old: false, status: 200, fields: [], pieces: [], how: "text", later: false },
  ],
];

/** Bytes that are all here. */
class Written implements ByteSource {
  #rest: string;

  constructor(bytes: string) {
    this.#rest = bytes;
  }

  get left(): number {
    return this.#rest.length;
  }

  line(): Promise<string> {
    const end = this.#rest.indexOf("\r\n");
    if (end === -1) throw new Error(`No line in ${JSON.stringify(this.#rest.slice(0, 200))}`);
    return Promise.resolve(this.#take(end + 2).slice(0, -2));
  }

  exactly(length: number) {
    if (this.left < length) throw new Error(`${this.left} bytes instead of ${length}`);
    return Promise.resolve(latin1(this.#take(length)));
  }

  rest() {
    return this.exactly(this.left);
  }

  #take(length: number): string {
    const taken = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return taken;
  }
}

async function give({ exchange }: Call, answer: Answer): Promise<void> {
  const { how, pieces, status, later } = answer;
  const fields = answer.fields.flat();
  const body = pieces.join("");
  if (later) await settled();
  if (how === "text") return exchange.respond({ status, fields }, body);
  if (how === "bytes") return exchange.respond({ status, fields }, latin1(body));
  if (how === "nothing") return exchange.respond({ status, fields }, null);
  const length = how === "pieces" ? null : body.length;
  if (!exchange.beginBody({ status, fields }, length)) return;
  for (const each of pieces) if (!await exchange.writeBody(latin1(each))) break;
  exchange.endBody();
}

/** The body that the client has to get; text goes out as UTF-8. */
function bodyOf({ method, status, how, pieces }: Answer): string {
  if (!bodyAllowed(method, status) || how === "nothing") return "";
  const body = pieces.join("");
  return how === "text" ? fromLatin1(new TextEncoder().encode(body)) : body;
}

const KEEP_ALIVE = "Connection: keep-alive";

function requestFor({ method, old }: Answer): string {
  return head(`${method} / HTTP/1.${old ? 0 : 1}`, "Host: h", KEEP_ALIVE);
}

/** What the peer gets for these answers, in writes of at most `takes` bytes. */
async function written(answers: readonly Answer[], takes: number): Promise<string> {
  let next = 0;
  const rig = new Rig({ handle: (call) => void give(call, answers[next++]!) });
  const line = await rig.connect();
  line.wire.takes = takes;
  await line.wire.send(answers.map(requestFor).join(""));
  await line.wire.end();
  for (let turn = 0; !line.wire.closed; turn++) {
    if (turn === MOST_TURNS) throw new Error(`Still ${line.state}`);
    await settled();
  }
  await rig.finish();
  return line.wire.output;
}

Deno.test("an independent reader reads back every answer", async () => {
  const takes = fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 4_000 }));
  const answers = fc.array(answer, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(answers, takes, async (answers, takes) => {
      const few = answers.some(({ pieces }) => pieces.join("").length > 5_000);
      const source = new Written(await written(answers, few ? Math.max(takes, 500) : takes));
      for (const each of answers) {
        const got = await readResponse(source, each.method);
        const own = got.fields.filter(([name]) => NAMES.includes(name));
        assertEquals([got.status, own], [each.status, each.fields.map((field) => [...field])]);
        assertEquals(fromLatin1(got.body), bodyOf(each));
        if (got.framing === "close" || got.header("connection") === "close") break;
      }
      assertEquals(source.left, 0, "Bytes are left");
    }),
    {
      numRuns: RUNS,
      seed: freshSeed(),
      examples: FOUND.map((answers) => [[...answers], Infinity]),
    },
  );
});

Deno.test("ChunkedDecoder gives back what was encoded, wherever it is cut", () => {
  const extension = fc.constantFrom("", ";a", ";a=b;c", ';a="b\\"; \xff"');
  const chunk = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), extension);
  const cuts = fc.array(fc.nat(2_000), { maxLength: 8 });
  const trailers = fc.constantFrom("", "a: b\r\n", "A:\r\nb: \xff\t\r\n");
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 6 }), trailers, cuts, (chunks, trailers, cuts) => {
      const coded = chunks.map(([bytes, extension]) =>
        `${bytes.length.toString(16)}${extension}\r\n${fromLatin1(bytes)}\r\n`
      );
      const bytes = `${coded.join("")}0\r\n${trailers}\r\n`;
      const body = chunks.map(([bytes]) => fromLatin1(bytes)).join("");
      assertEquals(decoded(bytes, cuts), { body, end: bytes.length });
    }),
    { numRuns: RUNS, seed: freshSeed() },
  );
});

function decoded(text: string, cuts: readonly number[]): { body: string; end: number } {
  const bytes = latin1(`${text}GET / HTTP/1.1`);
  const decoder = new ChunkedDecoder();
  let body = "";
  let at = 0;
  for (const end of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    while (at < Math.min(end, bytes.length)) {
      const step = decoder.next(bytes, at, Math.min(end, bytes.length));
      at = decoder.position;
      if (step === ChunkStep.DONE) return { body, end: at };
      if (step === ChunkStep.DATA) {
        body += fromLatin1(bytes.subarray(decoder.dataStart, decoder.dataEnd));
      }
    }
  }
  return { body, end: -1 };
}

/** fast-check names it in the report of a failure. */
function freshSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0]!;
}
