import zlib from "node:zlib";
import { compress } from "../../handlers/fetch/compression.ts";
import type { SendPlan, StreamPlan, WholePlan } from "../../handlers/fetch/send_plan.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const TEXT = "hello world ".repeat(50);
const PLAIN = ["content-type", "text/plain;charset=UTF-8"];
const encoder = new TextEncoder();

function whole(body: string | Bytes | null = TEXT, fields: readonly string[] = PLAIN): WholePlan {
  return { kind: "whole", status: 200, fields, body };
}

function stream(pieces: readonly string[], fields: readonly string[] = PLAIN): StreamPlan {
  const left = [...pieces];
  return {
    kind: "stream",
    status: 200,
    fields,
    length: null,
    stream: new ReadableStream({
      pull(controller) {
        const piece = left.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(encoder.encode(piece));
      },
    }, { highWaterMark: 0 }),
  };
}

function codingOf({ fields }: WholePlan | StreamPlan): string | null {
  const at = fields.indexOf("content-encoding");
  return at < 0 ? null : fields[at + 1]!;
}

async function decoded(plan: SendPlan): Promise<string> {
  assert(plan.kind !== "later");
  const bytes = plan.kind === "stream"
    ? await new Response(plan.stream).bytes()
    : plan.body as Uint8Array;
  const coding = codingOf(plan);
  const plain = coding === "br" ? zlib.brotliDecompressSync(bytes) : zlib.gunzipSync(bytes);
  return new TextDecoder().decode(plain);
}

// What Deno.serve 2.9.6 answers to each, unless noted.
const NEGOTIATION: readonly [acceptEncoding: string | null, coding: string | null][] = [
  [null, null],
  ["", null],
  ["gzip", "gzip"],
  ["br", "br"],
  ["gzip, br", "br"],
  ["gzip, deflate, br, zstd", "br"],
  ["*", null],
  ["*;q=0.5, gzip", "gzip"],
  ["identity", null],
  ["identity, gzip", "gzip"],
  ["identity;q=0.5, gzip", "gzip"],
  ["identity, gzip;q=0.5", null],
  ["gzip;q=0", null],
  ["gzip;q=0.000", null],
  ["gzip;q=1, br;q=0.9", "gzip"],
  ["gzip;q=0.5, br;q=0.9", "br"],
  ["br;q=0.5,gzip;q=0.5", "br"],
  ["gzip;q=0.8,br;q=0.5", "gzip"],
  ["gzip ; q=0.8 , br;q=0.5", "gzip"],
  ["gzip;q=1.000", "gzip"],
  ["x-gzip", null],
  ["deflate, gzip;q=0.5", "gzip"],
  ["zstd, foo, br", "br"],
  [";;,br", "br"],
  ["gzip;q=abc", null],
  ["gzip;q=2", null],
  ["gzip;q=1.001", null],
  ["identity;q=0", null],
  // Deno.serve takes neither: names are case-insensitive (RFC 9110 §8.4.1), and a bad member leaves
  // the others valid.
  ["GZIP", "gzip"],
  ["br;q=x, gzip", "gzip"],
];

for (const [acceptEncoding, coding] of NEGOTIATION) {
  Deno.test(`compress() answers Accept-Encoding ${JSON.stringify(acceptEncoding)} with ${coding}`, () => {
    assertEquals(codingOf(compress(whole(), acceptEncoding) as WholePlan), coding);
  });
}

Deno.test("compress() reads a long Accept-Encoding in linear time", () => {
  const started = performance.now();
  assertEquals(codingOf(compress(whole(), "gzip" + " ".repeat(100_000) + "x") as WholePlan), null);
  assert(performance.now() - started < 500);
});

const TYPES: readonly [type: string, compressed: boolean][] = [
  ["text/plain", true],
  ["TEXT/HTML ; charset=x", true],
  ["application/json", true],
  ["application/problem+json", true],
  ["image/svg+xml", true],
  ["application/wasm", true],
  ["text/yaml", true],
  ["image/png", false],
  ["text/event-stream", false],
  ["text/weird", false],
  ["application/octet-stream", false],
  ["multipart/byteranges; boundary=a", false],
  ["text", false],
  ["", false],
];

for (const [type, compressed] of TYPES) {
  Deno.test(`compress() ${compressed ? "compresses" : "leaves"} the type "${type}"`, () => {
    const plan = whole(TEXT, ["Content-Type", type]);
    assertEquals(compress(plan, "gzip") !== plan, compressed);
  });
}

const LEFT: readonly [name: string, plan: WholePlan | StreamPlan][] = [
  ["no body", whole(null)],
  ["a body under 64 bytes", whole("a".repeat(63))],
  ["a body without a type", whole(TEXT, [])],
  ["what is coded", whole(TEXT, [...PLAIN, "Content-Encoding", "identity"])],
  ["a range", whole(TEXT, [...PLAIN, "Content-Range", "bytes 0-1/2"])],
  ["no-transform", whole(TEXT, [...PLAIN, "Cache-Control", "public,No-Transform, max-age=5"])],
  ["a stream without a type", stream([TEXT], [])],
];

for (const [name, plan] of LEFT) {
  Deno.test(`compress() leaves ${name} as it is`, () => {
    assertEquals(compress(plan, "gzip, br"), plan);
    assert(compress(plan, "gzip, br") === plan);
  });
}

const CODED = ["vary", "Accept-Encoding", "content-encoding", "gzip"];

