/**
 * The reloads as a process of their own, for a namespace: prints the tally as JSON.
 *
 * @module
 */

import { rollWorkers } from "./reloads.ts";

if (import.meta.main) {
  const [requests, exchanges] = Deno.args.map(Number) as [number, number];
  const tally = await rollWorkers({ requests, exchanges });
  console.log(JSON.stringify({ ...tally, reasons: [...tally.reasons] }));
  Deno.exit(0);
}
