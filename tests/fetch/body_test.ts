import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";
import { BodyError } from "../../reactor/errors.ts";
import { FakeBody, type FakeBodyOptions, latin1, received } from "./fake_exchange.ts";

interface Posted {
  readonly request: Request;
  readonly body: FakeBody;
}

function post(pieces: FakeBodyOptions["pieces"], more: Partial<FakeBodyOptions> = {}): Posted {
  const body = new FakeBody({ pieces, ...more });
  return { request: received(["POST /x HTTP/1.1", "Host: h"], { body }).request, body };
}

function typed(type: string, content: string): Request {
  const body = new FakeBody({ pieces: [content] });
  return received(["POST / HTTP/1.1", "Host: h", `Content-Type: ${type}`], { body }).request;
}

const READERS = ["text", "json", "bytes", "arrayBuffer", "blob", "formData"] as const;

for (const method of ["GET", "HEAD", "CONNECT"]) {
  Deno.test(`body of ${method} is null and reads as empty, whatever came along`, async () => {
    const body = new FakeBody({ pieces: ["abc"] });
    const { request } = received([`${method} ${method === "CONNECT" ? "a:1" : "/"} HTTP/1.1`], {
      body,
    });
    assertEquals(request.body, null);
    assertEquals(await request.text(), "");
    assertEquals(await request.bytes(), new Uint8Array(0));
    assertEquals((await request.blob()).size, 0);
    await assertRejects(() => request.json(), SyntaxError);
    await assertRejects(() => request.formData(), TypeError);
    assertEquals(request.bodyUsed, false);
    assertEquals(new Request(request.clone()).body, null);
    assertEquals(body.calls, []);
  });
}

for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "get", "OWN"]) {
  Deno.test(`body of ${method} without one is an empty stream`, async () => {
    const { request } = received([`${method} / HTTP/1.1`, "Host: h"]);
    assert(request.body instanceof ReadableStream);
    assertEquals(request.bodyUsed, false);
    assertEquals(await request.text(), "");
    assertEquals(request.bodyUsed, true);
    await assertRejects(() => request.text(), TypeError);
  });
}

Deno.test("an empty stream holds no byte", async () => {
  const { request } = received(["POST / HTTP/1.1", "Host: h"]);
  const pieces = await Array.fromAsync(request.body!);
  assertEquals(pieces.filter(({ length }) => length > 0), []);
  assertEquals(request.bodyUsed, true);
});

for (const late of [false, true]) {
  const when = late ? "on its way" : "already here";
  Deno.test(`the readers take a body that is ${when} as a whole, without a stream`, async () => {
    const json = '{"a":"\xc3\xa9"}';
    const posted = () => post([latin1(json.slice(0, 7)), latin1(json.slice(7))], { late });
    const results = [
      [posted(), (request: Request) => request.text(), '{"a":"é"}', "readText"],
      [posted(), (request: Request) => request.json(), { a: "é" }, "readText"],
      [posted(), (request: Request) => request.bytes(), latin1(json), "readAll"],
      [posted(), (request: Request) => request.arrayBuffer(), latin1(json).buffer, "readAll"],
      [posted(), async (request: Request) => (await request.blob()).text(), '{"a":"é"}', "readAll"],
    ] as const;
    for (const [{ request, body }, read, expected, call] of results) {
      assertEquals<unknown>(await read(request), expected);
      assertEquals(request.bodyUsed, true);
      assertEquals(body.calls, [call]);
    }
  });
}

Deno.test("text() and json() drop a byte order mark, text() replaces what is not UTF-8", async () => {
  assertEquals(await post([latin1("\xef\xbb\xbfa\xffb")]).request.text(), "a\ufffdb");
  assertEquals(await post([latin1("\xef\xbb\xbf1")]).request.json(), 1);
});

for (const bad of ["abc", "", "{"]) {
  Deno.test(`json() of "${bad}" rejects with a SyntaxError and counts as read`, async () => {
    const { request } = post([bad]);
    await assertRejects(() => request.json(), SyntaxError);
    assertEquals(request.bodyUsed, true);
  });
}

Deno.test("blob() has the media type of Content-Type, as Request gives it", async () => {
  assertEquals(
    (await typed("Text/Plain; Charset=UTF-8", "a").blob()).type,
    "text/plain;charset=utf-8",
  );
  assertEquals((await post(["a"]).request.blob()).type, "");
});

