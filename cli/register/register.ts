/**
 * Puts Weir in the place of the runtime's server, for a program that calls `Deno.serve`. Called once,
 * before the program's first module is evaluated.
 *
 * @module
 */

import { errorLine } from "../settings/errors.ts";
import { ProgramEnding } from "./ending.ts";
import { ServeReplacement } from "./serve_replacement.ts";
import { readSettings } from "./settings.ts";
import { SignalListeners } from "./signal_listeners.ts";
import { upgradeReplacement } from "./web_sockets.ts";

/**
 * Replaces `Deno.serve` and `Deno.upgradeWebSocket`, and what is needed to know who listens for signals.
 * Ends the process with a line on stderr if the settings mean nothing: the program would run without the
 * limits that it was meant to have.
 */
export async function register(): Promise<void> {
  const settings = await readSettings();
  if ("message" in settings) {
    console.error(errorLine(settings.message));
    Deno.exit(settings.status);
  }
  const signals = new SignalListeners({
    add: Deno.addSignalListener,
    remove: Deno.removeSignalListener,
  });
  const ending = new ProgramEnding({ signals, times: settings.shutdown });
  const replacement = new ServeReplacement({ original: Deno.serve, settings, ending });
  // The overloads tell which options lead to which address; here it is one call.
  replace(
    "serve",
    function serve(first?: unknown, second?: unknown) {
      return replacement.serve([first, second]);
    } as typeof Deno.serve,
  );
  replace("upgradeWebSocket", upgradeReplacement(Deno.upgradeWebSocket));
  replace("addSignalListener", function addSignalListener(signal: Deno.Signal, listener) {
    signals.add(signal, listener);
  });
  replace("removeSignalListener", function removeSignalListener(signal: Deno.Signal, listener) {
    signals.remove(signal, listener);
  });
}

/** A plain property, as the program may also want to replace it: tests do. */
function replace<Name extends keyof typeof Deno>(name: Name, value: (typeof Deno)[Name]): void {
  Object.defineProperty(Deno, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
