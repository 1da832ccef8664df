/**
 * How much memory an idle socket takes, of Weir's `upgradeWebSocket` and of `Deno.serve` with
 * `Deno.upgradeWebSocket`, in turns, each server and its clients in processes of their own:
 *
 * ```sh
 * deno run --no-prompt --allow-read --allow-run tests/websocket/idle/main.ts --sockets 10000 --rounds 3
 * ```
 *
 * Before it is idle, each socket echoes `--messages` messages of `--bytes` bytes (1 of 5). What a server takes for
 * its first 2,000 sockets does not count, and the garbage is collected before each look. 10,000 sockets need as
 * many descriptors in the server (`ulimit -n`).
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { idleMemory, SERVERS, type SocketMemory } from "./measure.ts";

/** The flags: their defaults, and the least and the most that they may be. */
const FLAGS = {
  sockets: [10_000, 4_000, 50_000],
  messages: [1, 0, 100],
  bytes: [5, 0, 1_000_000],
  rounds: [3, 1, 20],
} as const;

const { sockets, messages, bytes, rounds } = numbersIn(Deno.args);

const all: Record<string, SocketMemory[]> = {};
for (let round = 1; round <= rounds; round++) {
  for (const server of SERVERS) {
    const memory = await idleMemory(server, { sockets, messages, bytes });
    (all[server] ??= []).push(memory);
    console.log(`round ${round}, ${server}: ${lineOf(memory)}`);
  }
}
for (const server of SERVERS) console.log(`median, ${server}: ${lineOf(medianOf(all[server]!))}`);

function numbersIn(args: string[]): Record<keyof typeof FLAGS, number> {
  const given = parseArgs(args);
  const entries = Object.entries(FLAGS).map(([name, [usual, least, most]]) => {
    const number = Number(given[name] ?? usual);
    if (Number.isSafeInteger(number) && number >= least && number <= most) return [name, number];
    console.error(`Cannot use --${name}: expected a whole number from ${least} to ${most}`);
    Deno.exit(2);
  });
  return Object.fromEntries(entries);
}

function lineOf({ resident, heap, external, process }: SocketMemory): string {
  return `${kib(resident)} resident (${kib(heap)} heap, ${kib(external)} outside of it), ` +
    `${(process / 2 ** 20).toFixed(0)} MiB in all`;
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

function medianOf(memories: readonly SocketMemory[]): SocketMemory {
  const median = (name: keyof SocketMemory) =>
    memories.map((memory) => memory[name]).sort((a, b) => a - b)[memories.length >> 1]!;
  return {
    resident: median("resident"),
    heap: median("heap"),
    external: median("external"),
    process: median("process"),
  };
}
