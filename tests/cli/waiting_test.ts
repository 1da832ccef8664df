/**
 * What a shutdown says while it waits: a line that changes on a terminal, lines from time to time elsewhere.
 *
 * @module
 */

import { Output } from "../../cli/output.ts";
import { formatWaiting, Waiting } from "../../cli/waiting.ts";
import type { ConnectionInfo } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { pause } from "../support/time.ts";

const TIMES = { readyDelay: 0, firstRequest: 1_000, deadline: 20_000, grace: 1_000 };

/** What is printed within two seconds and a half, and at the end. */
async function printed(terminal: boolean): Promise<string> {
  let text = "";
  const output = new Output({
    write: (bytes) => {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  const waiting = new Waiting({ connections: new Set(), times: TIMES, output, terminal });
  await pause(2_500);
  waiting.stop();
  await output.flushed();
  return text;
}

const LINE = "Weir waits for 0 connections, 0 handlers at work";

Deno.test("on a terminal the line is written over each second, and gone at the end", async () => {
  const line = (seconds: number) => `\r\x1b[K${LINE}; ${seconds} s left`;
  assertEquals(await printed(true), `${line(20)}${line(19)}\r\x1b[K`);
});

Deno.test("elsewhere there is a line after a second, and another only five seconds later", async () => {
  assertEquals(await printed(false), `${LINE}; 20 s left\n`);
});

Deno.test("formatWaiting() counts connections, and handlers by their states", () => {
  const states = ["idle", "handling", "writing", "queued", "lingering"] as const;
  const connections = new Set(states.map((state) => ({ state }) as ConnectionInfo));
  assertEquals(
    formatWaiting(connections, 3),
    "Weir waits for 5 connections, 2 handlers at work; 3 s left",
  );
});
