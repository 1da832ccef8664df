/**
 * Puts Weir in the place of the runtime's server, for a program that calls `Deno.serve`. Called once,
 * before the program's first module is evaluated.
 *
 * @module
 */

import { Ending } from "./ending.ts";
import { ServeReplacement } from "./serve_replacement.ts";
import { settings } from "./settings.ts";
import { SignalListeners } from "./signal_listeners.ts";

/** Replaces `Deno.serve`, and what is needed to know who listens for signals. */
export function register(): void {
  const signals = new SignalListeners({
    add: Deno.addSignalListener,
    remove: Deno.removeSignalListener,
  });
  const set = settings();
  const ending = new Ending({ signals, times: set.shutdown });
  const replacement = new ServeReplacement({ original: Deno.serve, settings: set, ending });
  // The overloads tell which options lead to which address; here it is one call.
  replace(
    "serve",
    function serve(first?: unknown, second?: unknown) {
      return replacement.serve([first, second]);
    } as typeof Deno.serve,
  );
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
