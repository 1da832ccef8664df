/**
 * What goes to `onError`, what its answer does, and what a client sees of a failing body.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { fixture, run } from "../support/programs.ts";
import { GET } from "../support/requests.ts";
import { onBoth, type Peer, start, type StartOptions } from "../support/servers.ts";
import { until, within } from "../support/time.ts";

/** A handler as plain JavaScript may write it. */
type Loose = () => unknown;

function startLoose(peer: Peer, handler: Loose, options?: StartOptions) {
  return start(peer, handler as () => Response, options);
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A stream that gives each of `chunks` on its own, then ends or fails. */
function streamOf(
  chunks: readonly unknown[],
  failure?: Error,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      if (left.length > 0) controller.enqueue(left.shift() as Uint8Array<ArrayBuffer>);
      else if (failure) controller.error(failure);
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

async function usedResponse(body: BodyInit): Promise<Response> {
  const response = new Response(body);
  await response.text();
  return response;
}

function lockedResponse(): Response {
  const response = new Response(streamOf([bytes("x")]));
  response.body?.getReader();
  return response;
}

interface BadReturn {
  readonly name: string;
  readonly handler: Loose;
  /** What the TypeError's text must say. */
  readonly says: RegExp;
}

const NOT_A_RESPONSE = /a response/i;
const BAD_RETURNS: readonly BadReturn[] = [
  { name: "a string", handler: () => "x", says: NOT_A_RESPONSE },
  { name: "undefined", handler: () => undefined, says: NOT_A_RESPONSE },
  { name: "null", handler: () => null, says: NOT_A_RESPONSE },
  { name: "a number", handler: () => 200, says: NOT_A_RESPONSE },
  { name: "an object", handler: () => ({}), says: NOT_A_RESPONSE },
  { name: "a promise of undefined", handler: () => Promise.resolve(), says: NOT_A_RESPONSE },
  {
    name: "an object like a Response",
    handler: () => ({ status: 200, headers: new Headers(), body: null }),
    says: NOT_A_RESPONSE,
  },
  {
    name: "an object with Response's prototype",
    handler: () => Object.create(Response.prototype),
    says: /realm|constructor|constructed/,
  },
  { name: "Response.error()", handler: () => Response.error(), says: /error response/ },
  { name: "a used string body", handler: () => usedResponse("x"), says: /consumed|used/ },
  {
    name: "a used stream body",
    handler: () => usedResponse(streamOf([bytes("x")])),
    says: /consumed|used/,
  },
  { name: "a locked stream body", handler: lockedResponse, says: /locked/ },
];

for (const { name, handler, says } of BAD_RETURNS) {
  onBoth(`a handler that returns ${name} sends a TypeError to onError`, async (peer) => {
    await using running = startLoose(peer, handler);
    using client = await running.connect();
    // Twice: the connection must live on.
    for (let turn = 0; turn < 2; turn++) {
      const answer = await client.ask(GET);
      assertEquals([answer.status, answer.text], [500, "Caught"]);
    }
    for (const error of running.errors) {
      assert(error instanceof TypeError);
      assertMatch(error.message, says);
    }
    assertEquals(running.errors.length, 2);
  });
}

const boom = new RangeError("Boom");
const THROWS: Readonly<Record<string, Loose>> = {
  "throws": () => {
    throw boom;
  },
  "rejects": () => Promise.reject(boom),
  "returns a thenable that rejects": () => ({
    then: (_resolve: unknown, reject: (reason: unknown) => void) => reject(boom),
  }),
};

for (const [name, handler] of Object.entries(THROWS)) {
  onBoth(
    `what a handler that ${name} gives goes to onError, and the connection lives on`,
    async (peer) => {
      await using running = startLoose(peer, handler);
      using client = await running.connect();
      assertEquals((await client.ask(GET)).text, "Caught");
      assertEquals((await client.ask(GET)).text, "Caught");
      assert(running.errors.every((error) => error === boom) && running.errors.length === 2);
    },
  );
}

onBoth("a thrown string goes to onError as it is", async (peer) => {
  await using running = startLoose(peer, () => Promise.reject("text"));
  using client = await running.connect();
  await client.ask(GET);
  assertEquals(running.errors, ["text"]);
});

onBoth("a Response returned twice is used up the second time", async (peer) => {
  const response = new Response("once");
  await using running = start(peer, () => response);
  using client = await running.connect();
  assertEquals((await client.ask(GET)).text, "once");
  assertEquals((await client.ask(GET)).text, "Caught");
  assert(running.errors[0] instanceof TypeError);
});

onBoth("a thenable of a Response is accepted", async (peer) => {
  const then = (resolve: (response: Response) => void) => resolve(new Response("then"));
  await using running = startLoose(peer, () => ({ then }));
  using client = await running.connect();
  assertEquals((await client.ask(GET)).text, "then");
});

onBoth("onError's answer is sent, also when it comes late", async (peer) => {
  const onError = async () => {
    await Promise.resolve();
    return new Response("teapot", { status: 418, headers: { "X-Own": "1" } });
  };
  await using running = startLoose(peer, () => Promise.reject(boom), { onError });
  using client = await running.connect();
  const answer = await client.ask(GET);
  assertEquals([answer.status, answer.text, answer.header("x-own")], [418, "teapot", "1"]);
});

for (const how of ["throws", "rejects", "text", "nothing", "response-error", "default"]) {
  onBoth(`a bare 500 goes out when onError is bad: ${how}`, async (peer) => {
    // In a process of its own, as it writes the error to stderr.
    const args = ["run", "--no-prompt", "--allow-net", fixture("bad_on_error.ts"), peer.name, how];
    const { code, stdout, stderr } = await run("deno", args);
    assertEquals([code, stdout], [0, "500 Internal Server Error null 21\n".repeat(2)]);
    assertMatch(stderr, how === "default" ? /Boom/ : /onError/);
  });
}

interface BrokenBody {
  readonly name: string;
  readonly body: () => ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly sent: string;
  readonly error: new (...args: never[]) => Error;
}

const BROKEN_BODIES: readonly BrokenBody[] = [
  { name: "fails", body: () => streamOf([bytes("ab")], boom), sent: "ab", error: RangeError },
  {
    name: "gives a string",
    body: () => streamOf([bytes("ab"), "x"]),
    sent: "ab",
    error: TypeError,
  },
  { name: "gives null", body: () => streamOf([bytes("ab"), null]), sent: "ab", error: TypeError },
  {
    name: "gives an ArrayBuffer",
    body: () => streamOf([bytes("ab"), new ArrayBuffer(2)]),
    sent: "ab",
    error: TypeError,
  },
  {
    name: "gives a Uint16Array",
    body: () => streamOf([bytes("ab"), new Uint16Array(2)]),
    sent: "ab",
    error: TypeError,
  },
];

for (const { name, body, sent, error } of BROKEN_BODIES) {
  onBoth(`a body stream that ${name} cuts the answer and tells onError`, async (peer) => {
    await using running = start(peer, () => new Response(body()));
    using client = await running.connect();
    await client.send(GET);
    const { text } = await client.remains();
    assertMatch(text, /^HTTP\/1\.1 200 OK\r\n[^]*transfer-encoding: chunked\r\n/i);
    assertEquals(text.split("\r\n\r\n")[1], `${sent.length}\r\n${sent}\r\n`);
    await until(() => running.errors.length > 0, "onError to be told");
    assert(running.errors.length === 1 && running.errors[0] instanceof error);
  });
}

const EARLY: Readonly<Record<string, () => ReadableStream<Uint8Array<ArrayBuffer>>>> = {
  "that has failed already": () =>
    new ReadableStream({
      start: (controller) => controller.error(boom),
    }),
  "that fails at the first pull": () => streamOf([], boom),
  "whose first chunk is a string": () => streamOf(["x"]),
};

for (const [name, body] of Object.entries(EARLY)) {
  onBoth(`a body stream ${name} never looks complete, and onError is told`, async (peer) => {
    await using running = start(peer, () => new Response(body()));
    using client = await running.connect();
    await client.send(GET);
    // Either the head was out and the answer is cut, or onError's answer takes its place.
    const outcome = await within(
      client.response().then((answer) => answer.text, () => "cut"),
      "an end",
    );
    assert(outcome === "cut" || outcome === "Caught", outcome);
    await until(() => running.errors.length > 0, "onError to be told");
    assertEquals(running.errors.length, 1);
  });
}
