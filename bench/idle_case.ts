/**
 * The case of idle connections: how much memory a server holds for each that does nothing.
 *
 * @module
 */

import { type Bout, EMPTY, LOAD_MARGIN_MS, pinnedLoad, runLoadProgram } from "./bout.ts";
import { drive, driverCommand } from "./drive.ts";
import type { Figures, Outcome } from "./model.ts";
import { ohaCommand } from "./oha.ts";
import { readUsage, type Usage } from "./proc.ts";
import { requestHead } from "./routes.ts";

/** Long enough for a collector to have run after the last connection was opened. */
const SETTLE_MS = 1_000;
/** Loads the code that serves a request, so that its memory is not counted for connections. */
const WARMUP = { connections: 16, seconds: 0.3 };

/** Opens the connections and reads the server's memory before and after. */
export async function runIdleCase(bout: Bout): Promise<Outcome> {
  const { server, options, route } = bout;
  const { port, pids } = server;
  const load = pinnedLoad(
    ohaCommand(route, {
      port,
      connections: WARMUP.connections,
      amount: { seconds: WARMUP.seconds },
      bodyFile: "",
    }),
    options,
  );
  await runLoadProgram(load, WARMUP.seconds);
  const connections = options.idleConnections;
  const plan = { kind: "idle", connections, port } as const;
  const command = driverCommand({
    ...plan,
    request: requestHead(route, { port }),
    bodyBytes: route.answer.length,
  }, options.pinning?.load ?? null);
  bout.commands.push(command.join(" "));
  const before = await readUsage(pids);
  let outcome: Outcome = { kind: "failed", why: "driver gave no count" };
  await drive(command, {
    limitMs: LOAD_MARGIN_MS,
    async hear(message) {
      if (message.kind !== "idle") return false;
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      outcome = judgeIdle(message, { before, after: await readUsage(pids) });
      return true;
    },
  });
  const fault = server.fault();
  return fault === null ? outcome : { kind: "failed", why: fault };
}

/** What idle connections cost: the growth of the server's memory by each of them. */
export function judgeIdle(
  count: { readonly opened: number; readonly failed: number },
  usage: { readonly before: Usage | null; readonly after: Usage | null },
): Outcome {
  const { before, after } = usage;
  const { opened, failed } = count;
  if (opened === 0) return { kind: "failed", why: "no connection could be opened" };
  const growth = before && after ? after.residentBytes - before.residentBytes : null;
  const figures: Figures = {
    ...EMPTY,
    requests: opened + failed,
    good: opened,
    socketErrors: failed,
    peakBytes: after?.peakBytes ?? null,
    bytesPerConnection: growth === null ? null : growth / opened,
  };
  return failed === 0
    ? { kind: "measured", figures }
    : { kind: "invalid", why: `${failed} connections not opened`, figures };
}
