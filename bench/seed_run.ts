/**
 * The runs of `--seed-table`: 100,000 requests to `/` over 64 connections, once to each peer.
 *
 * @module
 */

import { type MeasureOptions, pinnedLoad, runLoadProgram } from "./bout.ts";
import { launch } from "./launch.ts";
import { ohaCommand, parseOha } from "./oha.ts";
import type { Candidate } from "./preflight.ts";
import type { SeedColumn } from "./report/seed_table.ts";
import { reasonOf } from "./judge.ts";
import { ROUTES } from "./routes.ts";

const REQUESTS = 100_000;
const CONNECTIONS = 64;

/** Runs the peers one after the other. */
export async function runSeedTable(
  candidates: readonly Candidate[],
  options: MeasureOptions,
): Promise<SeedColumn[]> {
  const columns: SeedColumn[] = [];
  for (const candidate of candidates) {
    if (candidate.info.absent === null) columns.push(await runColumn(candidate, options));
  }
  return columns;
}

async function runColumn(candidate: Candidate, options: MeasureOptions): Promise<SeedColumn> {
  const { peer, failure } = candidate;
  const { title } = peer;
  if (failure !== null) return { title, tally: null, why: failure };
  try {
    return { title, tally: await hundredThousand(candidate, options), why: "" };
  } catch (error) {
    return { title, tally: null, why: reasonOf(error) };
  }
}

async function hundredThousand({ peer }: Candidate, options: MeasureOptions) {
  const server = await launch(peer, {
    site: options.site,
    cores: options.pinning?.server ?? null,
  });
  try {
    const load = (requests: number) =>
      pinnedLoad(
        ohaCommand(ROUTES.hello, {
          port: server.port,
          connections: CONNECTIONS,
          amount: { requests },
          bodyFile: "",
        }),
        options,
      );
    await runLoadProgram(load(REQUESTS / 10), options.warmupSeconds);
    const text = await runLoadProgram(load(REQUESTS), options.seconds);
    return parseOha(text, { bodyBytes: ROUTES.hello.answer.length });
  } finally {
    await server.stop();
  }
}
