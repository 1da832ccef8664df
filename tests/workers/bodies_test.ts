import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";
import { onWeir, start } from "../support/servers.ts";
import { residentBytes } from "../support/sampling.ts";
import { pause, until } from "../support/time.ts";
import { handlersPool, requestTo } from "./support.ts";

const MIB = 1024 * 1024;

/** A stream of `count` pieces of `bytes` each, and how many of them were asked for. */
function pieces(count: number, bytes: number) {
  const made: Uint8Array<ArrayBuffer>[] = [];
  const seen = { made, pulled: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (seen.pulled++ === count) return controller.close();
      const piece = new Uint8Array(bytes).fill(seen.pulled);
      if (made.length < 4) made.push(piece);
      controller.enqueue(piece);
    },
    cancel() {
      seen.cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { seen, stream };
}

Deno.test("the pieces of a request's body are handed over, not copied", async () => {
  await using pool = handlersPool();
  const { seen, stream } = pieces(2, MIB);
  const response = await pool(requestTo("/echo", { method: "POST", body: stream }));
  const body = await response.bytes();
  assertEquals([body.length, body[0], body[MIB]], [2 * MIB, 1, 2]);
  assertEquals(seen.made.map((piece) => piece.buffer.detached), [true, true]);
});

Deno.test("bytes that a module answers with again and again stay its own", async () => {
  await using pool = handlersPool();
  for (let i = 0; i < 2; i++) {
    assertEquals((await (await pool(requestTo("/bytes"))).bytes())[99_999], 7);
  }
});

Deno.test("a large piece that is streamed twice fails with an error", async () => {
  await using pool = handlersPool();
  const response = await pool(requestTo("/same-piece-twice"));
  const error = await assertRejects(() => response.bytes());
  assertStringIncludes(error.message, "was sent before");
});

Deno.test("a request's stream of 1 GiB does not fill memory", async () => {
  await using pool = handlersPool();
  const before = residentBytes();
  const { stream } = pieces(1024, MIB);
  const response = await pool(requestTo("/count", { method: "POST", body: stream }));
  assertEquals(await response.text(), String(1024 * MIB));
  assert(residentBytes() - before < 300 * MIB, `${(residentBytes() - before) / MIB} MiB more`);
});

Deno.test("a request's body is read no further than the worker reads", async () => {
  await using pool = handlersPool();
  const { seen, stream } = pieces(100, MIB);
  await pool(requestTo("/unread", { method: "POST", body: stream }));
  assertEquals(seen.pulled, 0);
});

Deno.test("a request's body that nobody read is let go after the answer", async () => {
  await using pool = handlersPool();
  const { seen, stream } = pieces(100, MIB);
  await pool(requestTo("/unread", { method: "POST", body: stream }));
  await until(() => seen.cancelled, "the body to be let go");
  assertEquals(seen.pulled, 0);
});

Deno.test("a read of a request's body after its answer gets an error, not silence", async () => {
  await using pool = handlersPool();
  await pool(requestTo("/read-late", { method: "POST", body: "body" }));
  const late = await pool(requestTo("/late"));
  assertEquals(await late.text(), "Cannot read the body: its request is over");
});

Deno.test("a response's stream that nobody reads is not made", async () => {
  await using pool = handlersPool();
  const before = residentBytes();
  const response = await pool(requestTo("/gibibyte"));
  await pause(300);
  assert(residentBytes() - before < 100 * MIB);
  assertEquals(pool.stats().busy, 1);
  await response.body!.cancel();
  await until(() => pool.stats().idle === 1, "the worker to be free");
});

Deno.test("streams run both ways at once", async () => {
  await using pool = handlersPool();
  const { seen, stream } = pieces(50, 20_000);
  const response = await pool(requestTo("/stream-echo", { method: "POST", body: stream }));
  const reader = response.body!.getReader();
  assertEquals((await reader.read()).value?.length, 20_000);
  assert(seen.pulled < 5, `${seen.pulled} pieces were pulled for one`);
  await reader.cancel();
  await until(() => seen.cancelled, "the request's body to be let go");
});

Deno.test("a stream that fails in the worker fails at the reader", async () => {
  await using pool = handlersPool();
  const response = await pool(requestTo("/broken"));
  const error = await assertRejects(() => response.bytes());
  assertEquals(error.message, "stream broke");
  assertEquals(await (await pool(requestTo("/hello"))).text(), "hello");
});

onWeir("a stream that fails in the worker cuts the answer", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  using client = await running.connect();
  await client.send("GET /broken HTTP/1.1\r\nHost: h\r\n\r\n");
  const { text } = await client.remains();
  assertStringIncludes(text, "HTTP/1.1 200 OK");
  assert(!text.endsWith("0\r\n\r\n"), "A broken answer looks whole");
  await until(() => pool.stats().idle === 1, "the worker to be free");
  assertEquals(pool.stats().terminated, 0);
});

onWeir("a body over the limit gets 413, and its worker is free again", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool, { limits: { bodyBytes: 10 } });
  using client = await running.connect();
  const chunks = "14\r\n12345678901234567890\r\n0\r\n\r\n";
  await client.send(
    `POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
  );
  assertEquals((await client.response()).status, 413);
  await until(() => pool.stats().idle === 1, "the worker to be free");
  assertEquals(pool.stats().terminated, 0);
});

onWeir("a body of 64 MiB goes through both ways", async (peer) => {
  await using pool = handlersPool();
  await using running = start(peer, pool);
  const { stream } = pieces(64, MIB);
  const response = await fetch(running.url("/stream-echo"), { method: "POST", body: stream });
  let bytes = 0;
  for await (const piece of response.body!) bytes += piece.length;
  assertEquals(bytes, 64 * MIB);
});
