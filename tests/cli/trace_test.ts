/**
 * The program with its trace on stdout and its metrics.
 *
 * @module
 */

import { Output } from "../../cli/output.ts";
import { formatEvent, TRACE_HEADINGS } from "../../cli/trace_lines.ts";
import type { TraceEvent } from "../../mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { GET } from "../support/requests.ts";
import { until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { Program } from "./child.ts";

const CONNECTION = {
  atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  id: 7,
  peer: { transport: "tcp", hostname: "::1", port: 40_000 },
  local: { transport: "tcp", hostname: "127.0.0.1", port: 80 },
  requests: 1,
  bytesIn: 100,
  bytesOut: 200,
  bytesDiscarded: 3,
  closeReason: null,
} as const;

const EVENTS = {
  opened: { type: "state", ...CONNECTION, oldState: null, newState: "idle", ms: 0 },
  closed: {
    type: "state",
    ...CONNECTION,
    closeReason: "peer_reset",
    oldState: "head",
    newState: "closed",
    ms: 12.3456,
  },
  drop: {
    type: "drop",
    ...CONNECTION,
    state: "writing",
    reason: "refused",
    code: "bad_host",
    droppedBytes: 3,
    droppedRequests: 0,
  },
  lost: { type: "lost", events: 5 },
} as const satisfies Record<string, TraceEvent>;

Deno.test("formatEvent() prints states in the columns of tcpstates", () => {
  const lines = [
    TRACE_HEADINGS.states,
    ...[EVENTS.opened, EVENTS.drop, EVENTS.closed].map((event) => formatEvent(event, "states")),
  ];
  assertEquals(
    lines.join(""),
    [
      "ID      PEER                  LOCAL                 OLDSTATE    -> NEWSTATE   MS\n",
      "7       [::1]:40000           127.0.0.1:80          ACCEPTED    -> IDLE       0.000\n",
      "7       [::1]:40000           127.0.0.1:80          HEAD        -> CLOSED     12.346 peer_reset\n",
    ].join(""),
  );
});

Deno.test("formatEvent() prints drops in columns, and nothing else among them", () => {
  const events = [EVENTS.opened, EVENTS.drop];
  const lines = [TRACE_HEADINGS.drops, ...events.map((event) => formatEvent(event, "drops"))];
  assertEquals(
    lines.join(""),
    [
      "TIME         ID      PEER                  LOCAL                 STATE     BYTES      REQUESTS REASON\n",
      "03:04:05.678 7       [::1]:40000           127.0.0.1:80          WRITING   3          0        refused bad_host\n",
    ].join(""),
  );
});

Deno.test("formatEvent() prints any event as one line of JSON, and what was lost in every format", () => {
  for (const event of Object.values(EVENTS)) {
    const line = formatEvent(event, "json");
    assertEquals([JSON.parse(line), line.indexOf("\n")], [event, line.length - 1]);
  }
  assertMatch(formatEvent(EVENTS.lost, "states"), /^\(5 events lost/);
  assertMatch(formatEvent(EVENTS.lost, "drops"), /^\(5 events lost/);
});

Deno.test("Output writes in batches, also when each write takes little", async () => {
  const writes: string[] = [];
  const output = new Output({
    write: (bytes) => {
      const taken = bytes.subarray(0, 5);
      writes.push(new TextDecoder().decode(taken));
      return Promise.resolve(taken.length);
    },
  });
  assertEquals(await Promise.all(["a\n", "b\n", "c\n"].map((line) => output.add(line))), [
    true,
    true,
    true,
  ]);
  await output.flushed();
  assertEquals(writes, ["a\nb\nc", "\n"]);
});

Deno.test("Output makes writers wait while its sink is slow, and says when nobody reads", async () => {
  const { promise, reject } = Promise.withResolvers<number>();
  const output = new Output({ write: () => promise });
  assertEquals(await output.add("x"), true);
  const held = output.add("x".repeat(100_000));
  let over = false;
  held.then(() => over = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(over, false);
  reject(new Deno.errors.BrokenPipe());
  assertEquals(await held, false);
  await output.flushed();
});

function portOf(address: string): number {
  return Number(new URL(address).port);
}

Deno.test("the program with --trace prints every state of a connection", async () => {
  await using program = new Program(["--port", "0", "--trace"]);
  const address = await program.address();
  assertEquals(`${await program.line()}\n`, TRACE_HEADINGS.states);
  using client = await WireClient.connect(portOf(address));
  await client.ask(GET);
  client.close();
  const { port } = client.localAddr;
  const steps = ["ACCEPTED -> IDLE", "IDLE -> HEAD", "HEAD -> HANDLING", "HANDLING -> WRITING"];
  for (const step of [...steps, "WRITING -> IDLE", "IDLE -> CLOSED"]) {
    const line = (await program.line()).replaceAll(/ +/g, " ");
    assert(line.startsWith(`1 127.0.0.1:${port} ${new URL(address).host} ${step} `), line);
  }
  program.send("SIGTERM");
  assertEquals((await program.end()).code, 0);
});

Deno.test("the program with --trace=drops prints what was thrown away, and with =json all as JSON", async () => {
  await using drops = new Program(["--port", "0", "--trace=drops"]);
  await using json = new Program(["--port", "0", "--trace=json"]);
  for (const program of [drops, json]) {
    using client = await WireClient.connect(portOf(await program.address()));
    assertEquals((await client.ask("GET / HTTP/1.1\r\n\r\nrest")).status, 400);
  }
  assertEquals(`${await drops.line()}\n`, TRACE_HEADINGS.drops);
  assertMatch(await drops.line(), / WRITING +4 +0 +refused bad_host$/);
  for (const type of ["state", "state", "state", "drop"]) {
    assertEquals(JSON.parse(await json.line()).type, type);
  }
});

Deno.test("the program serves on, and ends well, when nobody reads its trace any more", async () => {
  await using program = new Program(["--port", "0", "--trace"]);
  const address = await program.address();
  await program.hangUp();
  for (let turn = 0; turn < 5; turn++) {
    assertStringIncludes(await (await fetch(address)).text(), "Hello");
  }
  program.send("SIGTERM");
  const { code, stderr } = await program.end();
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("a trace that nobody takes keeps the program neither from answering nor from ending", async () => {
  await using program = new Program(["--port", "0", "--trace=json"]);
  const address = await program.address();
  // Over 1 MB of lines, where a pipe takes 64 KiB.
  for (let turn = 0; turn < 20; turn++) {
    using client = await WireClient.connect(portOf(address));
    for (let ask = 0; ask < 20; ask++) assertEquals((await client.ask(GET)).status, 200);
  }
  program.send("SIGTERM");
  await until(() => !program.running, "the program to end");
  assertEquals((await program.end()).code, 0);
});

Deno.test("the program with --metrics answers /metrics, and the rest as before", async () => {
  await using program = new Program(["--port", "0", "--metrics"]);
  const address = await program.address();
  assertStringIncludes(await (await fetch(address)).text(), "Hello");
  const text = await (await fetch(`${address}metrics`)).text();
  assertStringIncludes(text, '\nweir_http_requests_total{class="2xx"} 1\n');
  assertStringIncludes(await (await fetch(`${address}metrics/x`)).text(), "Hello");
});
