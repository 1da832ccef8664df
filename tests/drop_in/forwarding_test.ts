/**
 * A request's body that is sent on to another server: how an upstream that records what it gets is told the
 * body's end. Deno.serve beside Weir, so that a change of either is noticed.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { chunked, head, request } from "../support/requests.ts";
import { DENO, onBoth, type Peer, PEERS, start, WEIR } from "../support/servers.ts";
import { pause, within } from "../support/time.ts";
import { fromLatin1, latin1 } from "../support/wire.ts";

/** Sends the body of `request` on to `url`. */
type Way = (request: Request, url: string) => Promise<Response>;

const post = (url: string, body: BodyInit | null) => fetch(url, { method: "POST", body });

const STREAMED: Readonly<Record<string, Way>> = {
  "its stream": (each, url) => post(url, each.body),
  "its stream and its fields": ({ method, headers, body }, url) =>
    fetch(url, { method, headers, body }),
  "the request as options": (each, url) => fetch(url, each),
  "the request as options, after a look": (each, url) => each.body ? fetch(url, each) : never(),
  "a response of its stream": (each, url) => post(url, new Response(each.body).body),
};

const COPIED: Readonly<Record<string, Way>> = {
  "a new request": (each, url) => fetch(new Request(url, each)),
  "a new request of a new request": (each, url) => fetch(new Request(url, new Request(each))),
  "a new request of its stream": (each, url) =>
    fetch(new Request(url, { method: "POST", body: each.body })),
  "a clone": (each, url) => {
    const copy = each.clone();
    each.body?.cancel();
    return fetch(url, copy);
  },
  "the stream of a clone": (each, url) => {
    const copy = each.clone();
    each.body?.cancel();
    return post(url, copy.body);
  },
  "a clone, the original read first": async (each, url) => {
    const copy = each.clone();
    await each.text();
    return await fetch(url, copy);
  },
  "the original, a clone read first": async (each, url) => {
    await each.clone().bytes();
    return await fetch(url, each);
  },
};

/** Whoever has read it knows its length. */
const READ: Readonly<Record<string, Way>> = {
  "its bytes": async (each, url) => await post(url, await each.bytes()),
  "its array buffer": async (each, url) => await post(url, await each.arrayBuffer()),
  "its text": async (each, url) => await post(url, await each.text()),
  "its blob": async (each, url) => await post(url, await each.blob()),
};

/** Nobody knows the length of what comes out. */
const TRANSFORMED: Readonly<Record<string, Way>> = {
  "a transformed stream": (each, url) => post(url, each.body!.pipeThrough(new TransformStream())),
};

/** The way that docs/forwarding.md shows for large bodies. */
const SIZED: Readonly<Record<string, Way>> = {
  "a sized blob": (each, url) =>
    post(url, new SizedBody(each.body!, Number(each.headers.get("content-length")))),
};

class SizedBody extends Blob {
  readonly #stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #size: number;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>, size: number) {
    super();
    this.#stream = stream;
    this.#size = size;
  }

  override get size(): number {
    return this.#size;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stream;
  }
}

function never(): never {
  throw new TypeError("No body");
}

/** How the body is framed on its way to the upstream. */
type Framing = "length" | "chunks";

/** When the body comes: with its head, while the handler waits, or after the handler has sent it on. */
const COMINGS = ["at once", "while the handler waits", "later"] as const;
type Coming = (typeof COMINGS)[number];

interface Row {
  readonly ways: Readonly<Record<string, Way>>;
  readonly peer: Peer;
  readonly framing: Readonly<Record<Coming, Framing>>;
}

const always = (framing: Framing): Row["framing"] => ({
  "at once": framing,
  "while the handler waits": framing,
  "later": framing,
});

const ROWS: readonly Row[] = [
  { ways: STREAMED, peer: DENO, framing: always("length") },
  // The runtime can be told the length of none but its own streams: docs/forwarding.md.
  { ways: STREAMED, peer: WEIR, framing: { ...always("length"), "later": "chunks" } },
  { ways: COPIED, peer: DENO, framing: { ...always("chunks"), "at once": "length" } },
  { ways: COPIED, peer: WEIR, framing: { ...always("length"), "later": "chunks" } },
  ...PEERS.flatMap((peer) => [
    { ways: READ, peer, framing: always("length") },
    { ways: SIZED, peer, framing: always("length") },
    { ways: TRANSFORMED, peer, framing: always("chunks") },
  ]),
];

