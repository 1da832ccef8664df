import {
  sendPlan,
  type StreamPlan,
  takeApart,
  type WholePlan,
} from "../../handlers/fetch/response.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../support/assert.ts";

const TEXT = "text/plain;charset=UTF-8";

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A stream that is not complete before it is read, so that nobody can tell its length. */
function opaque(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      for (let i = 0; i < 20; i++) await undefined;
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(bytes(piece));
    },
  }, { highWaterMark: 0 });
}

function touched(response: Response, touch: (response: Response) => unknown): Response {
  touch(response);
  return response;
}

class Teapot extends Response {
  override get status(): number {
    return 418;
  }
  override get headers(): Headers {
    return new Headers({ "x-fake": "1" });
  }
}

interface Case {
  readonly name: string;
  readonly make: () => Response;
  readonly status?: number;
  /** Field lines in the order and case in which Deno.serve 2.9.6 sends them. */
  readonly fields: readonly string[];
  readonly body: string | null;
  /** How a body is framed: by its own length (the default), in chunks, or by the handler's length. */
  readonly stream?: "chunked" | number;
}

const CASES: readonly Case[] = [
  { name: "a string", make: () => new Response("hi"), fields: ["content-type", TEXT], body: "hi" },
  {
    name: "an empty string",
    make: () => new Response(""),
    fields: ["content-type", TEXT],
    body: "",
  },
  {
    name: "a string beyond ASCII",
    make: () => new Response("é€"),
    fields: ["content-type", TEXT],
    body: "é€",
  },
  {
    name: "a string with a status",
    make: () => new Response("hi", { status: 404, statusText: "Nope" }),
    status: 404,
    fields: ["Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "a field, in its own case and before the default type",
    make: () => new Response("hi", { headers: { "X-A": "b" } }),
    fields: ["X-A", "b", "Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "a type of its own",
    make: () => new Response("hi", { headers: { "CONTENT-Type": "text/html" } }),
    fields: ["content-type", "text/html"],
    body: "hi",
  },
  {
    name: "a plain type of its own",
    make: () => new Response("hi", { headers: { "Content-Type": "text/plain" } }),
    fields: ["content-type", "text/plain"],
    body: "hi",
  },
  {
    name: "a type of its own with a status",
    make: () => new Response("hi", { status: 201, headers: { "CONTENT-Type": "text/html" } }),
    status: 201,
    fields: ["CONTENT-Type", "text/html"],
    body: "hi",
  },
  {
    name: "a type among other fields",
    make: () => new Response("hi", { headers: { "CONTENT-Type": "text/html", "X-B": "c" } }),
    fields: ["CONTENT-Type", "text/html", "X-B", "c"],
    body: "hi",
  },
  {
    name: "a Headers object",
    make: () => new Response("hi", { headers: new Headers({ "X-A": "b" }) }),
    fields: ["x-a", "b", "Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "a value beyond ASCII",
    make: () => new Response("hi", { headers: { "X-A": "b\xe9" } }),
    fields: ["X-A", "b\xe9", "Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "cookies, a line each",
    make: () => new Response("hi", { headers: [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]] }),
    fields: ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "fields about the connection, as given",
    make: () =>
      new Response("hi", {
        headers: { "Connection": "close", "Keep-Alive": "timeout=5", "Date": "x" },
      }),
    fields: ["Connection", "close", "Keep-Alive", "timeout=5", "Date", "x", "Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "Response.json()",
    make: () => Response.json({ a: 1 }),
    fields: ["content-type", "application/json"],
    body: '{"a":1}',
  },
  {
    name: "Response.json() with a field",
    make: () => Response.json({ a: 1 }, { headers: { "X-A": "b" } }),
    fields: ["X-A", "b", "Content-Type", "application/json"],
    body: '{"a":1}',
  },
  { name: "bytes", make: () => new Response(bytes("hi")), fields: [], body: "hi" },
  { name: "no bytes", make: () => new Response(new Uint8Array(0)), fields: [], body: "" },
  { name: "an ArrayBuffer", make: () => new Response(bytes("hi").buffer), fields: [], body: "hi" },
  {
    name: "a view",
    make: () => new Response(new DataView(bytes("hello").buffer, 1, 3)),
    fields: [],
    body: "ell",
  },
  {
    name: "bytes with a type",
    make: () => new Response(bytes("hi"), { headers: { "content-type": "text/css" } }),
    fields: ["content-type", "text/css"],
    body: "hi",
  },
  {
    name: "URLSearchParams",
    make: () => new Response(new URLSearchParams("a=b")),
    fields: ["content-type", "application/x-www-form-urlencoded;charset=UTF-8"],
    body: "a=b",
  },
  {
    name: "a Blob",
    make: () => new Response(new Blob(["hi"], { type: "text/x" })),
    fields: ["Content-Type", "text/x"],
    body: "hi",
    stream: "chunked",
  },
  {
    name: "a Blob with a length",
    make: () => new Response(new Blob(["hi"]), { headers: { "Content-Length": "2" } }),
    fields: [],
    body: "hi",
    stream: 2,
  },
  {
    name: "a stream",
    make: () => new Response(opaque("a", "b")),
    fields: [],
    body: "ab",
    stream: "chunked",
  },
  {
    name: "an empty stream",
    make: () => new Response(opaque()),
    fields: [],
    body: "",
    stream: "chunked",
  },
  {
    name: "a stream with a length",
    make: () => new Response(opaque("abc"), { headers: { "Content-Length": "3" } }),
    fields: [],
    body: "abc",
    stream: 3,
  },
  {
    name: "a stream with a wrong length, which the engine checks",
    make: () => new Response(opaque("abc"), { headers: { "Content-Length": "5" } }),
    fields: [],
    body: "abc",
    stream: 5,
  },
  {
    name: "a stream with a length that is no number",
    make: () => new Response(opaque("abc"), { headers: { "Content-Length": "0x3" } }),
    fields: [],
    body: "abc",
    stream: "chunked",
  },
  {
    name: "a stream with two lengths",
    make: () =>
      new Response(opaque("abc"), { headers: [["Content-Length", "3"], ["Content-Length", "3"]] }),
    fields: [],
    body: "abc",
    stream: "chunked",
  },
  {
    name: "a stream with a type and a transfer coding",
    make: () =>
      new Response(opaque("abc"), {
        headers: { "Content-Type": "text/x", "Transfer-Encoding": "gzip" },
      }),
    fields: ["Content-Type", "text/x"],
    body: "abc",
    stream: "chunked",
  },
  {
    name: "a string with a wrong length and a transfer coding",
    make: () =>
      new Response("hi", {
        headers: { "Content-Length": "9", "X-A": "b", "Transfer-Encoding": "chunked" },
      }),
    fields: ["X-A", "b", "Content-Type", TEXT],
    body: "hi",
  },
  { name: "nothing", make: () => new Response(null), fields: [], body: null },
  {
    name: "nothing, with a length that a HEAD request is told",
    make: () => new Response(null, { headers: { "Content-Length": "1234", "X-A": "b" } }),
    fields: ["X-A", "b", "content-length", "1234"],
    body: null,
  },
  {
    name: "nothing, with a length that is no number",
    make: () => new Response(null, { headers: { "Content-Length": "-1" } }),
    fields: [],
    body: null,
  },
  {
    name: "nothing, with a type",
    make: () => new Response(null, { headers: { "Content-Type": "text/x" } }),
    fields: ["Content-Type", "text/x"],
    body: null,
  },
  {
    name: "204",
    make: () => new Response(null, { status: 204 }),
    status: 204,
    fields: [],
    body: null,
  },
  {
    name: "304",
    make: () => new Response(null, { status: 304, headers: { ETag: '"a"' } }),
    status: 304,
    fields: ["ETag", '"a"'],
    body: null,
  },
  {
    name: "a redirect",
    make: () => Response.redirect("http://a/", 301),
    status: 301,
    fields: ["Location", "http://a/"],
    body: null,
  },
  {
    name: "headers that were read",
    make: () => touched(new Response("hi"), (it) => it.headers.get("x")),
    fields: ["content-type", TEXT],
    body: "hi",
  },
  {
    name: "headers that were changed",
    make: () => touched(new Response("hi"), (it) => it.headers.set("X-A", "b")),
    fields: ["Content-Type", TEXT, "X-A", "b"],
    body: "hi",
  },
  {
    name: "a type that was changed",
    make: () => touched(new Response("hi"), (it) => it.headers.set("Content-TYPE", "text/x")),
    fields: ["content-type", "text/x"],
    body: "hi",
  },
  {
    name: "a type that was taken away",
    make: () => touched(new Response("hi"), (it) => it.headers.delete("content-type")),
    fields: [],
    body: "hi",
  },
  {
    name: "headers of Response.json() that were changed",
    make: () => touched(Response.json([]), (it) => it.headers.set("X-A", "b")),
    fields: ["Content-Type", "application/json", "X-A", "b"],
    body: "[]",
  },
  {
    name: "a body that was looked at",
    make: () => touched(new Response("hi"), (it) => it.body),
    fields: ["content-type", TEXT],
    body: "hi",
  },
  {
    name: "bytes that were looked at",
    make: () => touched(new Response(bytes("hi")), (it) => it.body),
    fields: [],
    body: "hi",
  },
  {
    name: "one that was cloned",
    make: () => touched(new Response("hi"), (it) => it.clone()),
    fields: ["content-type", TEXT],
    body: "hi",
  },
  {
    name: "a clone, its original used",
    make: () => {
      const original = new Response("hi", { headers: { "X-A": "b" } });
      return touched(original.clone(), () => original.text());
    },
    fields: ["X-A", "b", "Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "a clone of one whose body was looked at",
    make: () => touched(new Response("hi"), (it) => it.body).clone(),
    fields: ["content-type", TEXT],
    body: "hi",
  },
  {
    name: "the body of another",
    make: () => new Response(new Response("hi").body),
    fields: [],
    body: "hi",
  },
  {
    name: "another, wrapped",
    make: () => {
      const other = new Response("hi", { status: 201, headers: { "X-Q": "1" } });
      return new Response(other.body, other);
    },
    status: 201,
    fields: ["content-type", TEXT, "x-q", "1"],
    body: "hi",
  },
  {
    name: "a subclass, whatever its getters say",
    make: () => new Teapot("hi", { headers: { "X-A": "b" } }),
    fields: ["X-A", "b", "Content-Type", TEXT],
    body: "hi",
  },
  {
    name: "a proxy",
    make: () => new Proxy(new Response("hi"), {}),
    fields: ["content-type", TEXT],
    body: "hi",
  },
];

async function settled(response: unknown): Promise<WholePlan | StreamPlan> {
  const plan = sendPlan(response);
  return plan.kind === "later" ? await plan.plan : plan;
}

async function bodyText(plan: WholePlan | StreamPlan): Promise<string | null> {
  if (plan.kind === "stream") return await new Response(plan.stream).text();
  return plan.body instanceof Uint8Array ? new TextDecoder().decode(plan.body) : plan.body;
}

/** What the public way can know of field lines: names in lower case, sorted. */
function lowered(fields: readonly string[]): string[] {
  const lines: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    lines.push(`${fields[i]!.toLowerCase()}: ${fields[i + 1]}`);
  }
  return lines.sort();
}

for (const mode of ["auto", "public"] as const) {
  for (const { name, make, status = 200, fields, body, stream } of CASES) {
    Deno.test(`sendPlan() takes apart ${name} (${mode})`, async () => {
      takeApart(mode);
      const response = make();
      const plan = await settled(response);
      assertEquals(plan.status, status);
      if (mode === "auto") assertEquals(plan.fields, fields);
      else assertEquals(lowered(plan.fields), lowered(fields));
      if (stream === undefined) assertEquals(plan.kind, "whole");
      else assertEquals(plan.kind === "stream" && (plan.length ?? "chunked"), stream);
      assertEquals(await bodyText(plan), body);
      if (body !== null) {
        assert(response.bodyUsed);
        assertThrows(() => sendPlan(response), TypeError);
      }
    });
  }
}

const REFUSED: readonly { name: string; make: () => unknown; text: RegExp }[] = [
  { name: "undefined", make: () => undefined, text: /it must be a Response, but is undefined$/ },
  { name: "null", make: () => null, text: /is null$/ },
  { name: "a string", make: () => "secret", text: /is a string$/ },
  { name: "a function", make: () => () => {}, text: /is a function$/ },
  { name: "an array", make: () => [], text: /is an array$/ },
  { name: "a plain object", make: () => ({ status: 200 }), text: /is an object$/ },
  {
    name: "an object without a prototype",
    make: () => Object.create(null),
    text: /is an object$/,
  },
  {
    name: "a Request",
    make: () => new Request("http://a/"),
    text: /is an object of class "Request"$/,
  },
  {
    name: "an object whose class cannot be read",
    make: () => ({
      get constructor(): never {
        throw new Error("no");
      },
    }),
    text: /is an object$/,
  },
  {
    name: "a Response of another class of that name",
    make: () => new ({ Response: class {} }["Response"])(),
    text: /only looks like one/,
  },
  {
    name: "an object with only the prototype",
    make: () => Object.create(Response.prototype),
    text: /only looks like one/,
  },
  { name: "Response.error()", make: () => Response.error(), text: /is an error response/ },
  {
    name: "a used string",
    make: () => touched(new Response("hi"), (it) => it.text()),
    text: /already used/,
  },
  {
    name: "used bytes",
    make: () => touched(new Response(bytes("hi")), (it) => it.bytes()),
    text: /already used/,
  },
  {
    name: "a used stream",
    make: () => touched(new Response(opaque("a")), (it) => it.body!.cancel()),
    text: /already used/,
  },
  {
    name: "a locked string",
    make: () => touched(new Response("hi"), (it) => it.body!.getReader()),
    text: /locked/,
  },
  {
    name: "a locked stream",
    make: () => touched(new Response(opaque("a")), (it) => it.body!.getReader()),
    text: /locked/,
  },
];

for (const mode of ["auto", "public"] as const) {
  for (const { name, make, text } of REFUSED) {
    Deno.test(`sendPlan() refuses ${name} (${mode})`, () => {
      takeApart(mode);
      const error = assertThrows(() => sendPlan(make()), TypeError);
      assert(text.test(error.message), error.message);
    });
  }

  Deno.test(`sendPlan() takes apart FormData (${mode})`, async () => {
    takeApart(mode);
    const data = new FormData();
    data.set("a", "b");
    const plan = await settled(new Response(data)) as StreamPlan;
    assertEquals([plan.kind, plan.length, plan.fields.length], ["stream", null, 2]);
    const type = plan.fields[1]!;
    const parsed = await new Response(plan.stream, { headers: { "content-type": type } })
      .formData();
    assertEquals(parsed.get("a"), "b");
  });

  Deno.test(`sendPlan() sends what has no body again and again (${mode})`, () => {
    takeApart(mode);
    const response = new Response(null, { status: 204 });
    for (let i = 0; i < 2; i++) assertEquals(sendPlan(response).kind, "whole");
  });

  Deno.test(`sendPlan() refuses a stream that was planned but never read (${mode})`, async () => {
    takeApart(mode);
    const response = new Response(opaque("a"));
    const plan = await settled(response);
    assertThrows(() => sendPlan(response), TypeError);
    await (plan as StreamPlan).stream.cancel();
  });

  Deno.test(`sendPlan() does not wait for a stream that is silent (${mode})`, async () => {
    takeApart(mode);
    let reason: unknown;
    const silent = new ReadableStream({ cancel: (given) => void (reason = given) });
    const plan = await settled(new Response(silent)) as StreamPlan;
    assertEquals(plan.kind, "stream");
    await plan.stream.cancel("gone");
    assertEquals(reason, "gone");
  });

  Deno.test(`sendPlan() pulls a stream no sooner than its reader does (${mode})`, async () => {
    takeApart(mode);
    let pulls = 0;
    const counted = new ReadableStream({
      pull(controller) {
        controller.enqueue(bytes(String(++pulls)));
      },
    }, { highWaterMark: 0 });
    const reader = (await settled(new Response(counted)) as StreamPlan).stream.getReader();
    for (let i = 1; i < 4; i++) {
      const { value } = await reader.read();
      assertEquals(new TextDecoder().decode(value), String(i));
      assertEquals(pulls, i);
    }
    await reader.cancel();
  });

  Deno.test(`sendPlan() hands on a stream's failure (${mode})`, async () => {
    takeApart(mode);
    const failing = new Response(
      new ReadableStream({
        pull(controller) {
          controller.error(new RangeError("broken"));
        },
      }, { highWaterMark: 0 }),
    );
    await assertRejects(async () => await bodyText(await settled(failing)), RangeError);
  });

  Deno.test(`sendPlan() hands on chunks that are no bytes, for the reader to refuse (${mode})`, async () => {
    takeApart(mode);
    const strange = new ReadableStream({
      start(controller) {
        controller.enqueue("text");
        controller.close();
      },
    });
    const plan = await settled(new Response(strange)) as StreamPlan;
    assertEquals(await plan.stream.getReader().read() as unknown, { done: false, value: "text" });
  });

  Deno.test(`sendPlan() works where iteration and then() were replaced (${mode})`, async () => {
    takeApart(mode);
    const { then } = Promise.prototype;
    const iterate = Array.prototype[Symbol.iterator];
    const responses = [new Response("hi", { headers: { "X-A": "b" } }), new Response(opaque("a"))];
    const plans: (WholePlan | StreamPlan)[] = [];
    try {
      Promise.prototype.then = () => {
        throw new Error("then() was called");
      };
      Array.prototype[Symbol.iterator] = () => {
        throw new Error("an array was iterated");
      };
      for (let i = 0; i < responses.length; i++) plans.push(await settled(responses[i]));
    } finally {
      Promise.prototype.then = then;
      Array.prototype[Symbol.iterator] = iterate;
    }
    assertEquals(await bodyText(plans[0]!), "hi");
    assertEquals(await bodyText(plans[1]!), "a");
  });
}

Deno.test("sendPlan() gives a length to a complete stream only where it cannot tell (public)", async () => {
  const complete = () =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(bytes("abc"));
        controller.close();
      },
    });
  takeApart("auto");
  const plan = await settled(new Response(complete())) as StreamPlan;
  assertEquals([plan.kind, plan.length], ["stream", null]);
  assertEquals(await bodyText(plan), "abc");
  takeApart("public");
  assertEquals(await bodyText(await settled(new Response(complete()))), "abc");
});

for (const mode of ["auto", "public"] as const) {
  Deno.test(`sendPlan() leaves out what fetch() has undone (${mode})`, async () => {
    takeApart(mode);
    const zipped = await new Response(
      new Blob(["hello ".repeat(9)]).stream().pipeThrough(new CompressionStream("gzip")),
    ).bytes();
    const upstream = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(zipped, { headers: { "Content-Encoding": "gzip", "X-A": "b" } }),
    );
    try {
      const answer = await fetch(`http://127.0.0.1:${upstream.addr.port}/`);
      const plan = await settled(answer) as StreamPlan;
      const names = plan.fields.filter((_, i) => i % 2 === 0);
      assert(!names.includes("content-encoding") && names.includes("x-a"), names.join());
      assertEquals(plan.length, null);
      assertEquals(await bodyText(plan), "hello ".repeat(9));
    } finally {
      await upstream.shutdown();
    }
  });
}
