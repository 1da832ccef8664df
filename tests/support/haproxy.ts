/**
 * HAProxy in front of a server, on a free port of the loopback address.
 *
 * @module
 */

import { freePort, listening } from "./ports.ts";
import { within } from "./time.ts";

/** How it speaks to the server. */
export interface HaproxyOptions {
  /** `http`: it reads requests. `tcp`: it passes bytes on. */
  readonly mode?: "http" | "tcp";
  /** What stands after the server's address, such as `send-proxy-v2`. */
  readonly server?: string;
}

/** A running HAProxy. */
export class Haproxy implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(child: Deno.ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  /** Starts it in front of the server on `port`. */
  static start(port: number, options: HaproxyOptions = {}): Promise<Haproxy> {
    return Haproxy.startWith((own) => configuration(own, port, options));
  }

  /** Starts it with what `configure` gives for its own port, after the usual defaults. */
  static async startWith(configure: (own: number) => string): Promise<Haproxy> {
    const folder = await Deno.makeTempDir();
    const own = freePort();
    await Deno.writeTextFile(`${folder}/haproxy.cfg`, DEFAULTS + configure(own));
    const child = new Deno.Command("haproxy", {
      args: ["-db", "-q", "-f", `${folder}/haproxy.cfg`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const haproxy = new Haproxy(child, folder, own);
    await within(listening(own), "HAProxy to listen");
    return haproxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

const DEFAULTS = `defaults
  timeout connect 5s
  timeout client 20s
  timeout server 20s
`;

function configuration(own: number, port: number, options: HaproxyOptions): string {
  const { mode = "http", server = "" } = options;
  return `frontend own
  mode ${mode}
  bind 127.0.0.1:${own}
  default_backend weir
backend weir
  mode ${mode}
  server weir 127.0.0.1:${port} ${server}
`;
}
