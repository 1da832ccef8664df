/**
 * Other programs in tests: real HTTP clients, and servers in processes of their own. A test whose
 * program is not installed fails with a line that names the program: a test that did not run must
 * not look passed.
 *
 * @module
 */

import { within } from "./time.ts";

/** The result of a finished program. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  readonly stdin?: Uint8Array<ArrayBuffer> | string;
  readonly ms?: number;
}

/** Whether `program` is on the path. */
export function isInstalled(program: string): boolean {
  const lookup = new Deno.Command("sh", { args: ["-c", 'command -v "$1"', "sh", program] });
  return lookup.outputSync().success;
}

/** Registers a test that needs `program`. */
export function withProgram(program: string, name: string, body: () => Promise<void>): void {
  Deno.test(name, async () => {
    if (!isInstalled(program)) throw new Error(`Program "${program}" is not installed`);
    await body();
  });
}

/** Runs a program to its end. */
export async function run(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<Outcome> {
  const child = new Deno.Command(program, {
    args,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const feeding = options.stdin === undefined ? undefined : feed(child, options.stdin);
  try {
    const output = await within(child.output(), `${program} to end`, options.ms ?? 20_000);
    const decoder = new TextDecoder();
    return {
      code: output.code,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
    };
  } catch (error) {
    child.kill("SIGKILL");
    await child.status;
    throw error;
  } finally {
    await feeding;
  }
}

async function feed(
  child: Deno.ChildProcess,
  stdin: Uint8Array<ArrayBuffer> | string,
): Promise<void> {
  const bytes = typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin;
  try {
    await new Blob([bytes]).stream().pipeTo(child.stdin);
  } catch (error) {
    // A client that refuses to go on reading has said why on its own stderr.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** The path of a program for tests that lives beside this file. */
export function fixture(name: string): string {
  return decodeURIComponent(new URL(`./fixtures/${name}`, import.meta.url).pathname);
}

/** How a child server ended. */
export interface Ending {
  /** Its exit status; 137 when it did not end by itself and had to be killed. */
  readonly code: number;
  readonly stderr: string;
}

/** A server in a process of its own; it ends when its stdin does, so that none is left running. */
export class ChildServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #lines: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#stderr = new Response(child.stderr).text();
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static spawn(
    program: string,
    args: string[],
    { env = {} }: { readonly env?: Record<string, string> } = {},
  ): ChildServer {
    const command = new Deno.Command(program, {
      args,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    return new ChildServer(command.spawn());
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The port, which the program prints as its first line. */
  async port(): Promise<number> {
    const { value } = await within(this.#lines.read(), "a child server's port");
    if (value === undefined) throw new Error(`The child ended: ${await this.#stderr}`);
    return Number.parseInt(value);
  }

  /** Lets the program end, and returns what it wrote to stderr. */
  async end(): Promise<string> {
    return (await this.exit()).stderr;
  }

  /** The same, with the exit status. */
  async exit(): Promise<Ending> {
    const stdin = this.#child.stdin;
    if (!stdin.locked) await stdin.close().catch(() => {});
    await within(this.#child.status, "a child server to end").catch(() =>
      this.#child.kill("SIGKILL")
    );
    while (!(await this.#lines.read()).done);
    return { code: (await this.#child.status).code, stderr: await this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
