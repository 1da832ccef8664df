/**
 * What runs in the threads of `serveParallel`. Never imported for its values: a thread starts with this file.
 *
 * @module
 */

import { workerData } from "node:worker_threads";
import { serve } from "../serve.ts";
import type { ServeHandlerInfo } from "../serve_options.ts";
import type { ThreadSetup } from "../threads/thread.ts";
import type { Numbered } from "./thread_worker.ts";
import { loadFeatures } from "./features.ts";
import { loadHandlerModule } from "../threads/handler_module.ts";
import type { ResolvedParallel } from "./options.ts";
import { untilReady } from "./ready.ts";
import { runWorker } from "./worker.ts";

/** What a thread is told at its start. */
export interface ModuleSetup {
  /** The URL of the app's module. */
  readonly module: string;
  readonly options: ResolvedParallel;
}

const { data: { data }, port } = workerData as ThreadSetup<Numbered<ModuleSetup>>;

await runWorker(port, async (channel) => {
  const { module, options } = data;
  const { handler, onError } = await loadHandlerModule<ServeHandlerInfo>(module);
  if (options.readyPath !== null) await untilReady(handler, options.readyPath);
  const { health, metrics, log } = options;
  const flags = { health, metrics, log: log === null ? null : log.format ?? "common" };
  const features = await loadFeatures(handler, flags, channel);
  return {
    facts: { name: module },
    listen: (port, signal) =>
      serve({
        ...options.serve,
        ...port === null ? {} : { port },
        reusePort: Deno.build.os !== "windows",
        signal,
        onListen: () => {},
        ...onError === undefined ? {} : { onError },
      }, features.handler),
    watch: (_server, view) => features.watch(view),
    metrics: () => features.metrics(),
    end: () => Promise.resolve(features.end()),
  };
});
