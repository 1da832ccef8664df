/**
 * The driver's entry: `deno run driver/main.ts '<plan as JSON>'`. A process of its own, so that it can be
 * kept on other processors than the server. It is not a program for people: see `protocol.ts`.
 *
 * @module
 */

import { runIdle } from "./idle.ts";
import { runLoad } from "./load.ts";
import type { DriverMessage, DriverPlan } from "./protocol.ts";

const encoder = new TextEncoder();

function tell(message: DriverMessage): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(message)}\n`));
}

const plan: DriverPlan = JSON.parse(Deno.args[0] ?? "");
if (plan.kind === "load") await runLoad(plan, tell);
else await runIdle(plan, tell);
