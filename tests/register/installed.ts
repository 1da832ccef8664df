/**
 * Programs that import packages from npm, run with the preload as one file: in a folder of their own, with their
 * packages installed beside them.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { bundleRegister, type ProgramEnd, RunningProgram, TemporaryFolder } from "./preloaded.ts";

/** A program and what it needs. */
export interface InstalledProgram {
  /** Packages by name, with their exact version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Texts by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** The file that is run. */
  readonly main: string;
}

/** Installs a program's packages, and runs it with the preload to its end. */
export async function runInstalled(
  { packages, files, main }: InstalledProgram,
): Promise<ProgramEnd> {
  await using folder = new TemporaryFolder();
  folder.write("package.json", JSON.stringify({ type: "module", dependencies: packages }));
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  const { code, stderr } = await run("npm", ["--prefix", folder.path, ...install], { ms: 60_000 });
  assertEquals(code, 0, stderr);
  const args = ["run", "-A", `--preload=${await bundleRegister(folder)}`, main];
  await using program = new RunningProgram(args, folder.path);
  return await program.end();
}
