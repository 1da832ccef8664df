/**
 * Clients that pour a gigabyte into something that has a limit: each gets the status of that limit,
 * is disconnected long before the end, and costs the server no more memory than a few buffers.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { chunked, head } from "../support/requests.ts";
import { within } from "../support/time.ts";
import { type Bytes, concat } from "../support/response.ts";
import { latin1, type WireClient } from "../support/wire.ts";
import { MeasuredServer, mib } from "../lifecycle/child.ts";

const MIB = 1024 * 1024;
const POURED = 1024 * MIB;

/** `lingerBytes`, and what the kernel takes on both sides. */
const MOST_SENT = (64 + 32) * MIB;

/** The most that all of them may cost at the peak: what the limits allow, and garbage not yet collected. */
const MOST_BYTES = 64 * MIB;

interface Flood {
  readonly name: string;
  readonly begin: string;
  /** Sent again and again. */
  readonly again: string;
  readonly status: number;
}

const POST = (path: string, field: string) => head(`POST ${path} HTTP/1.1`, "Host: h", field);
const SIZED = `Content-Length: ${POURED}`;
const CHUNKED = "Transfer-Encoding: chunked";
const CHUNK = chunked("x".repeat(32_768)).slice(0, -"0\r\n\r\n".length);

/** `/look` answers without reading, `/` reads the body as text. Limits: see {@linkcode OPTIONS}. */
const FLOODS: readonly Flood[] = [
  { name: "a target", begin: "GET /", again: "x", status: 414 },
  { name: "a field", begin: "GET / HTTP/1.1\r\nHost: h\r\nX: ", again: "x", status: 431 },
  { name: "fields", begin: "GET / HTTP/1.1\r\nHost: h\r\n", again: "X: y\r\n", status: 431 },
  { name: "an unread body", begin: POST("/look", SIZED), again: "x", status: 200 },
  { name: "unread chunks", begin: POST("/look", CHUNKED), again: CHUNK, status: 200 },
  { name: "a body that is read", begin: POST("/", SIZED), again: "x", status: 413 },
  { name: "chunks that are read", begin: POST("/", CHUNKED), again: CHUNK, status: 413 },
  { name: "a body over bodyBytes", begin: POST("/most", SIZED), again: "x", status: 413 },
  { name: "chunks over bodyBytes", begin: POST("/most", CHUNKED), again: CHUNK, status: 413 },
  { name: "a chunk's extension", begin: POST("/", CHUNKED) + "1;x=", again: "y", status: 400 },
  { name: "trailers", begin: POST("/", CHUNKED) + "0\r\n", again: "X: y\r\n", status: 400 },
];

/** `bufferedBodyBytes` is 16 MiB; at `/most` every body is bound. */
const OPTIONS = {
  limits: { bodyBytes: MIB },
  overrides: [{ path: "/most", limits: {} }, { path: "/*", limits: { bodyBytes: 0 } }],
};

/** At least a quarter of a MiB of `text` over and over. */
function pieceOf(text: string): Bytes {
  const bytes = latin1(text);
  return concat(Array.from({ length: Math.ceil(MIB / 4 / bytes.length) }, () => bytes));
}

/** Pours until the server takes no more; returns how many bytes went out. */
async function pour(client: WireClient, { begin, again }: Flood): Promise<number> {
  const piece = pieceOf(again);
  let sent = 0;
  try {
    await client.send(begin);
    for (; sent < POURED; sent += piece.length) await client.send(piece);
  } catch (error) {
    const over = [Deno.errors.ConnectionReset, Deno.errors.BrokenPipe];
    if (!over.some((each) => error instanceof each)) throw error;
  }
  return sent;
}

Deno.test("a gigabyte into whatever has a limit is refused early and costs little", async () => {
  await using server = await MeasuredServer.spawn(OPTIONS);
  const { rss } = await server.stats();
  const lines: string[] = [];
  for (const flood of FLOODS) {
    using client = await server.connect();
    const pouring = pour(client, flood);
    const answer = await within(client.response({ method: "POST" }), `an answer to ${flood.name}`);
    const sent = await within(pouring, `the end of ${flood.name}`);
    const cost = await server.peakBytes() - rss;
    lines.push(
      `${flood.name}: ${answer.status}, ${mib(sent)} sent, ${mib(cost)} at the peak so far`,
    );
    assertEquals([answer.status, answer.header("connection")], [flood.status, "close"], flood.name);
    assert(sent < MOST_SENT, lines.at(-1));
    assert(cost < MOST_BYTES, lines.at(-1));
  }
  await server.empty();
  console.log(lines.map((line) => `  ${line}`).join("\n"));
});

Deno.test("32 clients that pour a head at once are refused and cost little", async () => {
  await using server = await MeasuredServer.spawn();
  const { rss } = await server.stats();
  const [, flood] = FLOODS;
  const one = async () => {
    using client = await server.connect();
    const pouring = pour(client, flood!);
    const { status } = await within(client.response(), "a refusal");
    assertEquals(status, 431);
    return await within(pouring, "the end of the flood", 30_000);
  };
  const sent = await Promise.all(Array.from({ length: 32 }, one));
  const cost = await server.peakBytes() - rss;
  console.log(`  ${mib(Math.max(...sent))} sent at most, ${mib(cost)} more at the peak`);
  assert(Math.max(...sent) < MOST_SENT);
  assert(cost < MOST_BYTES, mib(cost));
  await server.empty();
});
