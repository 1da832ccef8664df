/**
 * One session: peers looked at, cases chosen, runs made, everything gathered into results.
 *
 * @module
 */

import type { MeasureOptions } from "./bout.ts";
import { CASES, sendsFiles } from "./cases.ts";
import { findPinning } from "./cores.ts";
import type { Flags } from "./flags.ts";
import type { Measured } from "./judge.ts";
import { describeMachine, descriptorLimit, isRoot, versionOf } from "./machine.ts";
import { measureRound } from "./measure.ts";
import type { CaseInfo, Results, Run } from "./model.ts";
import { type Peer, PEERS } from "./peers/catalog.ts";
import { installServeDir } from "./peers/serve_dir.ts";
import { type Candidate, inspectPeers } from "./preflight.ts";
import type { Progress } from "./progress.ts";
import { caseTable } from "./report/table.ts";
import { planSteps, runSteps, type Step } from "./runner.ts";
import { selectCases, type Selection } from "./selection.ts";
import { createSite, type Site } from "./site.ts";

/** What a session starts from. */
export interface Setup {
  readonly flags: Flags;
  readonly startedAt: Date;
  readonly candidates: readonly Candidate[];
  readonly selection: Selection;
  readonly measureOptions: MeasureOptions;
  readonly tools: Readonly<Record<string, string>>;
}

/** `--quick` stops measuring then, so that it ends within a minute on a slow machine, too. */
const QUICK_BUDGET_MS = 52_000;
/** What nginx has to be told; other peers take what the system allows. */
const MOST_CONNECTIONS = 12_000;

/** The folder of the session's files, in `parent`. */
export async function openSite(parent: string): Promise<Site> {
  Deno.mkdirSync(parent, { recursive: true });
  return createSite(parent, { asRoot: await isRoot(), maxConnections: MOST_CONNECTIONS });
}

/** Looks at the machine and at the peers. */
export async function prepare(flags: Flags, site: Site): Promise<Setup> {
  const startedAt = new Date();
  const tools = await toolVersions();
  const selection = selectCases(CASES.filter(({ id }) => flags.cases.includes(id)), {
    descriptors: await descriptorLimit(),
    wrk: "wrk" in tools,
    quick: flags.quick,
  });
  const peers = PEERS.filter(({ id }) => flags.peers.includes(id));
  return {
    flags,
    startedAt,
    selection: await withServeDir(selection, site),
    tools,
    candidates: await inspectPeers(peers, site),
    measureOptions: {
      site,
      pinning: await findPinning(),
      seconds: flags.seconds,
      warmupSeconds: flags.warmupSeconds,
      idleConnections: selection.idleConnections,
      quick: flags.quick,
    },
  };
}

/** Without `serveDir`, Deno.serve fails at files; a note says why. */
async function withServeDir(selection: Selection, { folder }: Site): Promise<Selection> {
  if (!selection.cases.some(sendsFiles)) return selection;
  const fault = await installServeDir(folder);
  if (fault === null) return selection;
  return { ...selection, notes: [...selection.notes, `serveDir is not installed: ${fault}`] };
}

/** Makes all the runs, showing each case's table when it is complete. */
export async function runSession(setup: Setup, progress: Progress): Promise<Results> {
  const { flags, selection, candidates, startedAt } = setup;
  const peers = candidates.filter(({ info }) => info.absent === null).map(({ peer }) => peer);
  const steps = planSteps(selection.cases, { peers, rounds: flags.rounds });
  const elapsedMs = () => Date.now() - startedAt.getTime();
  const machine = await describeMachine(setup.measureOptions.pinning);
  const gather = (runs: readonly Run[], notes: readonly string[]): Results => ({
    version: 1,
    startedAt: startedAt.toISOString(),
    commandLine: ["deno task bench", ...Deno.args].join(" "),
    machine,
    tools: setup.tools,
    rounds: flags.rounds,
    seconds: flags.seconds,
    peers: candidates.map(({ info }) => info),
    cases: selection.cases.map(caseInfo),
    runs,
    notes: [...selection.notes, ...notes],
  });
  const runsBegin = elapsedMs();
  const runs = await runSteps(steps, {
    measure: (step) => measureStep(setup, step),
    onStep: (step, done) =>
      progress.show({
        done,
        total: steps.length,
        elapsedMs: elapsedMs() - runsBegin,
        now: `${step.case.id}, round ${step.round}`,
      }),
    onCase: (at, done) => progress.print(caseTable(gather(done, []), caseInfo(at))),
    hasTime: () => !flags.quick || elapsedMs() < QUICK_BUDGET_MS,
  });
  const all = steps.reduce((sum, { peers }) => sum + peers.length, 0);
  const left = all - runs.length;
  return gather(runs, left === 0 ? [] : [`${left} of ${all} runs left out: out of time`]);
}

/** One round of those peers that come up; the others have failed before it. */
async function measureStep({ candidates, measureOptions }: Setup, step: Step): Promise<Measured[]> {
  const failed = new Map<Peer, Measured>();
  for (const { peer, failure } of candidates) {
    if (failure === null) continue;
    failed.set(peer, { outcome: { kind: "failed", why: failure }, commands: [] });
  }
  const able = step.peers.filter((peer) => !failed.has(peer));
  const measured = await measureRound(able, step.case, measureOptions);
  return step.peers.map((peer) => failed.get(peer) ?? measured[able.indexOf(peer)]!);
}

function caseInfo({ id, title, figure, connections, series }: CaseInfo): CaseInfo {
  return { id, title, figure, connections, series };
}

/** The load generators that are installed. */
async function toolVersions(): Promise<Record<string, string>> {
  const versions = {
    oha: await versionOf(["oha", "--version"]),
    wrk: await versionOf(["wrk", "-v"]),
  };
  return Object.fromEntries(
    Object.entries(versions).flatMap(([name, version]) =>
      version === null ? [] : [[name, version]]
    ),
  );
}
