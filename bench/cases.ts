/**
 * The cases: what load is put on which path. A table; how a load is made is in `oha.ts`, `wrk.ts` and
 * `driver/`.
 *
 * @module
 */

import { POOL_PLACES } from "./app_values.mjs";
import type { CaseInfo, FigureName } from "./model.ts";
import type { Peer } from "./peers/catalog.ts";
import type { RouteId } from "./routes.ts";

/** How a case loads its server. */
export type Load =
  /** oha, closed loop: each connection sends its next request when it has the answer. */
  | {
    readonly kind: "oha";
    readonly connections: number;
    readonly browserHead?: true;
    readonly newConnections?: true;
  }
  /** The bench's own driver, which counts by connection; `depth` requests in flight on each. */
  | { readonly kind: "driver"; readonly connections: number; readonly depth: number }
  /** wrk with a script that sends `depth` requests at once. */
  | { readonly kind: "wrk"; readonly connections: number; readonly depth: number }
  /** oha, open loop: `times` the capacity of the server, which is measured just before. */
  | { readonly kind: "overload"; readonly times: number; readonly workers: number }
  /** Connections that made one request each and then lie idle. */
  | { readonly kind: "idle"; readonly connections: number; readonly quickConnections: number }
  /** Starting the process, `starts` times a round. */
  | { readonly kind: "cold"; readonly starts: number; readonly quickStarts: number };

/** One case. */
export interface Case extends CaseInfo {
  readonly route: RouteId;
  readonly load: Load;
  /** Whether peers that only differ in what runs above the server take part too. */
  readonly variants: boolean;
  /** Whether `--quick` keeps it. */
  readonly quick: boolean;
}

interface Extra {
  readonly figure?: FigureName;
  readonly series?: string;
  readonly variants?: boolean;
  readonly quick?: boolean;
}

/** What is overloaded, and the least number of clients that keep all of it busy. */
const WORKS = [
  { route: "burn", title: "2 ms of processor time", workers: 2 },
  { route: "pool", title: "20 ms at one of 10 places of a backend", workers: POOL_PLACES },
] as const;

/** All cases in the order in which they run. */
export const CASES: readonly Case[] = [
  oha("hello", "`/`, 64 connections", { series: "hello", variants: true, quick: true }),
  oha("browser", "`/` with a browser-like head", { variants: true, browserHead: true }),
  path("json", "`/json`: URL and two headers read", { quick: true }),
  path("echo", "POST `/echo`: JSON parsed and sent back"),
  path("64k", "`/64k`: a string of 64 KiB"),
  path("stream", "`/stream`: 1 MiB in 16 pieces"),
  path("upload", "POST `/upload`: 10 MiB counted"),
  path("page", "`/page.html`: a static file of 16 KiB"),
  path("file-1k", "A file of 1 KiB, by the server's own means"),
  path("file-100k", "A file of 100 KiB"),
  path("file-10m", "A file of 10 MiB, 8 connections", { connections: 8 }),
  oha("c1", "`/`, 1 connection", { series: "hello", connections: 1 }),
  oha("c16", "`/`, 16 connections", { series: "hello", connections: 16 }),
  oha("c256", "`/`, 256 connections", { series: "hello", connections: 256 }),
  oha("c1024", "`/`, 1,024 connections", { series: "hello", connections: 1024, quick: true }),
  oha("c4096", "`/`, 4,096 connections", { series: "hello", connections: 4096 }),
  oha("close", "`/`, a new connection per request", { newConnections: true }),
  driver("pipelined", "`/`, pipelined × 16", { connections: 64, depth: 16, quick: true }),
  {
    ...base("pipelined-wrk", "`/`, pipelined × 16, by wrk", { figure: "perSecond" }),
    connections: 64,
    load: { kind: "wrk", connections: 64, depth: 16 },
  },
  driver("fair-1024", "Fairness, 1,024 connections", { connections: 1024, depth: 1, quick: true }),
  driver("fair-4096", "Fairness, 4,096 connections", { connections: 4096, depth: 1 }),
  {
    ...base("idle", "Idle connections", { figure: "bytesPerConnection", quick: true }),
    load: { kind: "idle", connections: 10_000, quickConnections: 1_000 },
  },
  {
    ...base("cold", "Cold start to the first answer", {
      figure: "coldMs",
      variants: true,
      quick: true,
    }),
    load: { kind: "cold", starts: 3, quickStarts: 1 },
  },
  ...overloads(),
];

/** Each kind of work under several multiples of its capacity. */
function overloads(): Case[] {
  return WORKS.flatMap(({ route, title, workers }) =>
    [0.5, 1, 2, 4].map((times) => ({
      ...base(`overload-${route}-${times}`, `${times} × capacity, ${title}`, {
        figure: "goodput",
        variants: true,
      }),
      route,
      load: { kind: "overload", times, workers } as const,
    }))
  );
}

/** Whether the case is about files that a server sends by its own means or by its library's. */
export function sendsFiles({ route }: Case): boolean {
  return route.startsWith("file-");
}

/** Whether the peer can take the case at all. */
export function takesPart(peer: Peer, at: Case): boolean {
  if (!peer.routes.includes(at.route)) return false;
  if (peer.variant && !at.variants) return false;
  return !("depth" in at.load && at.load.depth > 1) || peer.pipelines;
}

function base(id: string, title: string, extra: Extra): Omit<Case, "load"> {
  return {
    id,
    title,
    figure: extra.figure ?? "cpuMicros",
    connections: null,
    series: extra.series ?? null,
    route: "hello",
    variants: extra.variants ?? false,
    quick: extra.quick ?? false,
  };
}

function oha(
  id: string,
  title: string,
  extra: Extra & { connections?: number; browserHead?: true; newConnections?: true },
): Case {
  const { connections = 64, browserHead, newConnections } = extra;
  const load = {
    kind: "oha",
    connections,
    ...browserHead && { browserHead },
    ...newConnections && { newConnections },
  } as const;
  return { ...base(id, title, extra), connections, load };
}

function path(id: RouteId, title: string, extra: Extra & { connections?: number } = {}): Case {
  return { ...oha(id, title, { ...extra, variants: true }), route: id };
}

function driver(
  id: string,
  title: string,
  extra: Extra & { connections: number; depth: number },
): Case {
  const { connections, depth } = extra;
  const figure = depth > 1 ? "perSecond" : "cpuMicros";
  return {
    ...base(id, title, { ...extra, figure }),
    connections,
    load: { kind: "driver", connections, depth },
  };
}
