/**
 * The program with `--workers`: threads serve, and this one supervises them.
 *
 * @module
 */

import { formatIncident } from "../../handlers/parallel/incident_lines.ts";
import { checkSharing, sharesPorts, workerCount } from "../../handlers/parallel/options.ts";
import { SILENT_MS, type Started } from "../../handlers/parallel/supervisor.ts";
import { say as sayOnStderr } from "../../handlers/report.ts";
import { WorkerGroup } from "../../handlers/parallel/worker_group.ts";
import type { AccessLog, StatusPage } from "../../mod.ts";
import { closeLog, lastLines } from "../last_lines.ts";
import { Lifetime } from "../lifetime.ts";
import { Output } from "../output.ts";
import type { Target } from "../prepare.ts";
import type { ProgramSetup } from "./entry.ts";
import { formatAddresses } from "../report.ts";
import { errorLine, reasonOf, StartError } from "../settings/errors.ts";
import type { Settings } from "../settings/settings.ts";
import { openLog } from "../start.ts";
import type { ShownStatus } from "../status.ts";
import { formatSummary } from "../summary.ts";
import { TRACE_HEADINGS } from "../trace_lines.ts";

/**
 * Serves until a signal ends it; resolves with the exit status. SIGHUP has the app loaded anew.
 *
 * @throws {StartError} If the app cannot be loaded, or the port cannot be had.
 */
export async function serveWorkers(target: Target, settings: Settings): Promise<number> {
  try {
    checkSharing();
  } catch (error) {
    throw new StartError(reasonOf(error));
  }
  const count = workerCount(settings.workers ?? "auto");
  const force = new AbortController();
  const output = new Output(Deno.stdout);
  const say = (line: string) => settings.quiet ? undefined : void output.add(`${line}\n`);
  if (!sharesPorts()) {
    say("This platform does not spread connections over workers: there is one");
  }
  const { shutdown, trace, startTimeout, statusPort } = settings;
  const log = await openLog(settings, { reopens: false });
  const lifetime = new Lifetime({ shutdown, force, output: settings.quiet ? null : output });
  const group = new WorkerGroup({
    entry: new URL("./entry.ts", import.meta.url),
    data: target satisfies ProgramSetup,
    count,
    port: null,
    startMs: startTimeout === 0 ? 0 : startTimeout + LATER_MS,
    silentMs: (settings.options.timeouts?.handler ?? 0) + SILENT_MS,
    times: shutdown,
    onIncident: (incident) => sayOnStderr(errorLine(formatIncident(incident))),
    onLogLine: (line) => log?.write(line),
    onTrace: (text) => void output.add(text),
  });
  force.signal.addEventListener("abort", () => group.force());
  lifetime.watch(group);
  const up = await started(group, lifetime);
  let page: ShownStatus | null = null;
  if (up !== null) {
    let reloads = 0;
    Deno.addSignalListener("SIGHUP", async () => {
      // One that waits for another one will load what is there then.
      if (reloads === 2) return;
      reloads++;
      await reload({ group, log, say });
      reloads--;
    });
    const { addr, facts } = up;
    const addresses = formatAddresses(addr, settings.place.kind === "tls");
    if (settings.open) (await import("../browser.ts")).openBrowser(addresses[0]!);
    say(`Weir listening on ${addresses.join(" and ")}`);
    const threads = count === 1 ? "a worker" : `${count} workers`;
    say(`${formatSummary(facts.name, settings)}, in ${threads}`);
    if (statusPort !== null) {
      const { showStatus } = await import("../status.ts");
      const workers = group.watched(up.options);
      const observe = (page: StatusPage) => page.observeWorkers(workers);
      page = showStatus({ observe, settings, port: statusPort, lifetime });
      say(page.line);
    }
    if (trace !== null) void output.add(TRACE_HEADINGS[trace]);
  }
  const exitStatus = await lifetime.end();
  await page?.end();
  await closeLog(log, say);
  await lastLines(output);
  return exitStatus;
}

/** How much longer than a module may take to load its worker has to say so, in milliseconds. */
const LATER_MS = 1_000;

/** `null` if it was told to end before. */
async function started(group: WorkerGroup, lifetime: Lifetime): Promise<Started | null> {
  try {
    return await group.start();
  } catch (error) {
    if (lifetime.isEnding) return null;
    throw new StartError(reasonOf(error));
  }
}

interface Reload {
  readonly group: WorkerGroup;
  readonly log: AccessLog | null;
  readonly say: (line: string) => void;
}

/** New code, and a new file for the log, which may have been renamed. */
async function reload({ group, log, say }: Reload): Promise<void> {
  log?.reopen();
  try {
    say("Weir loads new workers");
    await group.reload();
    say(`Weir has reloaded: workers ${group.numbers.join(", ")} serve`);
  } catch (error) {
    // It is ending: nobody waits for new workers.
    if (group.phase !== "serving") return;
    sayOnStderr(errorLine(`Cannot reload, the workers before serve on: ${reasonOf(error)}`));
  }
}
