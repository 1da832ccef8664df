/**
 * Sizes of heads and bodies: at each limit a request that must pass, over it one that must be refused.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { chunked, request } from "../support/requests.ts";
import { onWeir, start, type StartOptions } from "../support/servers.ts";

/** Takes the place of the default `onError`, without its report. */
function onError(error: unknown): Response {
  const { status = 500 } = error as { status?: number };
  return new Response(null, { status });
}

function fieldsOf(count: number): string[] {
  return Array.from({ length: count - 1 }, (_, turn) => `X${turn}: y`);
}

/** A request whose head has exactly `length` bytes. */
function headOf(length: number): string {
  const rest = request({ fields: ["X: "] }).length;
  return request({ fields: [`X: ${"x".repeat(length - rest)}`] });
}

interface Row {
  readonly name: string;
  readonly raw: string;
  readonly status: number;
  readonly limits?: Readonly<Record<string, number>>;
}

const UPLOAD = ["Transfer-Encoding: chunked"];
const TEN = { bodyBytes: 10 };
const BUFFERED_TEN = { bufferedBodyBytes: 10 };

const ROWS: readonly Row[] = [
  { name: "8,192 bytes of target", raw: request({ target: `/${"t".repeat(8_191)}` }), status: 200 },
  { name: "8,193 bytes of target", raw: request({ target: `/${"t".repeat(8_192)}` }), status: 414 },
  {
    name: "100,000 bytes of target",
    raw: request({ target: `/${"t".repeat(99_999)}` }),
    status: 414,
  },
  { name: "32,768 bytes of head", raw: headOf(32_768), status: 200 },
  { name: "32,769 bytes of head", raw: headOf(32_769), status: 431 },
  { name: "300,000 bytes of head", raw: headOf(300_000), status: 431 },
  { name: "100 fields", raw: request({ fields: fieldsOf(100) }), status: 200 },
  { name: "101 fields", raw: request({ fields: fieldsOf(101) }), status: 431 },
  {
    name: "a target over a limit of its own",
    raw: request({ target: "/12345678" }),
    status: 414,
    limits: { targetBytes: 8 },
  },
  { name: "a body at bodyBytes", raw: request({ body: "x".repeat(10) }), status: 200, limits: TEN },
  {
    name: "a body over bodyBytes",
    raw: request({ body: "x".repeat(11) }),
    status: 413,
    limits: TEN,
  },
  {
    name: "chunks at bodyBytes",
    raw: request({ method: "POST", fields: UPLOAD }) + chunked("12345", "67890"),
    status: 200,
    limits: TEN,
  },
  {
    name: "chunks over bodyBytes",
    raw: request({ method: "POST", fields: UPLOAD }) + chunked("12345", "678901"),
    status: 413,
    limits: TEN,
  },
  {
    name: "a body at bufferedBodyBytes",
    raw: request({ body: "x".repeat(10) }),
    status: 200,
    limits: BUFFERED_TEN,
  },
  {
    name: "a body over bufferedBodyBytes",
    raw: request({ body: "x".repeat(11) }),
    status: 413,
    limits: BUFFERED_TEN,
  },
  {
    name: "chunks over bufferedBodyBytes",
    raw: request({ method: "POST", fields: UPLOAD }) + chunked("12345", "678901"),
    status: 413,
    limits: BUFFERED_TEN,
  },
];

for (const { name, raw, status, limits } of ROWS) {
  onWeir(`${name}: ${status}`, async (peer) => {
    const options: StartOptions = limits ? { onError, limits } : { onError };
    await using running = start(peer, async (each) => new Response(await each.text()), options);
    using client = await running.connect();
    const sending = client.sendWhileOpen(raw);
    const answer = await client.response();
    assertEquals(answer.status, status, answer.text);
    await sending;
    if (status === 200) assertEquals((await client.ask(request())).status, 200);
    // A body that was too large for its reader and is all there may leave the connection open.
    await client.closeWrite();
    assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
  });
}

onWeir("streaming a body is not limited by bufferedBodyBytes", async (peer) => {
  const count = async (each: Request) => {
    let bytes = 0;
    for await (const chunk of each.body!) bytes += chunk.length;
    return new Response(String(bytes));
  };
  await using running = start(peer, count, { limits: BUFFERED_TEN });
  using client = await running.connect();
  assertEquals((await client.ask(request({ body: "x".repeat(100_000) }))).text, "100000");
});

onWeir("a trailer section is limited like a head", async (peer) => {
  await using running = start(peer, async (each) => new Response(await each.text()), { onError });
  for (const trailer of [`X: ${"x".repeat(100_000)}\r\n`, fieldsOf(1_000).join("\r\n") + "\r\n"]) {
    using client = await running.connect();
    const raw = request({ method: "POST", fields: UPLOAD }) + `0\r\n${trailer}\r\n`;
    const sending = client.sendWhileOpen(raw);
    const { status } = await client.response();
    assertEquals(
      [status === 431 || status === 400, (await client.remains()).end],
      [true, "clean"],
      `${status}`,
    );
    await sending;
  }
});

onWeir("a chunk extension is limited", async (peer) => {
  await using running = start(peer, async (each) => new Response(await each.text()), { onError });
  using client = await running.connect();
  const raw = request({ method: "POST", fields: UPLOAD }) + `1;a=${"x".repeat(200_000)}\r\n`;
  const sending = client.sendWhileOpen(raw);
  assertEquals((await client.response()).status, 400);
  assertEquals((await client.remains()).end, "clean");
  await sending;
});
