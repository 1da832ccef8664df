/**
 * Programs that know nothing of Weir, run with the preload: in a folder of their own, outside of this
 * project, so that they have neither its configuration nor its import map.
 *
 * @module
 */

import { run } from "../support/programs.ts";
import { within } from "../support/time.ts";

/** The preload's path. */
export const REGISTER = decodeURIComponent(
  new URL("../../register.ts", import.meta.url).pathname,
);

/** How a program ended. */
export interface ProgramEnd {
  /** The exit status; a signal that ended the program counts as 128 and its number. */
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly output: string;
}

/** How to run a program. */
export interface PreloadOptions {
  /** Arguments of Deno in front of the program. @default {run -A --preload} */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** How long to wait for its lines, in milliseconds. */
  readonly patience?: number;
}

/** What runs any program with the preload. */
export const PRELOADED = ["run", "-A", `--preload=${REGISTER}`];

/** A folder that is removed when it is disposed of. */
export class TemporaryFolder implements AsyncDisposable {
  readonly path: string;

  constructor(prefix = "weir-preload-") {
    this.path = Deno.makeTempDirSync({ prefix });
  }

  /** Writes a file into the folder, and returns its path. */
  write(name: string, text: string): string {
    const path = `${this.path}/${name}`;
    Deno.writeTextFileSync(path, text);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/** A program at work, and all that it has printed. */
export class RunningProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<ProgramEnd>;
  readonly #patience: number | undefined;
  #output = "";
  #onText = () => {};

  constructor(args: readonly string[], cwd: string, { env = {}, patience }: PreloadOptions = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#patience = patience;
    const read = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    this.#ended = this.#end(read);
  }

  /** All that the program has printed so far. */
  get output(): string {
    return this.#output;
  }

  /** Waits until the program has printed what `pattern` matches; resolves with the first group. */
  async printed(pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const look = () => {
      const match = pattern.exec(this.#output);
      if (match !== null) resolve(match[1] ?? match[0]);
    };
    this.#onText = look;
    look();
    const ended = async (): Promise<never> => {
      const { code } = await this.#ended;
      look();
      throw new Error(`Ended with ${code} before it printed ${pattern}: ${this.#output}`);
    };
    try {
      return await within(Promise.race([promise, ended()]), `${pattern}`, this.#patience);
    } catch (error) {
      throw new Error(`${(error as Error).message}; printed: ${this.#output}`, { cause: error });
    }
  }

  /** The port of the first address that it prints. */
  async port(): Promise<number> {
    return Number(await this.printed(/(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)/));
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for the program to end by itself. */
  async end(): Promise<ProgramEnd> {
    return await within(this.#ended, `the program to end: ${this.#output}`, this.#patience);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#ended;
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#output += text;
      this.#onText();
    }
  }

  async #end(read: Promise<unknown>): Promise<ProgramEnd> {
    const { code, signal } = await this.#child.status;
    await read;
    return { code, signal, output: this.#output };
  }
}

/** Runs Deno with `args` in a folder for as long as `body` takes. */
export async function withProgramIn(
  folder: string,
  args: readonly string[],
  body: (program: RunningProgram) => Promise<void>,
  options: PreloadOptions = {},
): Promise<void> {
  await using program = new RunningProgram(args, folder, options);
  await body(program);
}

/** Runs `source` with the preload for as long as `body` takes. */
export async function withPreloaded(
  source: string,
  body: (program: RunningProgram) => Promise<void>,
  options: PreloadOptions = {},
): Promise<void> {
  await using folder = new TemporaryFolder();
  const path = folder.write("app.ts", source);
  const args = [...options.flags ?? PRELOADED, path];
  await using program = new RunningProgram(args, folder.path, options);
  await body(program);
}

/** Runs `source` with the preload to its end. */
export async function runPreloaded(
  source: string,
  options: PreloadOptions = {},
): Promise<ProgramEnd> {
  let end: ProgramEnd | undefined;
  await withPreloaded(source, async (program) => {
    end = await program.end();
  }, options);
  return end!;
}

/** Makes one file of the preload and all that it may load, as docs/preload.md says; returns its path. */
export async function bundleRegister(folder: TemporaryFolder): Promise<string> {
  const path = `${folder.path}/weir.js`;
  const args = ["bundle", "--quiet", "--platform=deno", `--output=${path}`, REGISTER];
  const { code, stderr } = await run(Deno.execPath(), args, { ms: 60_000 });
  if (code !== 0) throw new Error(stderr);
  return path;
}
