/**
 * Runs tests on a changed tree until one of them fails, each test file in a process of its own: a change
 * may end it, fill its memory or never let it finish. What has noticed most changes of a file so far is
 * tried first.
 *
 * @module
 */

import { graphOf } from "../house/sources.ts";
import { type Mutant, mutated } from "./mutants.ts";
import type { Tree } from "./tree.ts";

/** What became of a mutant. */
export type Fate =
  /** A test failed, or its process ended. */
  | { readonly kind: "killed"; readonly by: string }
  /** A test did not end in time. */
  | { readonly kind: "hung"; readonly in: string }
  /** All tests passed. */
  | { readonly kind: "survived" };

/** A test may take this many times as long as without a change, and at least {@linkcode LEAST_MS}. */
const PATIENCE = 6;
const LEAST_MS = 10_000;
const MOST_HEAP = "--v8-flags=--max-old-space-size=2048";

/** See the head of this file. */
export class Trials {
  readonly #tree: Tree;
  /** How long each test file takes. */
  readonly #usualMs = new Map<string, number>();
  /** The project's files that each test file loads. */
  readonly #reaches = new Map<string, ReadonlySet<string>>();
  /** How many mutants a test file has killed, by the file that was changed. */
  readonly #kills = new Map<string, Map<string, number>>();

  private constructor(tree: Tree) {
    this.#tree = tree;
  }

  /**
   * Runs all tests once without a change.
   *
   * @throws {Error} If one of them fails.
   */
  static async begin(tree: Tree, tests: readonly string[]): Promise<Trials> {
    const trials = new Trials(tree);
    for (const test of tests) {
      const begin = performance.now();
      const { passed, output } = await runTest(tree, test, 120_000);
      if (passed !== true) throw new Error(`${test} fails without any change\n${output}`);
      trials.#usualMs.set(test, performance.now() - begin);
      trials.#reaches.set(test, new Set((await graphOf(test)).files));
    }
    return trials;
  }

  /** The fate of one mutant. */
  async of(mutant: Mutant): Promise<Fate> {
    const { file } = mutant;
    const text = mutated(await Deno.readTextFile(this.#tree.root + file), mutant);
    return await this.#tree.with(file, text, async () => {
      for (const test of this.#order(file)) {
        const ms = Math.max(LEAST_MS, PATIENCE * this.#usualMs.get(test)!);
        const { passed } = await runTest(this.#tree, test, ms);
        if (passed === true) continue;
        this.#note(file, test);
        return passed === null ? { kind: "hung", in: test } : { kind: "killed", by: test };
      }
      return { kind: "survived" };
    });
  }

  /** The test files that load `file`: those with most kills first, of the others the quickest. */
  #order(file: string): string[] {
    const kills = this.#kills.get(file);
    return [...this.#reaches.keys()]
      .filter((test) => this.#reaches.get(test)!.has(file))
      .sort((a, b) =>
        (kills?.get(b) ?? 0) - (kills?.get(a) ?? 0) ||
        this.#usualMs.get(a)! - this.#usualMs.get(b)!
      );
  }

  #note(file: string, test: string): void {
    const kills = this.#kills.get(file) ?? new Map<string, number>();
    this.#kills.set(file, kills.set(test, (kills.get(test) ?? 0) + 1));
  }
}

/** Whether a test file passed; `null` when it had to be ended. */
async function runTest(
  { root }: Tree,
  test: string,
  ms: number,
): Promise<{ passed: boolean | null; output: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-P", "--no-check", "--fail-fast", "--quiet", MOST_HEAP, test],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).spawn();
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill("SIGKILL");
  }, ms);
  const { success, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return { passed: hung ? null : success, output };
}
