/**
 * Many requests in one write: answered in order, with few writes.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { GET, request } from "../support/requests.ts";
import { onWeir, start, WEIR } from "../support/servers.ts";
import { WireClient } from "../support/wire.ts";

const PATHS = Array.from({ length: 16 }, (_, turn) => `/${turn}`);
const SIXTEEN = PATHS.map((target) => request({ target })).join("");

const HANDLERS: Readonly<Record<string, Deno.ServeHandler>> = {
  "a synchronous handler": (each) => new Response(new URL(each.url).pathname),
  "an async handler": async (each) =>
    new Response(await Promise.resolve(new URL(each.url).pathname)),
};

for (const [name, handler] of Object.entries(HANDLERS)) {
  onWeir(`sixteen requests in one write, ${name}: in order`, async (peer) => {
    await using running = start(peer, handler);
    using client = await running.connect();
    await client.send(SIXTEEN);
    for (const path of PATHS) assertEquals((await client.response()).text, path);
    assertEquals((await client.ask(GET)).text, "/");
  });
}

withProgram(
  "ss",
  "weir: the answers to sixteen requests in one write are one segment",
  async () => {
    await using running = start(WEIR, (each) => new Response(new URL(each.url).pathname));
    using client = await running.connect();
    await client.send(SIXTEEN);
    for (const path of PATHS) assertEquals((await client.response()).text, path);
    assertEquals(await segmentsFrom(running.port), 1);
  },
);

onWeir("an answer does not wait for a slow request after it", async (peer) => {
  const gate = Promise.withResolvers<void>();
  await using running = start(peer, async (each) => {
    const path = new URL(each.url).pathname;
    if (path === "/slow") await gate.promise;
    return new Response(path);
  });
  using client = await running.connect();
  await client.send(request({ target: "/fast" }) + request({ target: "/slow" }));
  assertEquals((await client.response()).text, "/fast");
  gate.resolve();
  assertEquals((await client.response()).text, "/slow");
});

/** The TCP segments with data that a client of this process has had from `port`: each write is one here. */
async function segmentsFrom(port: number): Promise<number> {
  const { stdout } = await run("ss", ["-tinH", "dport", "=", `:${port}`]);
  const count = /\bdata_segs_in:(\d+)/.exec(stdout);
  if (!count) throw new Error(`No count of segments in ${JSON.stringify(stdout)}`);
  return Number(count[1]);
}

onWeir("sixteen uploads in one write, read or not: in order", async (peer) => {
  await using running = start(peer, async (each) => {
    const path = new URL(each.url).pathname;
    return new Response(Number(path.slice(1)) % 2 ? path : `${path} ${await each.text()}`);
  });
  using client = await running.connect();
  await client.send(PATHS.map((target) => request({ target, body: `body of ${target}` })).join(""));
  for (const [turn, path] of PATHS.entries()) {
    assertEquals((await client.response()).text, turn % 2 ? path : `${path} body of ${path}`);
  }
});

onWeir("a thousand requests in one write are all answered", async (peer) => {
  await using running = start(peer, (each) => new Response(new URL(each.url).pathname));
  using client = await running.connect();
  const count = 1_000;
  const sending = client.send(
    Array.from({ length: count }, (_, turn) => request({ target: `/${turn}` })).join(""),
  );
  for (let turn = 0; turn < count; turn++) assertEquals((await client.response()).text, `/${turn}`);
  await sending;
});

onWeir("requests and streamed answers mix in order", async (peer) => {
  await using running = start(peer, (each) => {
    const path = new URL(each.url).pathname;
    return new Response(Number(path.slice(1)) % 3 ? path : new Blob([path]).stream());
  });
  using client = await running.connect();
  await client.send(SIXTEEN);
  for (const path of PATHS) assertEquals((await client.response()).text, path);
});

onWeir("answers of many connections do not mix", async (peer) => {
  await using running = start(peer, async (each) => {
    const path = new URL(each.url).pathname;
    await Promise.resolve();
    return new Response(path.repeat(100));
  });
  await Promise.all(Array.from({ length: 50 }, async (_, id) => {
    using client = await WireClient.connect(running.port);
    for (let turn = 0; turn < 10; turn++) {
      const target = `/${id}/${turn}`;
      assertEquals((await client.ask(request({ target }))).text, target.repeat(100));
    }
  }));
});
