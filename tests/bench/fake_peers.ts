/**
 * Peers that do as they are told, and the options of a short session.
 *
 * @module
 */

import type { MeasureOptions } from "../../bench/bout.ts";
import type { Peer } from "../../bench/peers/catalog.ts";
import { createSite } from "../../bench/site.ts";

const SCRIPT = new URL("./fakes/server.ts", import.meta.url).pathname;

/** A peer that answers as `fakes/server.ts` says. */
export function fake(how: string): Peer {
  return {
    id: how,
    title: how,
    routes: ["hello"],
    pipelines: true,
    variant: false,
    version: [Deno.execPath(), "--version"],
    command: (port) => [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-check",
      `--allow-net=127.0.0.1:${port}`,
      SCRIPT,
      how,
      String(port),
    ],
  };
}

/** Runs the test with a session's options, in a folder that is removed afterwards. */
export async function withOptions(body: (options: MeasureOptions) => Promise<void>): Promise<void> {
  const site = createSite(Deno.makeTempDirSync(), { asRoot: false, maxConnections: 100 });
  try {
    await body({
      site,
      pinning: null,
      seconds: 0.2,
      warmupSeconds: 0.05,
      idleConnections: 50,
      quick: true,
    });
  } finally {
    site.remove();
  }
}
