/**
 * An exchange hears that its connection is asked to end: by a shutdown, or by `close()`. What has no end of
 * its own, such as a stream of events, ends then, long before the deadline.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { latin1, settled } from "./fakes.ts";
import { GET, UPGRADE } from "./requests.ts";
import { type Line, onRig, type Rig } from "./rig.ts";

const OK = { status: 200, fields: [] };
const TIMES = { readyDelay: 0, firstRequest: 0, deadline: 1_000, grace: 500 };

interface Case {
  readonly name: string;
  readonly act: (rig: Rig, line: Line) => unknown;
  readonly told: readonly string[];
}

/** What happens while an answer is streamed, and what the exchange is told. */
const CASES: readonly Case[] = [
  { name: "nothing", act: () => {}, told: [] },
  { name: "a shutdown", act: ({ reactor }) => void reactor.shutdown(TIMES), told: ["shutdown"] },
  {
    name: "a shutdown that still serves",
    act: ({ reactor }) => void reactor.shutdown({ ...TIMES, readyDelay: 500 }),
    told: [],
  },
  {
    name: "close(), and a shutdown after it",
    act: ({ reactor }, { connection }) => {
      connection.close("asked");
      reactor.shutdown(TIMES);
    },
    told: ["asked"],
  },
  { name: "abort()", act: (_, { connection }) => connection.abort(), told: [] },
  { name: "the client's end of stream", act: (_, { wire }) => wire.end(), told: [] },
  { name: "a reset", act: (_, { wire }) => wire.reset(), told: [] },
  {
    name: "a shutdown after the answer's end",
    act: async ({ last, reactor }) => {
      last.exchange.endBody();
      await settled();
      reactor.shutdown(TIMES);
    },
    told: [],
  },
];

for (const { name, act, told } of CASES) {
  Deno.test(`onAsked at ${name}: ${told.join(", ") || "not called"}`, async () => {
    await onRig({}, async (rig) => {
      const line = await rig.sent(GET);
      const { exchange } = rig.last;
      const heard: string[] = [];
      assertEquals(exchange.asked, null);
      exchange.beginBody(OK, null);
      exchange.onAsked = (reason) => heard.push(`${reason} ${exchange.asked}`);
      await act(rig, line);
      await settled();
      assertEquals(heard, told.map((reason) => `${reason} ${reason}`));
    });
  });
}

Deno.test("an answer that ends when it is asked to lets the shutdown end in good order", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    const { exchange } = rig.last;
    exchange.beginBody(OK, null);
    exchange.writeBody(latin1("first"));
    exchange.onAsked = () => {
      exchange.writeBody(latin1("last"));
      exchange.endBody();
    };
    const report = rig.reactor.shutdown(TIMES);
    await settled();
    await line.wire.end();
    const { drained, aborted, forced } = await report;
    assertEquals([drained, aborted, forced], [1, 0, 0]);
    assertEquals(line.wire.output.endsWith("5\r\nfirst\r\n4\r\nlast\r\n0\r\n\r\n"), true);
    assertEquals([rig.last.outcome, rig.last.aborted], ["delivered", undefined]);
  });
});

Deno.test("a handler that is called during the shutdown finds that the end is asked for", async () => {
  await onRig({ queue: { maxActive: 1 } }, async (rig) => {
    await rig.sent(GET);
    await rig.sent(GET);
    assertEquals(rig.calls.length, 1);
    rig.reactor.shutdown(TIMES);
    rig.last.exchange.settled();
    rig.last.exchange.respond(OK, "");
    await settled();
    assertEquals(rig.calls.map(({ exchange }) => exchange.asked), ["shutdown", "shutdown"]);
  });
});

Deno.test("what onAsked throws costs its own connection alone", async () => {
  await onRig({}, async (rig) => {
    const line = await rig.sent(GET);
    rig.last.exchange.onAsked = () => {
      throw new Error("Thrown by a listener");
    };
    await rig.sent(GET);
    const told: string[] = [];
    rig.last.exchange.onAsked = (reason) => told.push(reason);
    rig.reactor.shutdown(TIMES);
    await settled();
    assertEquals([line.reason, told, rig.defects.length], ["internal_error", ["shutdown"], 1]);
    rig.defects.length = 0;
  });
});

Deno.test("after an upgrade the raw connection is told, and the exchange is not", async () => {
  await onRig({}, async (rig) => {
    await rig.sent(UPGRADE);
    const { exchange } = rig.last;
    const told: string[] = [];
    exchange.onAsked = () => told.push("exchange");
    const raw = exchange.upgrade({ status: 101, fields: ["Upgrade", "raw"] });
    raw.onAsked = () => told.push("raw");
    rig.reactor.shutdown(TIMES);
    await settled();
    assertEquals(told, ["raw"]);
    raw.close();
  });
});