const HALVES = ["Hel", "lo"] as const;
const HEAD = head("POST / HTTP/1.1", "Host: h", "Content-Length: 5");

for (const { ways, peer, framing } of ROWS) {
  for (const [name, way] of Object.entries(ways)) {
    for (const coming of COMINGS) {
      Deno.test(`${peer.name}: ${name}, sent on with a body that comes ${coming}`, async () => {
        const got = await forwarded({ peer, way, coming });
        assertEquals(got, { framing: framing[coming], body: "Hello" });
      });
    }
  }
}

const EMPTY: Readonly<Record<string, string>> = {
  "an empty body": request({ body: "" }),
  "no body": request({ method: "POST" }),
};

for (const [name, raw] of Object.entries(EMPTY)) {
  for (const [wayName, way] of Object.entries({ ...STREAMED, ...COPIED })) {
    Deno.test(`weir: ${wayName}, sent on with ${name}`, async () => {
      const got = await forwarded({ peer: WEIR, way, coming: "at once", raw });
      assertEquals(got, { framing: "length", body: "" });
    });
  }
}

onBoth("a body in chunks is sent on in chunks", async (peer) => {
  const raw = head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") +
    chunked(...HALVES);
  for (const way of [...Object.values(STREAMED), ...Object.values(COPIED)]) {
    const got = await forwarded({ peer, way, coming: "at once", raw });
    assertEquals(got, { framing: "chunks", body: "Hello" });
  }
});

onBoth("a form is sent on with its length", async (peer) => {
  const form = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nHello\r\n--b--\r\n';
  const raw = request({ body: form, fields: ["Content-Type: multipart/form-data; boundary=b"] });
  const way: Way = async (each, url) => await post(url, await each.formData());
  const { framing, body } = await forwarded({ peer, way, coming: "at once", raw });
  assertEquals([framing, body.includes("Hello")], ["length", true]);
});

interface Trial {
  readonly peer: Peer;
  readonly way: Way;
  readonly coming: Coming;
  /** The request, where it is another one. */
  readonly raw?: string;
}

/** What the upstream got. */
async function forwarded({ peer, way, coming, raw }: Trial): Promise<Recorded> {
  using upstream = new Upstream();
  const begun = Promise.withResolvers<void>();
  const whole = Promise.withResolvers<void>();
  await using running = start(peer, async (each) => {
    begun.resolve();
    if (coming === "while the handler waits") await whole.promise;
    const response = await way(each, upstream.url);
    await response.body?.cancel();
    return new Response();
  });
  using client = await running.connect();
  if (raw !== undefined || coming === "at once") {
    await client.send(raw ?? HEAD + HALVES.join(""));
  } else {
    await client.send(HEAD + HALVES[0]);
    await within(begun.promise, "the handler");
    await client.send(HALVES[1]);
    // Until the server has read it.
    await pause(20);
    whole.resolve();
  }
  const { status } = await client.response();
  assertEquals(status, 200, String(running.errors[0]));
  return await within(upstream.recorded, "the upstream");
}

interface Recorded {
  readonly framing: Framing;
  readonly body: string;
}

/** A server that records the body of one request, and answers it. */
class Upstream implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly recorded: Promise<Recorded> = this.#record();

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }

  async #record(): Promise<Recorded> {
    using conn = await this.#listener.accept();
    const into = new Uint8Array(4096);
    let text = "";
    let got: Recorded | null = null;
    while (got === null) {
      const count = await conn.read(into);
      if (count === null) throw new Error(`The upstream got only ${JSON.stringify(text)}`);
      text += fromLatin1(into.subarray(0, count));
      got = bodyIn(text);
    }
    await conn.write(latin1("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"));
    return got;
  }
}

/** The body in `text`; `null` until it is whole. */
function bodyIn(text: string): Recorded | null {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const body = text.slice(end + 4);
  const length = /^content-length: (\d+)$/im.exec(text.slice(0, end))?.[1];
  if (length !== undefined) {
    return body.length < Number(length) ? null : { framing: "length", body };
  }
  if (!body.endsWith("0\r\n\r\n")) return null;
  const chunks = body.matchAll(/[0-9a-f]+\r\n([^\r]*)\r\n/gi);
  return { framing: "chunks", body: Array.from(chunks, (chunk) => chunk[1]).join("") };
}
