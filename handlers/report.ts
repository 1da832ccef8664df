/**
 * The library's one way to stderr, for all servers of a thread. A program that has put a function of its own in
 * the place of `console.error`, or whose console OpenTelemetry exports, gets the reports there, as it gets those
 * of `Deno.serve`: that function then decides whether anybody waits.
 *
 * @module
 */

import { denoPorts } from "../reactor/deno_ports.ts";
import { collectsConsole } from "./telemetry_providers.ts";
import { Reporter } from "./reporter.ts";

const reporter = new Reporter({
  clock: denoPorts().clock,
  // Deno's own call, which hands each write to another thread; `console` and `node:fs` write on this one.
  sink: { write: (bytes) => Deno.stderr.write(bytes) },
  inspect: (error) => Deno.inspect(error, { colors: isColorful() }),
  collector: () => isReplaced(console.error) || collectsConsole() ? console.error : null,
});

/** Prints what happened and the error behind it; never throws. */
export function report(what: string, error: unknown): void {
  reporter.report(what, error);
}

/** The same as one line: what happened, and the error's message. */
export function reportLine(what: string, error: unknown): void {
  reporter.reportLine(what, error);
}

/** Prints a line that is no failure. */
export function say(line: string): void {
  reporter.say(line);
}

/** To be told when no descriptor is left: for some seconds, errors are printed without their stacks. */
export function omitStacks(): void {
  reporter.omitStacks();
}

/** Resolves when all that was reported is printed, or after a second in which nobody has taken it. */
export function reportsWritten(): Promise<void> {
  return reporter.written();
}

/** Whether it is a program's function: its text can be seen, or its name says that it is bound. */
function isReplaced(call: unknown): boolean {
  if (typeof call !== "function") return false;
  return call.name !== "error" || !String(call).endsWith("{ [native code] }");
}

function isColorful(): boolean {
  return !Deno.noColor && Deno.stderr.isTerminal();
}