const FIELDS: readonly [given: readonly string[], sent: readonly string[]][] = [
  [[], CODED],
  [["Vary", "Origin"], ["Vary", "Accept-Encoding, Origin", "content-encoding", "gzip"]],
  [["Vary", "a, accept-Encoding"], ["Vary", "a, accept-Encoding", "content-encoding", "gzip"]],
  [["Vary", "*"], ["Vary", "*", "content-encoding", "gzip"]],
  [["Vary", "A", "Vary", "B"], [
    "Vary",
    "Accept-Encoding, A",
    "Vary",
    "B",
    "content-encoding",
    "gzip",
  ]],
  [["Vary", "A", "Vary", "Accept-Encoding"], [
    "Vary",
    "A",
    "Vary",
    "Accept-Encoding",
    "content-encoding",
    "gzip",
  ]],
  [["ETag", '"a"'], ["ETag", 'W/"a"', ...CODED]],
  [["etag", 'W/"a"'], ["etag", 'W/"a"', ...CODED]],
  [["Cache-Control", "max-age=5, x-no-transform"], [
    "Cache-Control",
    "max-age=5, x-no-transform",
    ...CODED,
  ]],
];

for (const [given, sent] of FIELDS) {
  Deno.test(`compress() makes fields of ${JSON.stringify(given)}`, () => {
    const fields = [...PLAIN, ...given];
    assertEquals((compress(whole(TEXT, fields), "gzip") as WholePlan).fields, [...PLAIN, ...sent]);
    assertEquals(fields, [...PLAIN, ...given], "the given fields are shared");
  });
}

for (const coding of ["gzip", "br"]) {
  Deno.test(`compress() gives what ${coding} decodes`, async () => {
    const bodies = [TEXT, "é".repeat(32), "x".repeat(65_536), encoder.encode(TEXT)];
    for (const body of bodies) {
      const plan = compress(whole(body), coding);
      assertEquals(plan.kind, "whole");
      assertEquals(await decoded(plan), typeof body === "string" ? body : TEXT);
    }
  });

  Deno.test(`compress() sends a large body in pieces that ${coding} decodes`, async () => {
    const large = Array.from({ length: 40_000 }, (_, i) => String(i * 7919 % 10_007)).join(" ");
    for (const size of [65_537, 131_072, large.length]) {
      const plan = compress(whole(large.slice(0, size)), coding) as StreamPlan;
      assertEquals([plan.kind, plan.length], ["stream", null]);
      assert(await decoded(plan) === large.slice(0, size));
    }
  });

  Deno.test(`compress() gives what ${coding} decodes for streams`, async () => {
    const noise = crypto.getRandomValues(new Uint8Array(60_000));
    const hex = Array.from(noise, (byte) => byte.toString(16)).join("");
    for (const pieces of [[], ["a"], ["", "a", "", "b"], [TEXT, hex, "", TEXT]]) {
      assertEquals(await decoded(compress(stream(pieces), coding)), pieces.join(""));
    }
  });

  Deno.test(`compress() holds nothing of a stream back with ${coding}`, async () => {
    const plan = compress(stream(["first", "second"]), coding) as StreamPlan;
    const reader = plan.stream.getReader();
    const decoder = coding === "br" ? zlib.createBrotliDecompress() : zlib.createGunzip();
    let seen = "";
    decoder.on("data", (piece: Uint8Array) => seen += new TextDecoder().decode(piece));
    for (const expected of ["first", "firstsecond"]) {
      const { value } = await reader.read();
      await new Promise<void>((resolve) => decoder.write(value, () => resolve()));
      assertEquals(seen, expected);
    }
    await reader.cancel();
    decoder.destroy();
  });

  Deno.test(`compress() pulls a stream no sooner than it is pulled with ${coding}`, async () => {
    let pulls = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulls++;
        controller.enqueue(encoder.encode(TEXT));
      },
    }, { highWaterMark: 0 });
    const plan = compress({ ...stream([]), stream: source }, coding) as StreamPlan;
    const reader = plan.stream.getReader();
    assertEquals(pulls, 0);
    for (let i = 1; i < 4; i++) {
      await reader.read();
      assertEquals(pulls, i);
    }
    await reader.cancel();
  });

  Deno.test(`compress() hands a cancellation on with ${coding}`, async () => {
    let reason: unknown;
    const source = new ReadableStream<Uint8Array>({ cancel: (given) => void (reason = given) });
    const plan = compress({ ...stream([]), stream: source }, coding) as StreamPlan;
    const reader = plan.stream.getReader();
    const read = reader.read();
    await reader.cancel("resource closed");
    assertEquals(reason, "resource closed");
    assertEquals((await read).done, true);
  });

  Deno.test(`compress() hands a failure on with ${coding}`, async () => {
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new RangeError("broken"));
      },
    });
    const plan = compress({ ...stream([]), stream: source }, coding);
    await assertRejects(() => decoded(plan), RangeError);
  });

  Deno.test(`compress() refuses chunks that are no bytes with ${coding}`, async () => {
    let cancelled = false;
    const source = new ReadableStream({
      pull: (controller) => controller.enqueue("text"),
      cancel: () => void (cancelled = true),
    }, { highWaterMark: 0 });
    const plan = compress({ ...stream([]), stream: source }, coding);
    await assertRejects(() => decoded(plan), TypeError);
    assert(cancelled);
  });
}

Deno.test("compress() keeps the status, and drops the length of a stream", () => {
  const plan = compress({ ...stream([TEXT]), status: 404, length: 600 }, "br") as StreamPlan;
  assertEquals([plan.status, plan.length], [404, null]);
});

Deno.test("compress() compresses a plan that comes later", async () => {
  const later: SendPlan = { kind: "later", plan: Promise.resolve(whole()) };
  const plan = compress(later, "gzip");
  assert(plan.kind === "later");
  assertEquals(await decoded(await plan.plan), TEXT);
  assert(compress(later, null) === later);
});
