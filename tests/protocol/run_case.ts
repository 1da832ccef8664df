/**
 * Sends the cases of `cases.ts` in one piece, byte by byte, and cut in two at every offset, always
 * with another request after them, and checks what comes back: the answers, the handler's view, and
 * how the connection goes on or ends.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { type Peer, type Running, start } from "../support/servers.ts";
import { eachOf } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import type { BadCase, GoodCase } from "./cases.ts";

/** How a case is put on the wire. */
export type Manner = "whole" | "byte by byte" | "in two pieces";

/** What each manner means: the offsets at which the bytes are cut, one list for each connection. */
function cutsOf(manner: Manner, length: number): number[][] {
  if (manner === "whole") return [[]];
  const offsets = Array.from({ length: length - 1 }, (_, at) => at + 1);
  return manner === "byte by byte" ? [offsets] : offsets.map((at) => [at]);
}

/** The request after the case, with a target by which a handler can tell it. */
const AFTER = request({ target: "/after", fields: ["Connection: close"] });

async function withServer(
  peer: Peer,
  body: (running: Running, urls: string[]) => Promise<void>,
): Promise<void> {
  const urls: string[] = [];
  const handler = async (each: Request) => {
    const { method, url } = each;
    urls.push(url);
    return Response.json({ method, url, body: await each.text() });
  };
  // What the server would do by default, without the noise of its report.
  const onError = (error: unknown) => {
    const { status = 500 } = error as { status?: number };
    return new Response(null, { status });
  };
  await using running = start(peer, handler, { onError });
  await body(running, urls);
}

async function eachCut(
  running: Running,
  { raw, manner }: { raw: string; manner: Manner },
  check: (client: WireClient) => Promise<void>,
): Promise<void> {
  await eachOf(cutsOf(manner, raw.length), async (cuts) => {
    using client = await running.connect();
    try {
      const sending = client.sendInPieces(raw + AFTER, cuts);
      await Promise.all([sending, check(client)]);
    } catch (cause) {
      throw new Error(`Cut at ${JSON.stringify(cuts).slice(0, 100)}`, { cause });
    }
  });
}

/** Runs a case that must be answered with 200, and the request after it. */
export async function runGood(peer: Peer, given: GoodCase, manner: Manner): Promise<void> {
  const { raw, seen, keeps = true } = given;
  await withServer(peer, async (running, urls) => {
    await eachCut(running, { raw, manner }, async (client) => {
      const answer = await client.response();
      assertEquals(answer.status, 200, answer.text);
      const got = JSON.parse(answer.text);
      assertEquals({ ...got, ...seen }, got);
      if (keeps) assertEquals((await client.response()).status, 200, "The request after it");
      assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
    });
    const after = urls.filter((url) => url === "http://h/after").length;
    assertEquals(after, keeps ? urls.length / 2 : 0, "Calls for the request after it");
  });
}

/** Runs a case that must be refused; what follows it must never be taken for a request. */
export async function runBad(peer: Peer, given: BadCase, manner: Manner): Promise<void> {
  const { raw, status } = given;
  await withServer(peer, async (running, urls) => {
    await eachCut(running, { raw, manner }, async (client) => {
      const answer = await client.response();
      assertEquals([answer.status, answer.header("connection")], [status, "close"], answer.text);
      assertEquals(await client.remains(), { bytes: new Uint8Array(), text: "", end: "clean" });
    });
    assertEquals(urls.filter((url) => url.endsWith("/after")), [], "Nothing after it was served");
  });
}
