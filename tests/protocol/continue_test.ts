/**
 * `Expect: 100-continue`, RFC 9110 §10.1.1: the interim answer goes out when the handler first reads.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { chunked, GET, head, request } from "../support/requests.ts";
import { onWeir, start } from "../support/servers.ts";
import { settles } from "../support/time.ts";

const EXPECT = "Expect: 100-continue";
const HEAD = head("POST / HTTP/1.1", "Host: h", "Content-Length: 3", EXPECT);
const CHUNKED_HEAD = head(
  "POST / HTTP/1.1",
  "Host: h",
  "Transfer-Encoding: chunked",
  "expect: 100-CONTINUE",
);

const BODIES: readonly (readonly [name: string, head: string, body: string])[] = [
  ["Content-Length", HEAD, "abc"],
  ["chunks", CHUNKED_HEAD, chunked("abc")],
];

for (const [name, raw, body] of BODIES) {
  onWeir(
    `100 Continue goes out at the first read of a body with ${name}, not before`,
    async (peer) => {
      const gate = Promise.withResolvers<void>();
      await using running = start(peer, async (each) => {
        await gate.promise;
        return new Response(await each.text());
      });
      using client = await running.connect();
      await client.send(raw);
      const interim = client.response();
      assertEquals(await settles(interim, 30), false);
      gate.resolve();
      const { status, fields } = await interim;
      assertEquals([status, fields], [100, []]);
      await client.send(body);
      assertEquals((await client.response()).text, "abc");
      assertEquals((await client.ask(request({ body: "next" }))).text, "next");
    },
  );
}

onWeir("100 Continue goes out at the first read of request.body", async (peer) => {
  await using running = start(peer, async (each) => {
    const reader = each.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new Response(value);
  });
  using client = await running.connect();
  assertEquals((await client.ask(HEAD, { method: "POST" })).status, 100);
  await client.send("abc");
  assertEquals((await client.response()).text, "abc");
});

onWeir(
  "a handler that never reads sends no 100, and what follows is not a request",
  async (peer) => {
    const urls: string[] = [];
    await using running = start(peer, (each) => {
      urls.push(each.url);
      return new Response("no, thanks", { status: 403 });
    });
    using client = await running.connect();
    const answer = await client.ask(
      head("POST / HTTP/1.1", "Host: h", `Content-Length: ${GET.length}`, EXPECT),
    );
    assertEquals([answer.status, answer.text, answer.header("connection")], [
      403,
      "no, thanks",
      "close",
    ]);
    await client.sendWhileOpen(GET);
    assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
    assertEquals(urls, ["http://h/"]);
  },
);

onWeir("HTTP/1.0 gets no 100", async (peer) => {
  await using running = start(peer, async (each) => new Response(await each.text()));
  using client = await running.connect();
  await client.send(head("POST / HTTP/1.0", "Content-Length: 3", EXPECT));
  const answer = client.response();
  assertEquals(await settles(answer, 30), false);
  await client.send("abc");
  assertEquals([(await answer).status, (await answer).text], [200, "abc"]);
});

onWeir("at most one 100 goes out for a body that is there already", async (peer) => {
  await using running = start(peer, async (each) => new Response(await each.text()));
  using client = await running.connect();
  await client.send(HEAD + "abc" + request({ body: "next" }));
  let answer = await client.response();
  if (answer.status === 100) answer = await client.response();
  assertEquals([answer.status, answer.text], [200, "abc"]);
  assertEquals((await client.response()).text, "next");
});

onWeir("a request without a body gets no 100", async (peer) => {
  await using running = start(peer, async (each) => new Response(await each.text()));
  using client = await running.connect();
  assertEquals((await client.ask(request({ fields: [EXPECT] }))).status, 200);
  assertEquals(
    (await client.ask(request({ method: "POST", fields: ["Content-Length: 0", EXPECT] }))).status,
    200,
  );
});

onWeir("no 100 comes after the head of the answer", async (peer) => {
  let pulls = 0;
  await using running = start(peer, (each) => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        if (pulls++ === 0) return controller.enqueue(new TextEncoder().encode("first"));
        // The head is out by now: an interim answer would land in the middle of the body.
        await each.text().catch(() => "refused");
        controller.close();
      },
    }, { highWaterMark: 0 });
    return new Response(body);
  });
  using client = await running.connect();
  await client.send(HEAD);
  let all = await client.readOnce();
  while (!all.includes("first")) all += await client.readOnce();
  await client.sendWhileOpen("abc");
  while (!all.endsWith("\r\n0\r\n\r\n")) all += await client.readOnce();
  assertMatch(all, /^HTTP\/1\.1 200 OK\r\n/);
  assert(!all.includes("100 Continue"), all);
});
