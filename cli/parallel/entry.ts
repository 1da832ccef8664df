/**
 * What runs in the program's threads. Never imported for its values: a thread starts with this file.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { loadFeatures } from "../../handlers/parallel/features.ts";
import { untilReady } from "../../handlers/parallel/ready.ts";
import type { Numbered } from "../../handlers/parallel/thread_worker.ts";
import { runWorker, type SupervisorChannel } from "../../handlers/parallel/worker.ts";
import type { Server } from "../../handlers/serve.ts";
import type { ThreadSetup } from "../../handlers/threads/thread.ts";
import { prepare, type Target } from "../prepare.ts";
import { start } from "../start.ts";
import type { TraceFormat } from "../trace_lines.ts";

/** What a thread is told at its start. */
export type ProgramSetup = Target;

const { data: { data, number }, port } = workerData as ThreadSetup<Numbered<ProgramSetup>>;

await runWorker(port, async (channel) => {
  const { app, resolved: { settings } } = await prepare(data);
  if (settings.readyPath !== null) await untilReady(app.handler, settings.readyPath);
  const { health, metrics, log, trace } = settings;
  const flags = { health, metrics, log: log?.format ?? null };
  const features = await loadFeatures(app.handler, flags, channel);
  const traced = trace === null ? null : await loadTrace(trace, channel);
  let tracing: Promise<void> | null = null;
  return {
    facts: { name: app.name },
    listen: (port, signal) => {
      const served = { ...app, handler: features.handler };
      return start({ app: served, settings, signal, shared: { port } }) as Server<Deno.NetAddr>;
    },
    watch: (server, view) => {
      features.watch(view);
      tracing = traced?.(server) ?? null;
      app.onListen?.(server.addr);
    },
    metrics: () => features.metrics(),
    end: async () => {
      await tracing;
      features.end();
    },
  };
});

async function loadTrace(format: TraceFormat, channel: SupervisorChannel) {
  const { printTrace } = await import("../trace_output.ts");
  const output = {
    add: (text: string) => {
      if (text !== "") channel.tell("trace", { text });
      return Promise.resolve(true);
    },
  };
  return (server: Server) => printTrace(server, { format, output, worker: number });
}
