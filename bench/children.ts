/**
 * Child processes: every one that the bench starts goes through here, so that all of them can be ended,
 * each by its own id, when a run is over or the bench is interrupted.
 *
 * @module
 */

/** A running child. */
export interface Child {
  readonly pid: number;
  /** Whether it has ended, for whatever cause. */
  readonly ended: boolean;
  /** Resolves with the exit code, 128 + the signal's number if one ended it. */
  readonly exited: Promise<number>;
  /** Its standard output, unless it was asked to be kept as text. */
  readonly stdout: ReadableStream<Uint8Array>;
  /** The end of what it wrote to standard error. */
  complaint(): string;
  /** SIGTERM, and SIGKILL if it is still there 2 s later; resolves when it is gone. */
  end(): Promise<void>;
}

/** A program that is not installed. */
export class MissingProgram extends Error {
  override readonly name = "MissingProgram";
  readonly program: string;

  constructor(program: string) {
    super(`Program not found: "${program}"`);
    this.program = program;
  }
}

const KILL_AFTER_MS = 2_000;
/** What is kept of a child's standard error: enough for the message of a stack trace. */
const COMPLAINT_CHARS = 4_000;

const running = new Set<Child>();
let interrupted = false;

/** Thrown instead of starting anything once the bench was interrupted. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Starts a command line. @throws {MissingProgram | Interrupted} */
export function startChild(command: readonly string[]): Child {
  if (interrupted) throw new Interrupted("Interrupted");
  const [program = "", ...args] = command;
  let process: Deno.ChildProcess;
  try {
    process = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new MissingProgram(program);
    throw error;
  }
  return new RunningChild(process);
}

/** Ends all that still run, and lets no other start. */
export function interruptChildren(): Promise<unknown> {
  interrupted = true;
  return Promise.all([...running].map((child) => child.end()));
}

/** The result of a program that ended. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly complaint: string;
}

/** Runs a command line to its end, which comes after `limitMs` at the latest. @throws {MissingProgram} */
export async function runToEnd(
  command: readonly string[],
  options: { readonly limitMs: number },
): Promise<Finished> {
  const child = startChild(command);
  const timer = setTimeout(() => child.end(), options.limitMs);
  const stdout = await new Response(child.stdout).text();
  const code = await child.exited;
  clearTimeout(timer);
  return { code, stdout, complaint: child.complaint() };
}

class RunningChild implements Child {
  readonly pid: number;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly exited: Promise<number>;
  ended = false;
  readonly #process: Deno.ChildProcess;
  #complaint = "";

  constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.pid = process.pid;
    this.stdout = process.stdout;
    const listening = this.#listen();
    this.exited = process.status.then(async ({ code }) => {
      this.ended = true;
      running.delete(this);
      await listening;
      return code;
    });
    running.add(this);
  }

  complaint(): string {
    return this.#complaint.trim();
  }

  async end(): Promise<void> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), KILL_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
    // Nobody wants the rest; an unread pipe would be kept open.
    if (!this.stdout.locked) await this.stdout.cancel();
  }

  #signal(name: Deno.Signal): void {
    if (this.ended) return;
    try {
      this.#process.kill(name);
    } catch {
      // It ended between the check and the signal.
    }
  }

  async #listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of this.#process.stderr) {
      const text = this.#complaint + decoder.decode(piece, { stream: true });
      this.#complaint = text.slice(-COMPLAINT_CHARS);
    }
  }
}
