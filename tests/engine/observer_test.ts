import { ProtocolError } from "../../reactor/errors.ts";
import type { Observer } from "../../reactor/observer.ts";
import { assertEquals } from "../support/assert.ts";
import { LAST_GET } from "./requests.ts";
import { Rig, type RigOptions } from "./rig.ts";

const GET = "GET /path?query HTTP/1.1\r\nHost: a\r\nUser-Agent: one\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

/** Records all that it is told. */
class Notes implements Required<Observer> {
  readonly lines: string[] = [];

  opened: Required<Observer>["opened"] = ({ id }) => this.#note(`opened ${id}`);

  moved: Required<Observer>["moved"] = ({ state, closeReason }, from, ms) =>
    this.#note(`${from} -> ${state} ${ms}${closeReason === null ? "" : ` ${closeReason}`}`);

  dropped: Required<Observer>["dropped"] = (_, { reason, bytes, requests, code }) =>
    this.#note(`dropped ${reason} ${bytes} ${requests}${code === null ? "" : ` ${code}`}`);

  begun: Required<Observer>["begun"] = ({ method, begunMs }, { target, path, header }) =>
    this.#note(`begun ${method} ${target} ${path} ${typeof header} ${begunMs >= 0}`);

  settled: Required<Observer>["settled"] = ({ status, bodyBytes }, error) =>
    this.#note(`settled ${status} ${bodyBytes} ${error?.code ?? "whole"}`);

  refused: Required<Observer>["refused"] = (_, { code, status, exchange }) =>
    this.#note(`refused ${code} ${status} ${exchange === null ? "no exchange" : exchange.method}`);

  closed: Required<Observer>["closed"] = ({ id, closeReason }) =>
    this.#note(`closed ${id} ${closeReason}`);

  entered: Required<Observer>["entered"] = (phase) => this.#note(`entered ${phase}`);

  #note(line: string): void {
    this.lines.push(line);
  }
}

interface Life {
  readonly name: string;
  readonly options?: RigOptions;
  readonly act: (rig: Rig) => Promise<unknown>;
  readonly notes: readonly string[];
}

const answering: RigOptions = {
  handle: ({ exchange }) => exchange.respond({ status: 200, fields: [] }, "hello"),
};

const LIVES: readonly Life[] = [
  {
    name: "an answer, and a client that leaves",
    options: answering,
    act: async (rig) => {
      const line = await rig.sent(GET);
      await rig.advance(1_000);
      await line.wire.end();
    },
    notes: [
      "opened 1",
      "idle -> head 0",
      "head -> handling 0",
      "begun GET /path?query /path function true",
      "handling -> writing 0",
      "settled 200 5 whole",
      "writing -> idle 0",
      "idle -> closed 1000 peer_closed",
      "closed 1 peer_closed",
    ],
  },
  {
    name: "a client that is gone before its answer",
    act: async (rig) => {
      const line = await rig.sent(GET);
      await line.wire.reset();
    },
    notes: [
      "opened 1",
      "idle -> head 0",
      "head -> handling 0",
      "begun GET /path?query /path function true",
      "dropped closed 0 1",
      "handling -> closed 0 peer_reset",
      "settled 0 0 peer_gone",
      "closed 1 peer_reset",
    ],
  },
  {
    name: "a client that is gone before it has taken its answer",
    options: answering,
    act: async (rig) => {
      const line = await rig.connect();
      line.wire.takes = 0;
      await line.wire.send(GET);
      await line.wire.reset();
    },
    notes: [
      "opened 1",
      "idle -> head 0",
      "head -> handling 0",
      "begun GET /path?query /path function true",
      "handling -> writing 0",
      "dropped closed 0 1",
      "writing -> closed 0 peer_reset",
      "settled 200 5 peer_gone",
      "closed 1 peer_reset",
    ],
  },
  {
    name: "a request line that breaks the protocol",
    act: async (rig) => {
      const line = await rig.sent("GET  / HTTP/1.1\r\n\r\n");
      await line.wire.end();
    },
    notes: [
      "opened 1",
      "idle -> head 0",
      "head -> writing 0",
      "refused bad_request_line 400 no exchange",
      "dropped refused 19 0 bad_request_line",
      "writing -> lingering 0",
      "lingering -> closed 0 bad_request",
      "closed 1 bad_request",
    ],
  },
  {
    name: "a request that breaks the protocol",
    act: async (rig) => {
      const line = await rig.sent("GET / HTTP/1.1\r\n\r\nrest");
      await line.wire.end();
    },
    notes: [
      "opened 1",
      "idle -> head 0",
      "head -> writing 0",
      "begun GET / / function true",
      "settled 400 0 closed",
      "refused bad_host 400 GET",
      "dropped refused 4 0 bad_host",
      "writing -> lingering 0",
      "lingering -> closed 0 bad_request",
      "closed 1 bad_request",
    ],
  },
  {
    name: "a handler that takes too long",
    options: { timeouts: { handler: 1_000 } },
    act: async (rig) => {
      const line = await rig.sent(GET);
      await rig.advance(1_300);
      await line.wire.end();
    },
    notes: [
      "opened 1",
      "idle -> head 0",
      "head -> handling 0",
      "begun GET /path?query /path function true",
      "settled 503 0 handler_timeout",
      "handling -> writing 1150",
      "refused handler_timeout 503 GET",
      "writing -> lingering 0",
      "lingering -> closed 150 handler_timeout",
      "closed 1 handler_timeout",
    ],
  },
  {
    name: "a body that nobody reads",
    options: answering,
    act: (rig) => rig.sent(POST + "0123", "456789"),
    notes: [
      "opened 1",
      "idle -> head 0",
      "head -> handling 0",
      "begun POST / / function true",
      "handling -> writing 0",
      "settled 200 5 whole",
      "writing -> draining 0",
      "dropped unread_body 4 0",
      "dropped unread_body 6 0",
      "draining -> idle 0",
    ],
  },
  {
    name: "a shutdown from its readyDelay to its end",
    options: answering,
    act: async (rig) => {
      rig.reactor.shutdown({ readyDelay: 100, firstRequest: 0, deadline: 1_000, grace: 1_000 });
      await rig.sent(LAST_GET);
      await rig.advance(100);
      rig.reactor.force();
    },
    notes: [
      "entered leaving",
      "opened 1",
      "idle -> head 0",
      "head -> handling 0",
      "begun GET / / function true",
      "handling -> writing 0",
      "settled 200 5 whole",
      "writing -> lingering 0",
      "entered draining",
      "lingering -> closed 100 forced",
      "closed 1 forced",
      "entered ended",
    ],
  },
];

