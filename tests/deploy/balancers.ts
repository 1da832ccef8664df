/**
 * HAProxy and nginx with the very files of `deploy/`; only addresses, ports and paths are those of the test.
 *
 * @module
 */

import { assert } from "../support/assert.ts";
import { startNginxWith } from "../support/nginx.ts";
import { ProxyProcess } from "../support/proxy_process.ts";
import { deployed } from "./files.ts";

/** The servers of the files, in their order. */
const SERVERS = ["10.0.0.11:8081", "10.0.0.12:8081"];

/** Changes something in a file, for what would take a minute otherwise. */
export type Change = (text: string) => string;

/** HAProxy, and a way to ask it what it thinks of its servers. */
export interface Haproxy extends AsyncDisposable {
  readonly port: number;
  /** The status of a server, such as `UP` or `DOWN`. */
  status(server: string): Promise<string>;
}

/** HAProxy by `deploy/haproxy.cfg`. */
export function startHaproxy(ports: readonly number[], change: Change = same): Promise<Haproxy> {
  return startHaproxyBy(change(deployed("haproxy.cfg")), ports);
}

/** HAProxy with what the file has as a comment, the PROXY protocol, in the place of HTTP. */
export function startHaproxyForBytes(ports: readonly number[]): Promise<Haproxy> {
  const text = deployed("haproxy.cfg");
  const http = text.indexOf("\nfrontend web");
  const bytes = text.indexOf("\n# frontend bytes");
  assert(http !== -1 && bytes > http, "Both frontends are in the file");
  return startHaproxyBy(text.slice(0, http) + text.slice(bytes).replace(/^# ?/gm, ""), ports);
}

async function startHaproxyBy(file: string, ports: readonly number[]): Promise<Haproxy> {
  let admin = "";
  const process = await ProxyProcess.start({
    program: "haproxy",
    configure: (own, folder) => {
      admin = `${folder}/admin.sock`;
      const text = replaced(file, "bind :80", `bind 127.0.0.1:${own}`);
      return withServers(replaced(text, "/run/haproxy/admin.sock", admin), ports);
    },
    args: (file) => ["-db", "-q", "-f", file],
  });
  return {
    port: process.port,
    status: (server) => statusOf(admin, server),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** nginx by `deploy/nginx.conf`. */
export function startNginx(
  ports: readonly number[],
  change: Change = same,
): Promise<ProxyProcess> {
  const file = change(deployed("nginx.conf"));
  return startNginxWith((own) =>
    withServers(replaced(file, "listen 80;", `listen 127.0.0.1:${own};`), ports)
  );
}

function same(text: string): string {
  return text;
}

function withServers(text: string, ports: readonly number[]): string {
  return SERVERS.reduce(
    (changed, server, at) => replaced(changed, server, `127.0.0.1:${ports[at]}`),
    text,
  );
}

/** A text with `to` in the place of each `from`, of which there has to be one. */
export function replaced(text: string, from: string, to: string): string {
  assert(text.includes(from), `No "${from}" in the file`);
  return text.replaceAll(from, to);
}

/** From the table that the admin socket gives: comma-separated, with the names of the columns first. */
async function statusOf(path: string, server: string): Promise<string> {
  const conn = await Deno.connect({ transport: "unix", path });
  await conn.write(new TextEncoder().encode("show stat\n"));
  const table = await new Response(conn.readable).text();
  const [names, ...rows] = table.trim().split("\n").map((line) => line.split(","));
  const row = rows.find((each) => each[names!.indexOf("svname")] === server);
  assert(row !== undefined, `No server ${server} in ${table}`);
  return row[names!.indexOf("status")]!;
}
