import type { LogFormat } from "../../handlers/access_log/formats.ts";
import { LogObserver } from "../../handlers/access_log/log_observer.ts";
import { LAST_GET } from "../engine/requests.ts";
import { answers, Rig, type RigOptions } from "../engine/rig.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const GET = "GET /path?query HTTP/1.1\r\nHost: a\r\nUser-Agent: one\r\nReferer: two\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

interface Life {
  readonly name: string;
  readonly options?: RigOptions;
  readonly act: (rig: Rig) => Promise<unknown>;
  /** The request line, the status, the bytes, and why. */
  readonly lines: readonly string[];
}

const answering: RigOptions = { handle: answers("hello") };

/** What is refused for its fields, when its head was read: the request is known. */
const REFUSED = [
  ["body_too_large", 413, "Content-Length: 11"],
  ["bad_expectation", 417, "Expect: 200-ok"],
  ["unknown_coding", 501, "Transfer-Encoding: gzip, chunked"],
  ["bad_framing", 400, "Transfer-Encoding: gzip"],
  ["bad_framing", 400, "Transfer-Encoding: chunked\r\nContent-Length: 1"],
  ["bad_upgrade", 400, "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 1"],
] as const;

const LIVES: readonly Life[] = [
  {
    name: "an answer",
    options: answering,
    act: (rig) => rig.sent(GET),
    lines: ["GET /path?query 200 5 null"],
  },
  {
    name: "an answer to HEAD, whose body is not sent",
    options: answering,
    act: (rig) => rig.sent(GET.replace("GET", "HEAD")),
    lines: ["HEAD /path?query 200 0 null"],
  },
  {
    name: "pipelined requests",
    options: answering,
    act: (rig) => rig.sent(GET + GET + LAST_GET),
    lines: ["GET /path?query 200 5 null", "GET /path?query 200 5 null", "GET / 200 5 null"],
  },
  {
    name: "a client that is gone before its answer",
    act: async (rig) => {
      const line = await rig.sent(GET);
      await line.wire.reset();
    },
    lines: ["GET /path?query 499 0 peer_gone"],
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
    lines: ["GET /path?query 200 5 peer_gone"],
  },
  {
    name: "a handler that cuts its connection instead of answering",
    options: { handle: ({ exchange }) => exchange.cut() },
    act: (rig) => rig.sent(GET),
    lines: ["GET /path?query 444 0 closed"],
  },
  {
    name: "a shutdown that cuts a handler off",
    act: async (rig) => {
      await rig.sent(GET);
      rig.reactor.force();
    },
    lines: ["GET /path?query 444 0 shutdown"],
  },
  {
    name: "a request that breaks the protocol, and one before it",
    options: answering,
    act: async (rig) => {
      const line = await rig.sent(GET + "GET / HTTP/1.1\r\n\r\nrest");
      await line.wire.end();
    },
    // The refusal is over when it is given, the answer before it when the kernel has both.
    lines: ["GET / 400 0 bad_host", "GET /path?query 200 5 null"],
  },
  {
    name: "a request line that breaks the protocol",
    act: async (rig) => {
      const line = await rig.sent("GET  / HTTP/1.1\r\n\r\n");
      await line.wire.end();
    },
    lines: ["null null 400 0 bad_request_line"],
  },
  ...REFUSED.map(([code, status, fields]): Life => ({
    name: `a request whose fields are refused as ${code}`,
    options: { limits: { bodyBytes: 10 } },
    act: async (rig) => {
      const line = await rig.sent(`PUT /a?b HTTP/1.1\r\nHost: h\r\n${fields}\r\n\r\n`);
      await line.wire.end();
    },
    lines: [`PUT /a?b ${status} 0 ${code}`],
  })),
  {
    name: "a head that never ends",
    act: async (rig) => {
      const line = await rig.sent("GET /");
      await rig.advance(10_500);
      await line.wire.end();
    },
    lines: ["null null 408 0 head_timeout"],
  },
  {
    name: "a handler that takes too long",
    options: { timeouts: { handler: 1_000 } },
    act: async (rig) => {
      const line = await rig.sent(GET);
      await rig.advance(1_300);
      await line.wire.end();
    },
    lines: ["GET /path?query 503 0 handler_timeout"],
  },
  {
    name: "a body that comes too slowly",
    act: async (rig) => {
      const line = await rig.sent(POST);
      Promise.resolve(rig.last.exchange.body!.readAll()).catch(() => {});
      await rig.advance(6_000);
      await line.wire.end();
    },
    lines: ["POST / 408 0 body_timeout"],
  },
  {
    name: "a request that the queue turns away",
    options: { queue: { maxActive: 1, maxQueued: 0 } },
    act: async (rig) => {
      await rig.sent(GET);
      await rig.sent(LAST_GET);
      await rig.advance(100);
      rig.last.exchange.respond({ status: 200, fields: [] }, "");
    },
    lines: ["GET / 503 0 null", "GET /path?query 200 0 null"],
  },
  {
    name: "a connection that is taken over",
    options: {
      handle: ({ exchange }) =>
        void exchange.upgrade({ status: 101, fields: ["upgrade", "x", "connection", "upgrade"] }),
    },
    act: async (rig) => {
      const line = await rig.sent(
        "GET /up HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      );
      await line.wire.send("not a request\r\n\r\n");
      await line.wire.end();
    },
    lines: ["GET /up 101 0 null"],
  },
  {
    name: "a connection over the limit",
    options: {
      limits: { connectionsPerAddress: 1, overConnections: "refuse" },
      handle: answers("hello"),
    },
    act: async (rig) => {
      await rig.sent(GET);
      await rig.sent(GET);
    },
    lines: ["GET /path?query 200 5 null", "null null 503 0 overloaded"],
  },
];

function listen(rig: Rig, format: LogFormat): { lines: string[]; stop: () => void } {
  const lines: string[] = [];
  const { clock } = rig;
  const logObserver = new LogObserver({ clock, format, write: (line) => lines.push(line) });
  return { lines, stop: rig.reactor.observe(logObserver) };
}

for (const { name, options, act, lines } of LIVES) {
  Deno.test(`one line for ${name}`, async () => {
    const rig = new Rig(options);
    const log = listen(rig, "json");
    await act(rig);
    await rig.finish();
    const told = log.lines.map((line) => {
      const { method, target, status, bytes, reason } = JSON.parse(line);
      return `${method}${target === null ? " null" : ` ${target}`} ${status} ${bytes} ${reason}`;
    });
    assertEquals(told, lines);
    assertEquals(rig.observerErrors, []);
  });
}

Deno.test("a line has the time of its end, how long it took, and the request's number", async () => {
  const rig = new Rig();
  const log = listen(rig, "json");
  const line = await rig.sent(GET);
  await rig.advance(250);
  rig.last.exchange.respond({ status: 200, fields: [] }, "");
  await line.wire.send(LAST_GET);
  rig.last.exchange.respond({ status: 200, fields: [] }, "");
  const wall = new Date(rig.clock.wallMs()).toISOString();
  await rig.finish();
  const [first, second] = log.lines.map((line) => JSON.parse(line));
  assertEquals([first.time, first.ms, first.request, first.connection], [wall, 250, 1, 1]);
  assertEquals([first.referer, first.user_agent], ["two", "one"]);
  assertEquals([second.request, second.connection, second.user_agent], [2, 1, null]);
});

Deno.test("no line holds a secret of a query, of the target or of the page before", async () => {
  const rig = new Rig(answering);
  const logs = (["common", "combined", "json"] as const).map((format) => listen(rig, format));
  const get = GET.replace("query", "token=hidden&a=b").replace("two", "http://h/?sig=hidden");
  await rig.sent(get);
  await rig.finish();
  for (const { lines: [line] } of logs) {
    assertMatch(line!, /\/path\?token=REDACTED&a=b/);
    assert(!line!.includes("hidden"), line);
  }
});

Deno.test("a request that began before anybody listened has a line without its target", async () => {
  const rig = new Rig();
  await rig.sent(GET);
  const log = listen(rig, "json");
  rig.last.exchange.respond({ status: 200, fields: [] }, "hello");
  await rig.finish();
  const { method, target, status, bytes, ms, request } = JSON.parse(log.lines.join(""));
  assertEquals([method, target, status, bytes, ms, request], ["GET", null, 200, 5, null, null]);
});

Deno.test("nothing is logged after the end of listening", async () => {
  const rig = new Rig();
  const log = listen(rig, "common");
  await rig.sent(GET);
  log.stop();
  rig.last.exchange.respond({ status: 200, fields: [] }, "hello");
  await rig.finish();
  assertEquals(log.lines, []);
});
