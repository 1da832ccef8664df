/**
 * Rules for single messages that no table of requests shows: dates, heads that a handler tries to forge,
 * errors in handlers, messages without a body.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { GET, head, request } from "../support/requests.ts";
import { onWeir, start } from "../support/servers.ts";
import { pause } from "../support/time.ts";

onWeir("Date is in every answer, errors included, and moves on", async (peer) => {
  await using running = start(peer, () => new Response("x"));
  const dates: number[] = [];
  using client = await running.connect();
  for (const wait of [0, 1_100]) {
    await pause(wait);
    const date = (await client.ask(GET)).header("date") ?? "";
    assertEquals(new Date(date).toUTCString(), date);
    dates.push(Date.parse(date));
  }
  assert(dates[1]! > dates[0]! && Math.abs(dates[1]! - Date.now()) < 2_000, `${dates}`);
  using bad = await running.connect();
  assertMatch((await bad.ask("BAD\r\n\r\n")).header("date") ?? "", / GMT$/);
});

onWeir("an error answer has an exact length and repeats nothing of the request", async (peer) => {
  await using running = start(peer, () => new Response("x"));
  using client = await running.connect();
  const answer = await client.ask(head("GET /<script> HTTP/1.1", "Host: h", "X<script>: 1"), {
    method: "GET",
  });
  assertEquals([answer.status, answer.framing, answer.header("connection")], [
    400,
    "length",
    "close",
  ]);
  assert(!answer.text.includes("script"), answer.text);
});

onWeir("the error answer to HEAD has no body", async (peer) => {
  await using running = start(peer, () => new Response("x"));
  using client = await running.connect();
  await client.send(head("HEAD / HTTP/1.1", "Host: h", "X : 1"));
  const { text, end } = await client.remains();
  assertMatch(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
  assertEquals([text.endsWith("\r\n\r\n"), end], [true, "clean"]);
});

for (const status of [200, 204, 304, 404]) {
  onWeir(`HEAD with ${status} leaves the next request intact`, async (peer) => {
    const body = status === 200 || status === 404 ? "text" : null;
    await using running = start(peer, () => new Response(body, { status }));
    using client = await running.connect();
    await client.send(request({ method: "HEAD" }) + request({ method: "HEAD" }));
    for (let turn = 0; turn < 2; turn++) {
      assertEquals((await client.response({ method: "HEAD" })).status, status);
    }
  });
}

const FORGERIES: Readonly<Record<string, [string, string]>> = {
  "CR LF in a value": ["x", "a\r\nx-forged: 1"],
  "LF in a value": ["x", "a\nx-forged: 1"],
  "CR in a value": ["x", "a\rx-forged: 1"],
  "NUL in a value": ["x", "a\0x-forged: 1"],
  "CR LF in a name": ["x: 1\r\nx-forged", "1"],
};

for (const [name, pair] of Object.entries(FORGERIES)) {
  onWeir(`${name} is not sent`, async (peer) => {
    await using running = start(peer, () => {
      const response = new Response("x");
      try {
        response.headers.set(...pair);
      } catch {
        // Refused by the platform; the next way goes around it.
      }
      Object.defineProperty(response, "headers", { value: new Map([pair]) });
      return response;
    });
    using client = await running.connect();
    await client.send(GET);
    const text = await client.readOnce();
    assertMatch(text, /^HTTP\/1\.1 (200|500) /);
    assert(!/[\r\n\0]x-forged/i.test(text), text);
  });
}

onWeir("a status line cannot be forged", async (peer) => {
  await using running = start(peer, () => {
    const response = new Response("x");
    Object.defineProperty(response, "status", { value: "200 OK\r\nx-forged: 1\r\n" });
    Object.defineProperty(response, "statusText", { value: "OK\r\nx-forged: 1" });
    return response;
  });
  using client = await running.connect();
  await client.send(GET);
  const text = await client.readOnce();
  assertMatch(text, /^HTTP\/1\.1 \d{3} /);
  assert(!text.includes("x-forged"), text);
});

onWeir("a 101 that nobody asked for goes to onError", async (peer) => {
  await using running = start(peer, () => new Response(null, { status: 101 }));
  using client = await running.connect();
  assertEquals((await client.ask(GET)).text, "Caught");
  assert(running.errors[0] instanceof TypeError);
});

onWeir("a handler that throws with half an upload there closes after the answer", async (peer) => {
  const urls: string[] = [];
  await using running = start(peer, (each) => {
    urls.push(each.url);
    throw new Error("Boom");
  });
  using client = await running.connect();
  await client.send(head("POST / HTTP/1.1", "Host: h", `Content-Length: ${GET.length}`));
  const answer = await client.response();
  assertEquals([answer.status, answer.header("connection")], [500, "close"]);
  await client.sendWhileOpen(GET);
  assertEquals((await client.remains()).end, "clean");
  assertEquals(urls.length, 1);
});

onWeir("a handler that throws with an upload all there keeps the connection", async (peer) => {
  await using running = start(peer, () => {
    throw new Error("Boom");
  });
  using client = await running.connect();
  assertEquals((await client.ask(request({ body: "abc" }))).status, 500);
  assertEquals((await client.ask(GET)).status, 500);
});

onWeir("a bad chunk that the handler does not read ends the connection", async (peer) => {
  const urls: string[] = [];
  await using running = start(peer, (each) => {
    urls.push(each.url);
    return new Response("x");
  });
  using client = await running.connect();
  await client.send(
    request({ method: "POST", fields: ["Transfer-Encoding: chunked"] }) + "zz\r\n\r\n" + GET,
  );
  const { status } = await client.response();
  assert(status === 200 || status === 400, "The handler's answer, or the bad chunk's");
  assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
  assertEquals(urls.length, 1);
});

onWeir(
  "a handler's own Transfer-Encoding or Content-Length cannot break the framing",
  async (peer) => {
    const all: HeadersInit[] = [
      { "Content-Length": "1", "Transfer-Encoding": "chunked" },
      { "Content-Length": "x" },
      { "Content-Length": "-1" },
      { "Content-Length": "1, 1" },
      { "Transfer-Encoding": "gzip, chunked" },
      [["Content-Length", "1"], ["Content-Length", "5"]],
    ];
    let turn = 0;
    await using running = start(peer, (each) => {
      const headers = all[turn++ >> 1]!;
      return new Response(each.url.endsWith("stream") ? new Blob(["hello"]).stream() : "hello", {
        headers,
      });
    });
    for (const _ of all) {
      using client = await running.connect();
      assertEquals((await client.ask(GET)).text, "hello");
      // For a stream, an invalid length is not used; a valid one is kept to.
      const answer = await client.ask(request({ target: "/stream" }));
      assert(answer.status === 500 || "hello".startsWith(answer.text));
    }
  },
);

onWeir("bytes of a connection that ends are not taken for another's", async (peer) => {
  const urls: string[] = [];
  await using running = start(peer, (each) => {
    urls.push(each.url);
    return new Response("x");
  });
  using first = await running.connect();
  await first.send("GET /first HTTP/1.1\r\nHost: h");
  first.close();
  using second = await running.connect();
  await second.ask(request({ target: "/second" }));
  assertEquals(urls, ["http://h/second"]);
});

onWeir(
  "requests whose fields or targets came before have URL and headers of their own",
  async (peer) => {
    await using running = start(peer, ({ url, headers }) => {
      return new Response([url, headers.get("x"), new Headers(headers).get("x")].join());
    });
    using client = await running.connect();
    for (let i = 0; i < 40; i++) {
      const x = i % 3 === 0 ? "other" : "same";
      const host = i % 5 === 0 ? "b" : "a";
      const path = i % 2 === 0 ? `/${i}` : "/again?x=1";
      const answer = await client.ask(head(`GET ${path} HTTP/1.1`, `Host: ${host}`, `x: ${x}`));
      assertEquals(answer.text, `http://${host}${path},${x},${x}`);
    }
  },
);