Deno.test("formData() reads both forms and refuses the rest", async () => {
  const urlencoded = await typed("application/x-www-form-urlencoded", "a=1&b=%C3%A9").formData();
  assertEquals([...urlencoded], [["a", "1"], ["b", "é"]]);
  const part = 'Content-Disposition: form-data; name="n"';
  const multipart = await typed(
    "multipart/form-data; boundary=X",
    `--X\r\n${part}\r\n\r\nvalue\r\n--X--\r\n`,
  ).formData();
  assertEquals([...multipart], [["n", "value"]]);
  await assertRejects(() => typed("text/plain", "a").formData(), TypeError);
  await assertRejects(() => post(["a"]).request.formData(), TypeError);
});

Deno.test("bytes() and arrayBuffer() never show a neighbour's bytes", async () => {
  class Pooled extends FakeBody {
    override readAll() {
      return new TextEncoder().encode("secret abc secret").subarray(7, 10);
    }
  }
  const pooled = () => {
    const body = new Pooled({ pieces: [] });
    return received(["POST / HTTP/1.1", "Host: h"], { body }).request;
  };
  assertEquals((await pooled().bytes()).buffer.byteLength, 3);
  assertEquals(new TextDecoder().decode(await pooled().arrayBuffer()), "abc");
});

for (const first of READERS) {
  Deno.test(`after ${first}() every reader rejects, clone() and new Request() throw`, async () => {
    const { request } = post(["{}"]);
    await request[first]().catch(() => {});
    for (const reader of READERS) {
      const error = await assertRejects(() => request[reader](), TypeError);
      assertEquals(error.message, "Body already consumed");
    }
    assertEquals(assertThrows(() => request.clone(), TypeError).message, "Body is unusable");
    const message = assertThrows(() => new Request(request), TypeError).message;
    assertEquals(message, "Input request's body is unusable");
    assertEquals([request.bodyUsed, request.body?.locked], [true, true]);
  });
}

Deno.test("a locked body cannot be read, cloned or passed on until it is released", async () => {
  const { request, body } = post(["abc"]);
  const reader = request.body!.getReader();
  assertEquals(request.bodyUsed, false);
  await assertRejects(() => request.text(), TypeError);
  assertEquals(body.calls, []);
  reader.releaseLock();
  assertEquals(await request.text(), "abc");
  const { request: locked } = post(["abc"]);
  locked.body!.getReader();
  assertThrows(() => locked.clone(), TypeError);
  assertThrows(() => new Request(locked), TypeError);
  assertEquals(locked.bodyUsed, false);
});

Deno.test("printing a request whose body is locked does not use the body up", async () => {
  const { request } = post(["abc"]);
  const reader = request.body!.getReader();
  Deno.inspect(request);
  assertEquals([request.mode, request.redirect], ["cors", "follow"]);
  reader.releaseLock();
  assertEquals(await request.clone().text(), "abc");
});

Deno.test("a body that was read in part is used", async () => {
  const { request } = post(["a", "b"]);
  const reader = request.body!.getReader();
  assertEquals((await reader.read()).value, latin1("a"));
  reader.releaseLock();
  assertEquals(request.bodyUsed, true);
  await assertRejects(() => request.text(), TypeError);
  assertThrows(() => request.clone(), TypeError);
});

Deno.test("looking at the body does not keep text() from the short way", async () => {
  const { request, body } = post(["abc"]);
  const stream = request.body!;
  assertEquals(await request.text(), "abc");
  assertEquals(body.calls, ["readText"]);
  assertEquals([stream === request.body, stream.locked], [true, true]);
});

Deno.test("request.body does not read ahead", async () => {
  const { request, body } = post(["a", "b"]);
  const reader = request.body!.getReader();
  await Promise.resolve();
  assertEquals(body.calls, []);
  await reader.read();
  assertEquals(body.calls, ["read"]);
});

Deno.test("request.body can be iterated, piped and read by BYOB", async () => {
  assertEquals(await Array.fromAsync(post(["a", "", "b"]).request.body!), [
    latin1("a"),
    latin1("b"),
  ]);

  const sunk: number[] = [];
  const sink = new WritableStream<Uint8Array>({ write: (piece) => void sunk.push(...piece) });
  await post(["a", "b"]).request.body!.pipeTo(sink);
  assertEquals(sunk, [...latin1("ab")]);

  const reader = post(["abc"]).request.body!.getReader({ mode: "byob" });
  assertEquals(await reader.read(new Uint8Array(2)), { value: latin1("ab"), done: false });
  assertEquals(await reader.read(new Uint8Array(2)), { value: latin1("c"), done: false });
  assertEquals((await reader.read(new Uint8Array(2))).done, true);
});

