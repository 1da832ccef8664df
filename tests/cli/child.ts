/**
 * The program in a process of its own: started as the task `serve` starts it, read line by line, sent
 * signals, and always ended.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { within } from "../support/time.ts";

const ROOT = new URL("../../", import.meta.url);

/** The task's own flags, so that its permissions are what is tested. */
const [, ...TASK] = config.tasks.serve.command.split(" ");

/** The result of a finished program. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** What it printed and nobody had read. */
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;
  #unread = "";
  /** The line that says what it serves. */
  summary = "";
  /** Whether it has not ended. */
  running = true;

  /**
   * Starts the program, or another `file`, with the task's flags for Deno or others; `shell` is what a shell
   * does before it becomes the program.
   */
  constructor(
    args: readonly string[],
    { file = "cli.ts", flags = TASK.slice(0, -1) as readonly string[], shell = "" } = {},
  ) {
    const line = [Deno.execPath(), ...flags, file, ...args];
    const [command, ...rest] = shell === "" ? line : ["sh", "-c", `${shell}`, "sh", ...line];
    this.#child = new Deno.Command(command!, {
      args: rest,
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#stderr = new Response(this.#child.stderr).text();
    this.#child.status.then(() => this.running = false);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    while (!this.#unread.includes("\n")) {
      const { value } = await within(this.#stdout.read(), "a line of the program");
      if (value === undefined) throw new Error(`The program ended: ${await this.#stderr}`);
      this.#unread += value;
    }
    const end = this.#unread.indexOf("\n");
    const line = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end + 1);
    return line;
  }

  /** The address that it prints as its first line; the second says what it serves. */
  async address(): Promise<string> {
    const line = await this.line();
    const address = /^Weir listening on (\S+)/.exec(line)?.[1];
    if (address === undefined) throw new Error(`Not an address: ${line}`);
    this.summary = await this.line();
    return address;
  }

  /** Reads no more of what it prints: its next write fails. */
  async hangUp(): Promise<void> {
    await this.#stdout.cancel();
  }

  send(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async end(): Promise<Outcome> {
    const { code, signal } = await within(this.#child.status, "the program to end");
    let stdout = this.#unread;
    this.#unread = "";
    for (let next = await this.#stdout.read(); !next.done; next = await this.#stdout.read()) {
      stdout += next.value;
    }
    return { code, signal, stdout, stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.end();
  }
}

/** Runs the program to its end. */
export async function runToEnd(...args: string[]): Promise<Outcome> {
  await using program = new Program(args);
  return await program.end();
}
