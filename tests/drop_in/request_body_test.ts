/**
 * The body of a request: when there is one, how it is read, and what happens when it is cut short.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { chunked, GET, head, request } from "../support/requests.ts";
import { onBoth, type Peer, start } from "../support/servers.ts";
import { within } from "../support/time.ts";

/** Sends `raw`; the answer's text is what `handler` gave. */
async function answered(
  peer: Peer,
  raw: string,
  handler: (request: Request) => Promise<string> | string,
): Promise<string> {
  await using running = start(peer, async (each) => new Response(await handler(each)));
  using client = await running.connect();
  const answer = await client.ask(raw, { method: "POST" });
  assertEquals(answer.status, 200, answer.text);
  return answer.text;
}

for (const method of ["GET", "HEAD"]) {
  onBoth(`body of ${method} is null and reads as empty`, async (peer) => {
    const facts: unknown[] = [];
    await using running = start(peer, async (each) => {
      facts.push(each.body, await each.text(), each.bodyUsed);
      return new Response();
    });
    using client = await running.connect();
    await client.ask(request({ method }));
    assertEquals(facts, [null, "", false]);
  });
}

for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO"]) {
  onBoth(`body of ${method} without one is an empty stream`, async (peer) => {
    const text = await answered(peer, request({ method }), async (each) => {
      const there = each.body instanceof ReadableStream;
      return `${there} ${each.bodyUsed} ${JSON.stringify(await each.text())} ${each.bodyUsed}`;
    });
    assertEquals(text, 'true false "" true');
  });
}

onBoth("a body sent with GET is not shown, and is not the next request", async (peer) => {
  await using running = start(
    peer,
    async (each) => new Response(`${each.body} ${await each.text()}`),
  );
  using client = await running.connect();
  await client.send(request({ method: "GET", body: GET }) + request({ target: "/2" }));
  assertEquals((await client.response()).text, "null ");
  assertEquals((await client.response()).text, "null ");
});

const UPLOAD = "Transfer-Encoding: chunked";
const FRAMINGS: Readonly<Record<string, string>> = {
  "Content-Length": request({ body: '{"a":1}', fields: ["Content-Type: application/json"] }),
  "chunks": request({ method: "POST", fields: [UPLOAD, "Content-Type: application/json"] }) +
    chunked('{"a"', ":1}"),
};
const READERS: Readonly<Record<string, (request: Request) => Promise<string>>> = {
  text: (each) => each.text(),
  json: async (each) => JSON.stringify(await each.json()),
  bytes: async (each) => new TextDecoder().decode(await each.bytes()),
  arrayBuffer: async (each) => new TextDecoder().decode(await each.arrayBuffer()),
  blob: async (each) => {
    const blob = await each.blob();
    assertEquals(blob.type, "application/json");
    return await blob.text();
  },
  body: async (each) => await new Response(each.body).text(),
};

for (const [framing, raw] of Object.entries(FRAMINGS)) {
  for (const [name, read] of Object.entries(READERS)) {
    onBoth(`${name} of a body with ${framing}`, async (peer) => {
      assertEquals(await answered(peer, raw, read), '{"a":1}');
    });
  }
}

onBoth("formData() of an urlencoded body", async (peer) => {
  const fields = ["Content-Type: application/x-www-form-urlencoded"];
  const read = async (each: Request) => String((await each.formData()).get("a"));
  assertEquals(await answered(peer, request({ body: "a=b%20c", fields }), read), "b c");
});

onBoth("json() of a body that is not JSON rejects with a SyntaxError", async (peer) => {
  const read = async (each: Request) => (await assertRejects(() => each.json(), SyntaxError)).name;
  assertEquals(await answered(peer, request({ body: "abc" }), read), "SyntaxError");
});

onBoth("a body is read once", async (peer) => {
  const read = async (each: Request) => {
    const first = await each.text();
    await assertRejects(() => each.text(), TypeError);
    return `${first} ${each.bodyUsed}`;
  };
  assertEquals(await answered(peer, request({ body: "abc" }), read), "abc true");
});

onBoth("nothing is decompressed", async (peer) => {
  const raw = request({ body: "abc", fields: ["Content-Encoding: gzip"] });
  assertEquals(await answered(peer, raw, (each) => each.text()), "abc");
});

