/**
 * A proxy in a process of its own, with a configuration in a folder of its own, on a free port of the
 * loopback address.
 *
 * @module
 */

import { freePort, listening } from "./ports.ts";
import { within } from "./time.ts";

/** Which proxy, and how it is told what to do. */
export interface ProxyInit {
  readonly program: string;
  /** The text of its configuration; `own` is the port that it is to listen on. */
  readonly configure: (own: number, folder: string) => string;
  /** Its arguments; `file` is the configuration. */
  readonly args: (file: string, folder: string) => string[];
}

/** A running proxy. */
export class ProxyProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(child: Deno.ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  /** Resolves when it listens. */
  static async start({ program, configure, args }: ProxyInit): Promise<ProxyProcess> {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/proxy.conf`;
    const own = freePort();
    await Deno.writeTextFile(file, configure(own, folder));
    const child = new Deno.Command(program, {
      args: args(file, folder),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const proxy = new ProxyProcess(child, folder, own);
    await within(listening(own), `${program} to listen`);
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
