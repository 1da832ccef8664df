/**
 * Running the bench's own driver as a process, and reading its messages.
 *
 * @module
 */

import { startChild } from "./children.ts";
import { pinned } from "./cores.ts";
import type { DriverMessage, DriverPlan } from "./driver/protocol.ts";

/** The driver ended before it had sent all its messages. */
export class DriverFailure extends Error {
  override readonly name = "DriverFailure";
}

/** The command line of the driver. */
export function driverCommand(plan: DriverPlan, cores: string | null): readonly string[] {
  const script = new URL("./driver/main.ts", import.meta.url).pathname;
  const permission = `--allow-net=127.0.0.1:${plan.port}`;
  const command = [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--no-check",
    permission,
    script,
  ];
  return pinned([...command, JSON.stringify(plan)], cores);
}

/**
 * Starts the driver and hands each message to `hear` until that returns `true`; then ends it.
 *
 * @throws {DriverFailure} When the driver ends first, or `limitMs` have passed.
 */
export async function drive(
  command: readonly string[],
  options: {
    readonly limitMs: number;
    readonly hear: (message: DriverMessage) => Promise<boolean> | boolean;
  },
): Promise<void> {
  const child = startChild(command);
  const timer = setTimeout(() => child.end(), options.limitMs);
  try {
    for await (const line of lines(child.stdout)) {
      if (await options.hear(JSON.parse(line))) return;
    }
    throw new DriverFailure(`driver ended early: ${child.complaint() || "out of time"}`);
  } finally {
    clearTimeout(timer);
    await child.end();
  }
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of stream) {
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