onBoth("clone() gives two readable bodies", async (peer) => {
  const read = async (each: Request) => {
    const copy = each.clone();
    return await each.text() + await copy.text();
  };
  assertEquals(await answered(peer, request({ body: "abc" }), read), "abcabc");
});

onBoth("clone() of a used or locked body throws", async (peer) => {
  const read = async (each: Request) => {
    if (each.url.endsWith("locked")) each.body?.getReader();
    else await each.text();
    assertThrows(() => each.clone(), TypeError);
    return "thrown";
  };
  assertEquals(await answered(peer, request({ body: "abc" }), read), "thrown");
  assertEquals(await answered(peer, request({ body: "abc", target: "/locked" }), read), "thrown");
});

onBoth("new Request(request) takes the body", async (peer) => {
  const read = async (each: Request) => {
    const made = new Request(each);
    return `${await made.text()} ${each.bodyUsed}`;
  };
  assertEquals(await answered(peer, request({ body: "abc" }), read), "abc true");
});

onBoth("a 128 KiB body arrives in few chunks", async (peer) => {
  const body = "x".repeat(131_072);
  const read = async (each: Request) => {
    const sizes: number[] = [];
    for await (const chunk of each.body!) sizes.push(chunk.length);
    return JSON.stringify(sizes);
  };
  const sizes: number[] = JSON.parse(await answered(peer, request({ body }), read));
  assertEquals(sizes.reduce((sum, size) => sum + size, 0), body.length);
  assert(sizes.length <= 8, `${sizes.length} chunks: ${sizes}`);
});

onBoth("a body that is being read goes on after the answer", async (peer) => {
  const texts: Promise<string>[] = [];
  await using running = start(peer, (each) => {
    texts.push(each.method === "POST" ? each.text() : Promise.resolve(""));
    return new Response("early");
  });
  using client = await running.connect();
  const body = "x".repeat(100_000);
  assertEquals((await client.ask(request({ body }))).text, "early");
  assertEquals(await within(texts[0]!, "the body"), body);
});

onBoth("a stream that was taken before the answer is readable after it", async (peer) => {
  const bodies: (ReadableStream<Uint8Array<ArrayBuffer>> | null)[] = [];
  await using running = start(peer, (each) => {
    bodies.push(each.body);
    return new Response("early");
  });
  using client = await running.connect();
  await client.ask(request({ body: "abc" }));
  assertEquals(await within(new Response(bodies[0]!).text(), "the body"), "abc");
});

const CUT: Readonly<Record<string, string>> = {
  "shorter than its Content-Length": head("POST / HTTP/1.1", "Host: h", "Content-Length: 9") + "ab",
  "without a last chunk": head("POST / HTTP/1.1", "Host: h", UPLOAD) + "2\r\nab\r\n",
  "inside a chunk": head("POST / HTTP/1.1", "Host: h", UPLOAD) + "5\r\nab",
};

for (const [name, raw] of Object.entries(CUT)) {
  for (const reader of ["text", "body"] as const) {
    onBoth(`${reader} of a body cut ${name} rejects`, async (peer) => {
      const entered = Promise.withResolvers<void>();
      const outcome = Promise.withResolvers<string>();
      await using running = start(peer, async (each) => {
        entered.resolve();
        const reading = READERS[reader]!(each);
        await reading.then(outcome.resolve, () => outcome.resolve("rejected"));
        return new Response();
      });
      const client = await running.connect();
      await client.send(raw);
      await entered.promise;
      client.close();
      assertEquals(await within(outcome.promise, "the reader"), "rejected");
    });
  }
}

onBoth("trailers of a request are read and not shown", async (peer) => {
  const raw = request({ method: "POST", fields: [UPLOAD, "Trailer: X-T"] }) +
    "3\r\nabc\r\n0\r\nX-T: 1\r\nHost: evil\r\n\r\n";
  await using running = start(peer, async (each) => {
    return new Response(
      `${await each.text()} ${each.headers.get("x-t")} ${each.headers.get("host")}`,
    );
  });
  using client = await running.connect();
  await client.send(raw + GET);
  assertEquals((await client.response()).text, "abc null h");
  assertEquals((await client.response()).text, " null h");
});
