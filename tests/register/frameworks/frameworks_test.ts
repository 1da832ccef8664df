/**
 * Frameworks that start `Deno.serve` on their own, unchanged, on Weir: pages, files, bodies and streams, a
 * time-out from the environment, and the end on SIGTERM.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "../../support/assert.ts";
import { within } from "../../support/time.ts";
import { WireClient } from "../../support/wire.ts";
import type { RunningProgram } from "../preloaded.ts";
import { APPS } from "./apps.ts";
import { type FrameworkApp, withFramework } from "./framework.ts";

const HEAD_MS = 300;

async function textOf(url: string, init?: RequestInit): Promise<string> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  assertEquals(answer.status, 200, `${url}: ${text}`);
  return text;
}

async function askAll({ page, asset, socket }: FrameworkApp, url: string): Promise<void> {
  assertStringIncludes(await textOf(`${url}/`), page);
  if (asset !== undefined) assertEquals(await textOf(url + asset[0]), asset[1]);
  const body = "a body ".repeat(10_000);
  const headers = { "content-type": "text/plain" };
  assertEquals(await textOf(`${url}/echo`, { method: "POST", body, headers }), body);
  await askStream(`${url}/stream`);
  if (socket !== undefined) assertEquals(await echoOf(url.replace("http", "ws") + socket), "hi");
}

/** The first piece arrives before the others are made. */
async function askStream(url: string): Promise<void> {
  const answer = await fetch(url);
  const pieces: string[] = [];
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) pieces.push(piece);
  assertEquals(pieces[0], "first,");
  assertEquals(pieces.join(""), "first,second,third");
}

async function echoOf(url: string): Promise<string> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.onopen = () => socket.send("hi");
  socket.onmessage = ({ data }) => resolve(data);
  socket.onerror = () => reject(new Error(`No socket at ${url}`));
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const text = await within(promise, "the echo of a socket");
  socket.close();
  await within(closed, "the socket to close");
  return text;
}

/** Deno.serve waits for the rest of a head for as long as the client likes. */
async function assertHeadTimeout(port: number): Promise<void> {
  using client = await WireClient.connect(port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  assertEquals((await client.response()).status, 408);
}

async function assertEndsWell(
  { endsItself }: FrameworkApp,
  url: string,
  program: RunningProgram,
): Promise<void> {
  const slow = textOf(`${url}/slow`);
  await program.printed(/asked/);
  program.kill("SIGTERM");
  assertEquals(await slow, "slow");
  const { code, signal, output } = await program.end();
  assertEquals([code, signal], [0, null], output);
  assertEquals(output.includes("weir: SIGTERM: draining"), !endsItself, output);
}

for (const app of APPS) {
  Deno.test(`preload: ${app.name} runs on Weir, unchanged`, async () => {
    const env = { WEIR_TIMEOUT_HEAD: `${HEAD_MS}ms` };
    await withFramework(app, env, async (program) => {
      const port = await program.port();
      const url = `http://127.0.0.1:${port}`;
      assert(port > 0);
      await askAll(app, url);
      await assertHeadTimeout(port);
      await assertEndsWell(app, url, program);
    });
  });
}
