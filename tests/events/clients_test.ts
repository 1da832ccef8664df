/**
 * Real clients: curl, the runtime's own EventSource, npm's, and Chromium's; the last three through restarts
 * of the server.
 *
 * @module
 */

import { EventSource as NpmEventSource } from "eventsource";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { until, within } from "../support/time.ts";
import { Chromium } from "../status/browser.ts";
import { Rolling } from "./rolling.ts";
import { lastRetry, streamServer } from "./stream_client.ts";

const RESTARTS = 6;

/** All ids without a gap. */
function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

/** Restarts the server while a client listens, and waits until that has all events. */
async function restartsUnder(rolling: Rolling, ids: () => Promise<number[]>): Promise<void> {
  let seen = 0;
  for (let turn = 0; turn < RESTARTS; turn++) {
    while ((await ids()).length < seen + 50) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await rolling.restart();
    seen = (await ids()).length;
  }
  while ((await ids()).length < seen + 50) await new Promise((resolve) => setTimeout(resolve, 10));
  rolling.pause();
  const whole = async () => {
    while ((await ids()).at(-1) !== rolling.last) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await within(whole(), "the last event");
  assertEquals(await ids(), upTo(rolling.last));
  assertEquals(
    rolling.reports.map(({ aborted, forced }) => [aborted, forced]),
    Array(RESTARTS).fill([0, 0]),
  );
  assert(rolling.lastEventIds.length > RESTARTS, rolling.lastEventIds.join());
}

const SOURCES: readonly [name: string, type: typeof EventSource][] = [
  ["Deno's EventSource", EventSource],
  ["npm's eventsource", NpmEventSource as unknown as typeof EventSource],
];

for (const [name, type] of SOURCES) {
  Deno.test(`${name} comes back after each restart, with no event lost or repeated`, async () => {
    await using rolling = new Rolling();
    const ids: number[] = [];
    const client = new type(`http://127.0.0.1:${rolling.port}/events`);
    client.onmessage = ({ lastEventId, data }) => {
      assertEquals(data, `event ${lastEventId}`);
      ids.push(Number(lastEventId));
    };
    try {
      await restartsUnder(rolling, () => Promise.resolve([...ids]));
    } finally {
      client.close();
    }
  });
}

const PAGE = `<!doctype html><title>Events</title><script>
  ids = [];
  source = new EventSource("/events");
  source.onmessage = ({ lastEventId }) => ids.push(Number(lastEventId));
</script>`;

declare const ids: number[];

withProgram(
  "chromium",
  "Chromium's EventSource comes back after each restart, with no event lost or repeated",
  async () => {
    await using browser = await Chromium.start();
    await using rolling = new Rolling({ page: PAGE });
    const page = await browser.open(`http://127.0.0.1:${rolling.port}/`);
    await restartsUnder(rolling, () => page.evaluate(() => ids));
    await page.close();
  },
);

withProgram("curl", "curl -N shows each event as it comes, and the end", async () => {
  let sent = 0;
  await using server = streamServer(async function* () {
    for (; sent < 3; sent++) {
      yield { id: sent, data: `event ${sent}` };
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  });
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { code, stdout } = await run("curl", ["-sSN", "-i", url]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "content-type: text/event-stream");
  assertStringIncludes(stdout, "id: 0\ndata: event 0\n\nid: 1\ndata: event 1\n\n");
});

withProgram(
  "curl",
  "curl -N ends with status 0 at a shutdown, and with 18 when the source fails",
  async () => {
    for (const [fails, status] of [[false, 0], [true, 18]] as const) {
      const go = Promise.withResolvers<void>();
      let reached = false;
      const server = streamServer(async function* ({ signal }) {
        reached = true;
        yield "first";
        await Promise.race([
          go.promise,
          new Promise((resolve) => signal.addEventListener("abort", resolve)),
        ]);
        if (!signal.aborted) throw new Error("mine");
      });
      const url = `http://127.0.0.1:${server.addr.port}/`;
      const running = run("curl", ["-sN", url]);
      await until(() => reached, "curl to connect");
      if (fails) go.resolve();
      else await server.shutdown();
      const { code, stdout } = await running;
      assertEquals(code, status);
      assertStringIncludes(stdout, "data: first\n\n");
      assertEquals(lastRetry(stdout) === 2_000, fails);
      await server.shutdown();
    }
  },
);
