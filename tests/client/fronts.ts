/**
 * Real proxies in front of Weir, configured as docs/behind_a_proxy.md says: its blocks, with the test's
 * ports in the place of the usual ones. A client of 127.0.0.2 can be told from the proxy's 127.0.0.1.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { startHaproxyWith } from "../support/haproxy.ts";
import { startNginxWith } from "../support/nginx.ts";
import { run } from "../support/programs.ts";
import type { ProxyProcess } from "../support/proxy_process.ts";

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
): Promise<ProxyProcess> {
  return startHaproxyWith((own) => change(withPorts(block, own, port)));
}

/** nginx by a `server` block of the page, in front of the server on `port`. */
export function nginxBy(block: string, port: number): Promise<ProxyProcess> {
  return startNginxWith((own) => withPorts(block, own, port));
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
