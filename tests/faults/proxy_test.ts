/**
 * A fault at every byte of every exchange, in both directions: resets, half-closes, closes, stalls, and
 * packets of one byte. Whatever happens, a client gets nothing but the beginning of its own answer, and
 * all of it where the server had the request; the next client is served; and nothing is left.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { eachOf } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import { FaultServer, nextId } from "./child.ts";
import { type Exchange, EXCHANGES, undisturbed, type Whole } from "./exchanges.ts";
import { Proxy } from "./proxy.ts";
import { ID, plansFor, SIDES, Trial } from "./trial.ts";

/** Long enough for a busy machine to send what is not held back, short enough to wait for. */
const STALL_MS = 1_000;
const STALLED = {
  timeouts: {
    head: STALL_MS,
    body: STALL_MS,
    write: STALL_MS,
    idle: STALL_MS,
    linger: 200,
  },
};

interface Rig {
  readonly server: FaultServer;
  readonly proxy: Proxy;
}

async function onRig(
  options: Parameters<typeof FaultServer.spawn>[0],
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  await using server = await FaultServer.spawn(options);
  {
    await using proxy = await Proxy.listen(server.port);
    await body({ server, proxy });
  }
  assertEquals(await server.assertEnds(), "");
}

async function wholeOf(server: FaultServer, exchange: Exchange): Promise<Whole> {
  using client = await server.connect();
  return await undisturbed(client, exchange, ID);
}

for (const fault of ["reset", "end", "cut"] as const) {
  Deno.test(`${fault} at every byte of every exchange, in both directions`, async () => {
    await onRig({}, async ({ server, proxy }) => {
      let count = 0;
      for (const exchange of EXCHANGES) {
        const whole = await wholeOf(server, exchange);
        await eachOf(plansFor(fault, whole), async (plan) => {
          const trial = new Trial(exchange, whole, plan);
          using client = await proxy.connect(plan);
          await trial.run(client);
          await server.assertServes();
          count++;
        });
        proxy.drop();
        await server.assertEmpty(`${fault} in ${exchange.name}`);
      }
      console.log(`  ${count} faults`);
    });
  });
}

Deno.test("a stall at every byte of every exchange, in both directions", async () => {
  await onRig(STALLED, async ({ server, proxy }) => {
    let count = 0;
    for (const exchange of EXCHANGES) {
      const whole = await wholeOf(server, exchange);
      const clients: WireClient[] = [];
      await eachOf(plansFor("stall", whole), async (plan) => {
        const client = await proxy.connect(plan);
        clients.push(client);
        await new Trial(exchange, whole, plan).stall(client);
        await server.assertServes();
        count++;
      }, { width: 256 });
      // All clients are still there: it is the server that must close the connections.
      if (!exchange.takenOver) await server.assertEmpty(`stalls in ${exchange.name}`);
      for (const client of clients) client.close();
      proxy.drop();
      await server.assertEmpty(`stalls in ${exchange.name}, the clients gone`);
    }
    console.log(`  ${count} stalls`);
  });
});

Deno.test("packets of one byte in either direction change nothing", async () => {
  await onRig({}, async ({ server, proxy }) => {
    for (const exchange of EXCHANGES) {
      const whole = await wholeOf(server, exchange);
      for (const side of SIDES) {
        const id = nextId();
        using client = await proxy.connect({ side, fault: "drip", at: 0 });
        const { answer } = await undisturbed(client, exchange, id);
        assertEquals(answer === whole.answer.replaceAll(ID, id), true, `${exchange.name}, ${side}`);
        await server.assertServes();
      }
    }
    await server.assertEmpty("packets of one byte");
    console.log(`  ${EXCHANGES.length * SIDES.length} exchanges`);
  });
});

Deno.test("the proxy itself passes everything on", async () => {
  await onRig({}, async ({ server, proxy }) => {
    for (const exchange of EXCHANGES) {
      const whole = await wholeOf(server, exchange);
      using client = await proxy.connect(null);
      assertEquals(await undisturbed(client, exchange, ID), whole);
    }
  });
});
