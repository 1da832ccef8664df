import { mergeSamples, MOST_ROWS, NOTHING, type Row } from "../../handlers/status/sample.ts";
import { Sampler } from "../../handlers/status/sampler.ts";
import { beginSocketTally } from "../../handlers/websocket/tally.ts";
import { GET, LAST_GET } from "../engine/requests.ts";
import { answers, Rig } from "../engine/rig.ts";
import { assertEquals } from "../support/assert.ts";
import { latencyOf, row, sample } from "./fake_workers.ts";

Deno.test("mergeSamples() adds all that two servers have counted", () => {
  const one = sample({
    opened: 1,
    answers: 10,
    errors: 2,
    refused: 3,
    bytesIn: 100,
    bytesOut: 1_000,
    sockets: 1,
    streams: 2,
    latency: latencyOf(1, 5),
    states: { idle: 2, handling: 1 },
    closeReasons: new Map([["asked", 1], ["peer_closed", 2]]),
    refusals: new Map([["bad_host", 3]]),
    drops: new Map([["refused", { bytes: 5, requests: 1 }]]),
    rows: [row({ id: 1 })],
  });
  const other = sample({
    opened: 2,
    answers: 20,
    errors: 1,
    refused: 1,
    bytesIn: 11,
    bytesOut: 22,
    sockets: 3,
    streams: 4,
    latency: latencyOf(5, 900),
    states: { idle: 1, upgraded: 3 },
    closeReasons: new Map([["asked", 4]]),
    refusals: new Map([["bad_host", 1], ["bad_request_line", 1]]),
    drops: new Map([["refused", { bytes: 1, requests: 0 }], ["closed", { bytes: 2, requests: 3 }]]),
    rows: [row({ id: 2 })],
  });
  const both = sample({
    opened: 3,
    answers: 30,
    errors: 3,
    refused: 4,
    bytesIn: 111,
    bytesOut: 1_022,
    sockets: 4,
    streams: 6,
    latency: latencyOf(1, 5, 5, 900),
    states: { idle: 3, handling: 1, upgraded: 3 },
    closeReasons: new Map([["asked", 5], ["peer_closed", 2]]),
    refusals: new Map([["bad_host", 4], ["bad_request_line", 1]]),
    drops: new Map([["refused", { bytes: 6, requests: 1 }], ["closed", { bytes: 2, requests: 3 }]]),
    rows: [row({ id: 1 }), row({ id: 2 })],
  });
  assertEquals(mergeSamples([one, other]), both);
});

Deno.test("mergeSamples() of one is the same, and of none is nothing", () => {
  const one = sample({ answers: 3, latency: latencyOf(3), states: { idle: 1 }, rows: [row({})] });
  assertEquals(mergeSamples([one]), one);
  assertEquals(mergeSamples([]), NOTHING);
  assertEquals([NOTHING.answers, NOTHING.rows, NOTHING.states], [0, [], {}]);
});

Deno.test("mergeSamples() shows of many rows those at work longest, then those used last", () => {
  const idle = (worker: number) =>
    Array.from({ length: MOST_ROWS }, (_, id) => row({ worker, id, stateMs: 10 * id + worker }));
  const busy = (worker: number, stateMs: number): Row =>
    row({ worker, id: 999, state: "handling", stateMs });
  const { rows } = mergeSamples([
    sample({ rows: [busy(1, 5), ...idle(1)] }),
    sample({ rows: [busy(2, 7), ...idle(2)] }),
  ]);
  assertEquals(rows.length, MOST_ROWS);
  assertEquals(rows.slice(0, 2), [busy(2, 7), busy(1, 5)]);
  const shown = rows.slice(2, 6).map(({ worker, id }) => `${worker}-${id}`);
  assertEquals(shown, ["1-0", "2-0", "1-1", "2-1"]);
});

Deno.test("Sampler.take() tells what happened since the call before, as data that can be sent", async () => {
  const rig = new Rig({ handle: answers("hello") });
  const early = await rig.sent(GET);
  early.got();
  const sampler = new Sampler(rig.reactor);
  await early.wire.send(GET);
  const gone = await rig.sent(LAST_GET);
  await gone.wire.end();
  const first = sampler.take();
  assertEquals(structuredClone(first), first);
  assertEquals([first.opened, first.answers, first.states], [1, 2, { idle: 1 }]);
  assertEquals([first.bytesIn, first.bytesOut > 0], [GET.length + LAST_GET.length, true]);
  assertEquals([...first.closeReasons], [["asked", 1]]);
  assertEquals(first.rows.map(({ worker, id, requests }) => [worker, id, requests]), [[
    null,
    1,
    2,
  ]]);
  const second = sampler.take();
  assertEquals([second.opened, second.answers, second.bytesIn, second.bytesOut], [0, 0, 0, 0]);
  assertEquals([second.closeReasons.size, second.latency], [0, latencyOf()]);
  assertEquals(second.rows.length, 1);
  sampler.stop();
  assertEquals(rig.reactor.observers, null);
  await rig.finish();
});

Deno.test("Sampler.take() tells what a connection's WebSocket has carried", async () => {
  const rig = new Rig({ handle: answers("hello") });
  const [plain, socket] = [await rig.sent(GET), await rig.sent(GET)];
  Object.assign(beginSocketTally(socket.connection), {
    messagesIn: 3,
    bytesIn: 30,
    messagesOut: 1,
  });
  const sampler = new Sampler(rig.reactor);
  const { sockets, streams, rows } = sampler.take();
  assertEquals([sockets, streams], [1, 0]);
  const carried = new Map(rows.map(({ id, socket }) => [id, socket]));
  assertEquals(carried.get(plain.connection.id), null);
  assertEquals(carried.get(socket.connection.id), {
    messagesIn: 3,
    messagesOut: 1,
    bytesIn: 30,
    bytesOut: 0,
  });
  sampler.stop();
  await rig.finish();
});
