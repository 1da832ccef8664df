/**
 * The peers: which servers are compared, what of the app each can serve and how it is started. A new
 * peer is one entry here and, unless it is a program of the system, one small file beside this one.
 *
 * @module
 */

import type { RouteId } from "../routes.ts";
import type { Site } from "../site.ts";

/** A server under test. */
export interface Peer {
  readonly id: string;
  readonly title: string;
  /** The paths it can serve with the answers that the app gives. */
  readonly routes: readonly RouteId[];
  /** Whether it answers every request that one read brought. */
  readonly pipelines: boolean;
  /** Whether it is another peer with a change above the server; such peers skip some cases. */
  readonly variant: boolean;
  /** The command that prints its version; a peer whose command is missing is not installed. */
  readonly version: readonly string[];
  /** The command that serves on 127.0.0.1:`port` until it is ended. */
  readonly command: (port: number, site: Site) => readonly string[];
}

const EVERY_ROUTE: readonly RouteId[] = [
  "hello",
  "json",
  "echo",
  "64k",
  "stream",
  "upload",
  "page",
];

const FILE_ROUTES: readonly RouteId[] = ["file-1k", "file-100k", "file-10m"];

/** What can be overloaded; `/` besides, for what the queue costs without any overload. */
const OVERLOADABLE: readonly RouteId[] = ["burn", "pool"];

/** The peer whose figures all ratios are divided by. */
export const REFERENCE = "deno";
/** The raw loop on `Deno.listen`, which parses nothing: nothing built on it can be cheaper. */
export const FLOOR = "floor";

/** All peers in the order in which they run and are shown. */
export const PEERS: readonly Peer[] = [
  {
    ...denoPeer("weir", "Weir", { script: "weir.ts" }),
    routes: [...EVERY_ROUTE, ...FILE_ROUTES, ...OVERLOADABLE],
  },
  toldPeer("weir-queue", "Weir, queue of 10", { script: "weir_queue.ts", told: "10" }),
  toldPeer("weir-auto", "Weir, queue auto", { script: "weir_queue.ts", told: "auto" }),
  {
    ...toldPeer("weir-metrics", "Weir, metrics on", { script: "weir_watched.ts", told: "metrics" }),
    routes: ["hello"],
  },
  {
    ...toldPeer("weir-trace", "Weir, trace read", { script: "weir_watched.ts", told: "trace" }),
    routes: ["hello"],
  },
  denoPeer("weir-public", "Weir, public Response only", {
    script: "weir_public.ts",
    variant: true,
  }),
  {
    ...denoPeer(FLOOR, "Raw Deno.listen loop", { script: "raw_loop.ts" }),
    routes: ["hello"],
    pipelines: false,
  },
  {
    ...denoPeer(REFERENCE, "Deno.serve", { script: "deno_serve.ts" }),
    routes: [...EVERY_ROUTE, ...FILE_ROUTES, ...OVERLOADABLE],
  },
  {
    id: "node",
    title: "node:http",
    routes: EVERY_ROUTE,
    pipelines: true,
    variant: false,
    version: ["node", "--version"],
    command: (port, site) => ["node", script("node_http.mjs"), String(port), site.pageFile],
  },
  {
    id: "nginx",
    title: "nginx",
    // It has no way of its own to parse a JSON body, to count an upload or to write in pieces.
    routes: ["hello", "json", "64k", "page", ...FILE_ROUTES],
    pipelines: true,
    variant: false,
    version: ["nginx", "-v"],
    command: (port, site) => ["nginx", "-c", site.nginxConfig(port)],
  },
  {
    ...denoPeer("hono-weir", "Hono on Weir", { script: "hono_on_weir.ts", variant: true }),
    routes: [...EVERY_ROUTE, ...FILE_ROUTES],
  },
  {
    ...denoPeer("hono-deno", "Hono on Deno.serve", { script: "hono_on_deno.ts", variant: true }),
    routes: [...EVERY_ROUTE, ...FILE_ROUTES],
  },
];

/** Weir with more features switched on; `told` is the argument of its script. */
function toldPeer(
  id: string,
  title: string,
  { script, told }: { readonly script: string; readonly told: string },
): Peer {
  const peer = denoPeer(id, title, { script, variant: true });
  return {
    ...peer,
    routes: ["hello", ...OVERLOADABLE],
    command: (port, site) => [...peer.command(port, site), told],
  };
}

function denoPeer(
  id: string,
  title: string,
  options: { readonly script: string; readonly variant?: boolean },
): Peer {
  return {
    id,
    title,
    routes: EVERY_ROUTE,
    pipelines: true,
    variant: options.variant ?? false,
    version: [Deno.execPath(), "--version"],
    command: (port, site) => [
      Deno.execPath(),
      "run",
      "--quiet",
      "--no-prompt",
      "--no-check",
      `--allow-net=127.0.0.1:${port}`,
      `--allow-read=${site.folder}`,
      script(options.script),
      String(port),
      site.pageFile,
      site.folder,
    ],
  };
}

function script(name: string): string {
  return new URL(name, import.meta.url).pathname;
}