for (const { name, options, act, notes } of LIVES) {
  Deno.test(`observer: ${name}`, async () => {
    const rig = new Rig(options);
    const watch = new Notes();
    const stop = rig.reactor.observe(watch);
    await act(rig);
    stop();
    await rig.finish();
    assertEquals(watch.lines, notes);
  });
}

Deno.test("observer: an observer that throws harms neither the connection nor the others", async () => {
  const rig = new Rig(answering);
  const watch = new Notes();
  const failure = new Error("mine");
  rig.reactor.observe({
    moved: () => {
      throw failure;
    },
  });
  rig.reactor.observe(watch);
  const line = await rig.sent(GET);
  assertEquals(line.statuses(), [200]);
  assertEquals(watch.lines.length, 7);
  assertEquals(rig.observerErrors, [failure, failure, failure, failure]);
  await rig.finish();
});

Deno.test("observer: one that is added in the middle still learns the time in the state", async () => {
  const rig = new Rig(answering);
  const line = await rig.connect();
  await rig.advance(500);
  const watch = new Notes();
  rig.reactor.observe(watch);
  await line.wire.end();
  assertEquals(watch.lines, ["idle -> closed 500 peer_closed", "closed 1 peer_closed"]);
  await rig.finish();
});

Deno.test("observer: the request's body counts without its framing, read or not", async () => {
  const sizes: number[] = [];
  const rig = new Rig({
    handle: async ({ exchange }) => {
      if (exchange.method === "POST") await exchange.body!.readAll();
      exchange.respond({ status: 200, fields: [] }, "hello");
    },
  });
  rig.reactor.observe({ settled: ({ requestBodyBytes }) => sizes.push(requestBodyBytes) });
  const chunks = "Host: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n2\r\nef\r\n0\r\n\r\n";
  await rig.sent(`POST / HTTP/1.1\r\n${chunks}PUT / HTTP/1.1\r\n${chunks}${GET}`);
  assertEquals(sizes, [6, 6, 0]);
  await rig.finish();
});

Deno.test("observer: the cause of a loss is what the engine answered for", async () => {
  const causes: unknown[] = [];
  const rig = new Rig({ timeouts: { handler: 1_000 } });
  rig.reactor.observe({ settled: (_, error) => causes.push(error?.cause) });
  const { wire } = await rig.sent(GET);
  await rig.advance(1_300);
  await wire.end();
  await (await rig.sent(GET)).wire.reset();
  const codes = causes.map((cause) => cause instanceof ProtocolError ? cause.code : cause);
  assertEquals(codes, ["handler_timeout", undefined]);
  await rig.finish();
});
