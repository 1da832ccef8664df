/**
 * Whether an app is ready: it is asked for a path, without a network, until it answers that well.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import { askInMemory } from "../ask_in_memory.ts";
import type { ServeHandler } from "../serve_options.ts";

/** Between two questions, in milliseconds. */
const AGAIN_MS = 100;

/** Resolves when the answer to a GET of `path` is one of success. */
export async function untilReady(handler: ServeHandler, path: string): Promise<void> {
  const { clock } = denoPorts();
  while (!await isReady(handler, path)) {
    await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve, { hold: true }));
  }
}

async function isReady(handler: ServeHandler, path: string): Promise<boolean> {
  const { answer } = await askInMemory({ handler, onListen: () => {} }, path);
  return /^HTTP\/1\.1 2\d\d /.test(answer);
}
