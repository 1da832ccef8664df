/**
 * The command line: from arguments to what is to be done. Opens and prints nothing.
 *
 * @module
 */

import { Misuse } from "./settings/errors.ts";
import { type Flags, parseFlags } from "./settings/flags.ts";

/** What the program is to do. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  /** Serve `target`, or the hello; `print-config`: only say which settings that would have. */
  | {
    readonly kind: "serve" | "print-config" | "check";
    readonly target: string | undefined;
    readonly flags: Pick<Flags, "layer" | "config">;
  };

/**
 * Reads the arguments.
 *
 * @throws {Misuse} If they mean nothing.
 */
export async function parseCommand(args: readonly string[]): Promise<Command> {
  const { help, version, printConfig, words, layer, config } = await parseFlags(args);
  if (help) return { kind: "help" };
  if (version) return { kind: "version" };
  const checking = words[0] === "check";
  const [target, unexpected] = checking ? words.slice(1) : words;
  if (unexpected !== undefined) throw new Misuse(`Unexpected argument '${unexpected}'`);
  if (checking && target === undefined) throw new Misuse("'check' needs a module to check");
  const kind = checking ? "check" : printConfig ? "print-config" : "serve";
  return { kind, target, flags: { layer, config } };
}