Deno.test("request.body leaves the buffer around a piece alone", async () => {
  const shared = latin1("xabcx");
  const { request } = post([shared.subarray(1, 4)]);
  assertEquals((await request.body!.getReader().read()).value, latin1("abc"));
  assertEquals(shared.byteLength, 5);
});

Deno.test("request.body.cancel() tells the engine", async () => {
  const { request, body } = post(["abc"]);
  await request.body!.cancel();
  assertEquals(body.calls, ["cancel"]);
  assertEquals(request.bodyUsed, true);
  await assertRejects(() => request.text(), TypeError);
});

for (const late of [false, true]) {
  Deno.test(`readers and stream pass the engine's error on (${late ? "late" : "at once"})`, async () => {
    const error = new BodyError("body_too_large", "The body is too large");
    for (const reader of READERS) {
      const { request } = post([], { error, late });
      assertEquals(await assertRejects(() => request[reader]()), error);
    }
    const stream = post(["a"], { error }).request.body!.getReader();
    await stream.read();
    assertEquals(await assertRejects(() => stream.read()), error);
  });
}

Deno.test("clone() gives two readable bodies", async () => {
  const { request } = post(["a", "b"]);
  const copy = request.clone();
  assertEquals([await copy.text(), request.bodyUsed, copy.bodyUsed], ["ab", false, true]);
  assertEquals([await request.text(), request.bodyUsed], ["ab", true]);
  await assertRejects(() => request.text(), TypeError);
});

for (const reader of ["json", "bytes", "arrayBuffer", "blob"] as const) {
  Deno.test(`clone() leaves ${reader}() to the original`, async () => {
    const original = post(["12"]).request;
    const copy = original.clone().clone();
    const [a, b] = [await original[reader](), await copy[reader]()];
    const plain = (value: unknown) => value instanceof Blob ? value.size : value;
    assertEquals<unknown>(plain(a), plain(await post(["12"]).request[reader]()));
    assertEquals<unknown>(plain(b), plain(a));
  });
}

Deno.test("clone() after request.body was looked at tees that stream", async () => {
  const { request } = post(["ab"]);
  const before = request.body!;
  const copy = request.clone();
  assert(before.locked);
  assert(request.body !== before);
  assertEquals(await Array.fromAsync(request.body!), [latin1("ab")]);
  assertEquals(await copy.text(), "ab");
});

Deno.test("new Request(request) takes the body", async () => {
  const { request } = post(["a", "b"]);
  const taker = new Request(request);
  assertEquals(request.bodyUsed, true);
  await assertRejects(() => request.text(), TypeError);
  assertEquals(await taker.text(), "ab");
});

Deno.test("new Request(url, request) takes the body", async () => {
  const { request } = post(["a", "b"]);
  assertEquals(await new Request("http://other/", request).text(), "ab");
});

Deno.test("a body that only the platform looked at is still read the short way", async () => {
  const { request, body } = post(["abc"]);
  const bodyUsed = Object.getOwnPropertyDescriptor(Request.prototype, "bodyUsed")!.get!;
  assertEquals(bodyUsed.call(request), false);
  assertEquals(await request.text(), "abc");
  assertEquals(body.calls, ["readText"]);
});

Deno.test("textStream() decodes the stream", async () => {
  const { request } = post([latin1("\xc3"), latin1("\xa9")]);
  const read = Reflect.get(request, "textStream") as () => ReadableStream<string>;
  assertEquals((await Array.fromAsync(read.call(request))).join(""), "é");
});

Deno.test("bodies are read though a program replaced then() and the array iterator", async () => {
  const { then } = Promise.prototype;
  const iterator = Array.prototype[Symbol.iterator];
  const { request } = post(['{"a":1}'], { late: true });
  const streamed = post(["abc"]).request;
  const refuse = () => {
    throw new Error("Replaced");
  };
  let json: unknown;
  let piece: Uint8Array | undefined;
  try {
    Promise.prototype.then = refuse;
    Array.prototype[Symbol.iterator] = refuse;
    json = await request.json();
    request.headers.get("host");
    piece = (await streamed.body!.getReader().read()).value;
  } finally {
    Promise.prototype.then = then;
    Array.prototype[Symbol.iterator] = iterator;
  }
  assertEquals([json, piece], [{ a: 1 }, latin1("abc")]);
});
