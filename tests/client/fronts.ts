/**
 * Real proxies in front of Weir, configured as docs/behind_a_proxy.md says: its blocks, with the test's
 * ports in the place of the usual ones. A client of 127.0.0.2 can be told from the proxy's 127.0.0.1.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { Haproxy } from "../support/haproxy.ts";
import { freePort, listening } from "../support/ports.ts";
import { run } from "../support/programs.ts";
import { within } from "../support/time.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/behind_a_proxy.md", import.meta.url));

/** The block of the page in this language that contains `mark`. */
export function documented(language: string, mark: string): string {
  const blocks = [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"))]
    .map(([, text]) => text!)
    .filter((text) => text.includes(mark));
  assertEquals(blocks.length, 1, `Blocks with "${mark}"`);
  return blocks[0]!;
}

/** HAProxy by a block of the page, in front of the server on `port`. `change` may edit the block. */
export function haproxyBy(
  block: string,
  port: number,
  change: (text: string) => string = (text) => text,
): Promise<Haproxy> {
  return Haproxy.startWith((own) => change(withPorts(block, own, port)));
}

/** A running nginx. */
export class NginxFront implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(child: Deno.ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.port = port;
  }

  /** Starts it by a `server` block of the page, in front of the server on `port`. */
  static async start(block: string, port: number): Promise<NginxFront> {
    const folder = await Deno.makeTempDir();
    const own = freePort();
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${folder}/temp;`).join("\n");
    await Deno.writeTextFile(
      `${folder}/nginx.conf`,
      `daemon off;
master_process off;
pid ${folder}/pid;
error_log /dev/null crit;
events {}
http {
access_log off;
${paths}
${withPorts(block, own, port)}
}`,
    );
    const child = new Deno.Command("nginx", {
      args: ["-p", folder, "-c", `${folder}/nginx.conf`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const nginx = new NginxFront(child, folder, own);
    await within(listening(own), "nginx to listen");
    return nginx;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function withPorts(block: string, own: number, port: number): string {
  return block.replace("listen 80;", `listen 127.0.0.1:${own};`)
    .replace("bind :80", `bind 127.0.0.1:${own}`)
    .replaceAll("127.0.0.1:8000", `127.0.0.1:${port}`);
}

/** What curl gets from `port`, coming from 127.0.0.2. */
export async function curlFrom2(port: number, ...args: string[]): Promise<string> {
  const usual = ["--silent", "--show-error", "--max-time", "10", "--interface", "127.0.0.2"];
  const url = args.find((arg) => arg.startsWith("https:")) ?? `http://127.0.0.1:${port}/`;
  const others = args.filter((arg) => arg !== url);
  const { code, stdout, stderr } = await run("curl", [...usual, ...others, url]);
  assertEquals(code, 0, stderr);
  return stdout;
}
