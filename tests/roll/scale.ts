/**
 * One worker and two, loaded in turns: how much more two of them answer. `deno task roll --scale`.
 *
 * The load comes from the same machine. So the answers that cost next to nothing show what the load generator
 * leaves, and those that compute for a while show what a second core brings.
 *
 * @module
 */

import { ohaCommand, parseOha } from "../../bench/oha.ts";
import { runToEnd } from "../../bench/children.ts";
import { Program } from "../cli/child.ts";

const ROUNDS = 5;
const SECONDS = 3;
const CONNECTIONS = 64;

/** Where both are asked, and what comes back. */
const PATHS = [
  { path: "/", bodyBytes: 10, about: "an answer at once" },
  { path: "/work", bodyBytes: 10, about: "half a millisecond of computing" },
] as const;

/** Requests answered in a second. */
async function rate(port: number, { path, bodyBytes }: typeof PATHS[number]): Promise<number> {
  const route = { path, method: "GET", fields: [], body: null } as never;
  const command = ohaCommand(route, {
    port,
    connections: CONNECTIONS,
    amount: { seconds: SECONDS },
    bodyFile: "",
  });
  const { code, stdout, complaint } = await runToEnd(command, { limitMs: 60_000 });
  if (code !== 0) throw new Error(`oha: ${complaint}`);
  const { good, seconds } = parseOha(stdout, { bodyBytes });
  return good / seconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

/** Prints a line for each path. */
export async function measureScale(): Promise<void> {
  const app = new URL("./app.js", import.meta.url).pathname;
  const started = ["1", "2"].map((count) => new Program(["--workers", count, "--port", "0", app]));
  await using one = started[0]!;
  await using two = started[1]!;
  const ports = await Promise.all(
    [one, two].map(async (program) => Number(new URL(await program.address()).port)),
  ) as [number, number];
  for (const path of PATHS) {
    const rates: [number[], number[]] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      for (const at of [0, 1] as const) {
        const answered = await rate(ports[at], path);
        // The first round warms up.
        if (round > 0) rates[at].push(answered);
      }
    }
    const ratios = rates[0].map((each, at) => rates[1][at]! / each);
    const [first, second] = rates.map((each) => Math.round(median(each)));
    console.log(
      `${path.about}: one worker ${first}/s, two ${second}/s, ${median(ratios).toFixed(2)} times ` +
        `(from ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
    );
  }
}
