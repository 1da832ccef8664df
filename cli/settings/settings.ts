/**
 * The settings in force: read from all sources, checked against each other, and put into the shapes that
 * the server and the program take.
 *
 * @module
 */

import type {
  LogFormat,
  ProxyProtocol,
  Queue,
  ReactorOptions,
  ServeOptions,
  Shutdown,
} from "../../mod.ts";
import { isReadyPath } from "../../handlers/parallel/ready_path.ts";
import type { ListenPlace, TlsFiles } from "../listen_place.ts";
import type { TraceFormat } from "../trace_lines.ts";
import { fromConfigFile } from "./config_file.ts";
import { CONFIG_VARIABLE, ENVIRONMENT, type Environment, fromEnvironment } from "./environment.ts";
import { Misuse } from "./errors.ts";
import { type InForce, inForce, type Layer } from "./layers.ts";
import type { QueueSettings, Single } from "./table.ts";

/** All settings of the program. */
export interface Settings {
  readonly place: ListenPlace;
  /** What `serve` takes of them. */
  readonly options:
    & ReactorOptions
    & { readonly automaticCompression: boolean }
    & Readonly<Pick<ServeOptions, "trustedProxies" | "forwardedFields">>;
  readonly shutdown: Shutdown;
  /** How long the program may take to load, in milliseconds; 0 is without a bound. */
  readonly startTimeout: number;
  /** How many threads serve; `null` for the program's own thread alone. */
  readonly workers: number | "auto" | null;
  /** What a worker's app is asked for until it is ready; `null` for nothing. */
  readonly readyPath: string | null;
  readonly health: boolean;
  readonly metrics: boolean;
  /** The port of the status page, 0 for any free one; `null` without the page. */
  readonly statusPort: number | null;
  /** What its visitors have to know; `null` if nothing was said. */
  readonly statusToken: string | null;
  /** How connections are traced on stdout; `null` where they are not. */
  readonly trace: TraceFormat | null;
  /** The access log, to stderr where no file is named; `null` without it. */
  readonly log: { readonly format: LogFormat; readonly file: string | null } | null;
  readonly quiet: boolean;
  readonly open: boolean;
}

/** The settings, and what holds of each and why. */
export interface Resolved {
  readonly settings: Settings;
  readonly inForce: ReadonlyMap<string, InForce>;
}

/** The sources besides the flags, in the order in which they win. */
export interface Sources {
  readonly environment: Layer;
  readonly file: Layer;
}

/**
 * Reads the environment and the config file.
 *
 * @param config The file that a flag names.
 * @throws {Misuse} If a setting in them means nothing.
 * @throws {StartError} If the file cannot be read.
 */
export async function readSources(
  config: string | undefined,
  environment: Environment = ENVIRONMENT,
): Promise<Sources> {
  const named = config ?? (environment.get(CONFIG_VARIABLE) || undefined);
  return {
    environment: await fromEnvironment(environment),
    file: await fromConfigFile(named),
  };
}

/**
 * The settings that hold. `layers`: the one that wins over the others first.
 *
 * @throws {Misuse} If two settings exclude each other, or one lacks another.
 */
export function resolveSettings(layers: readonly Layer[]): Resolved {
  const all = inForce(layers);
  const get = <Name extends keyof Single>(name: Name) =>
    all.get(name)!.value as Single[Name] | undefined;
  const place = placeOf(all, layers.length);
  const settings: Settings = {
    place,
    options: {
      timeouts: sectionOf(all, "timeouts"),
      limits: sectionOf(all, "limits"),
      overrides: get("overrides") ?? [],
      keepAliveHeader: get("keepAliveHeader")!,
      automaticCompression: get("compress")!,
      ...queueOf(all, layers.length),
      ...proxiesOf(all, layers.length),
    },
    shutdown: sectionOf(all, "shutdown"),
    startTimeout: get("startTimeout")!,
    ...workersOf(all, place),
    health: get("health")!,
    metrics: get("metrics")!,
    statusPort: get("status") ?? null,
    statusToken: get("statusToken") ?? null,
    trace: get("trace") ?? null,
    log: logOf(get("log"), get("logFile")),
    quiet: get("quiet")!,
    open: get("open")!,
  };
  return { settings, inForce: all };
}

/** What the engine is told, of its settings only those that somebody gave. */
export type GivenSettings = ReactorOptions & {
  readonly automaticCompression?: boolean;
  readonly shutdown?: Partial<Shutdown>;
} & ProxySettings;

type ProxySettings = Readonly<
  Pick<ServeOptions, "trustedProxies" | "forwardedFields" | "proxyProtocol">
>;

/**
 * The settings of the engine that somebody gave: for a program that has options of its own, in which
 * defaults must not overrule.
 *
 * @throws {Misuse} If two settings exclude each other.
 */
export function givenSettings(layers: readonly Layer[]): GivenSettings {
  const { settings: { options }, inForce: every } = resolveSettings(layers);
  const all = new Map([...every].filter(([, { rank }]) => rank < layers.length));
  return {
    timeouts: sectionOf(all, "timeouts"),
    limits: sectionOf(all, "limits"),
    shutdown: sectionOf(all, "shutdown"),
    ...options.queue === undefined ? {} : { queue: options.queue },
    ...all.has("overrides") ? { overrides: options.overrides ?? [] } : {},
    ...all.has("keepAliveHeader") ? { keepAliveHeader: options.keepAliveHeader ?? false } : {},
    ...proxiesOf(every, layers.length),
    ...all.has("compress") ? { automaticCompression: options.automaticCompression } : {},
  };
}

/** The settings under one key, as an object. */
function sectionOf<T>(all: ReadonlyMap<string, InForce>, key: string): T {
  const section: Record<string, unknown> = {};
  for (const [name, { value }] of all) {
    if (name.startsWith(`${key}.`)) section[name.slice(key.length + 1)] = value;
  }
  return section as T;
}

/** A queue is there when any setting of it is given, unless it is off. */
function queueOf(
  all: ReadonlyMap<string, InForce>,
  defaultRank: number,
): { readonly queue?: Partial<Queue> } {
  const { maxActive, ...rest } = sectionOf<QueueSettings>(all, "queue");
  const given = [...all].filter(([key, { rank }]) =>
    key.startsWith("queue.") && rank < defaultRank
  );
  if (given.length === 0) return {};
  const chosen = all.get("queue.maxActive")!.rank < defaultRank ? maxActive : "auto";
  if (chosen === "off") return {};
  if (rest.floor > rest.ceiling) {
    throw new Misuse(
      `'queue.floor' is ${rest.floor}, over 'queue.ceiling', which is ${rest.ceiling}`,
    );
  }
  return { queue: { ...rest, maxActive: chosen } };
}

/** What is said about proxies, of it only what somebody gave. */
function proxiesOf(all: ReadonlyMap<string, InForce>, defaultRank: number): ProxySettings {
  const isGiven = (key: string) => all.get(key)!.rank < defaultRank;
  const valueOf = (key: "trustedProxies" | "forwardedFields") =>
    isGiven(key) ? { [key]: all.get(key)!.value } : {};
  const fields = { ...valueOf("trustedProxies"), ...valueOf("forwardedFields") };
  if (isGiven("proxyProtocol.from")) {
    return { ...fields, proxyProtocol: sectionOf<ProxyProtocol>(all, "proxyProtocol") };
  }
  const lost = ["proxyProtocol.timeout", "proxyProtocol.others"].find(isGiven);
  if (lost === undefined) return fields;
  throw new Misuse(`${nameOf(all.get(lost)!)} needs 'proxyProtocol.from'`);
}

/** Workers share a port; what is not one cannot be shared. */
function workersOf(
  all: ReadonlyMap<string, InForce>,
  place: ListenPlace,
): Pick<Settings, "workers" | "readyPath"> {
  const [workers, readyPath, unix] = [
    all.get("workers")!,
    all.get("readyPath")!,
    all.get("unix")!,
  ];
  const given = workers.value as Single["workers"];
  const path = readyPath.value as string | undefined ?? null;
  if (given === "off") {
    if (path === null) return { workers: null, readyPath: null };
    throw new Misuse(`${nameOf(readyPath)} needs 'workers'`);
  }
  if (path !== null && !isReadyPath(path)) {
    throw new Misuse(`${nameOf(readyPath)} takes a path such as /ready, not '${path}'`);
  }
  if (place.kind === "unix") {
    throw new Misuse(`${nameOf(workers)} and ${nameOf(unix)} exclude each other`);
  }
  return { workers: given, readyPath: path };
}

function logOf(format: LogFormat | undefined, file: string | undefined): Settings["log"] {
  if (format === undefined && file === undefined) return null;
  return { format: format ?? "common", file: file ?? null };
}

/** A socket's path and a port exclude each other where one source gives both; else the better one wins. */
function placeOf(all: ReadonlyMap<string, InForce>, defaultRank: number): ListenPlace {
  const [unix, hostname, port, cert, key] = ["unix", "hostname", "port", "cert", "key"].map(
    (name) => all.get(name)!,
  ) as [InForce, InForce, InForce, InForce, InForce];
  const others = [hostname, port, cert, key].filter(({ rank }) => rank < defaultRank);
  const best = Math.min(defaultRank, ...others.map(({ rank }) => rank));
  if (unix.value !== undefined && unix.rank <= best) {
    const other = others.find(({ rank }) => rank === unix.rank);
    if (other === undefined) return { kind: "unix", path: unix.value as string };
    throw new Misuse(`${nameOf(unix)} and ${nameOf(other)} exclude each other`);
  }
  const tcp = { hostname: hostname.value as string, port: port.value as number };
  if (cert.value === undefined && key.value === undefined) {
    if (all.get("clientCa")!.value === undefined) return { kind: "tcp", ...tcp };
    throw new Misuse("'--client-ca' needs '--cert' and '--key'");
  }
  if (cert.value !== undefined && key.value !== undefined) {
    return { kind: "tls", ...tcp, tls: tlsFilesOf(all) };
  }
  throw new Misuse("'--cert' and '--key' need each other");
}

function tlsFilesOf(all: ReadonlyMap<string, InForce>): TlsFiles {
  const value = (name: string) => all.get(name)!.value;
  const [certs, keys] = [value("cert"), value("key")] as readonly (readonly string[])[];
  if (certs!.length !== keys!.length) {
    throw new Misuse("'--cert' and '--key' take the same number of files");
  }
  return {
    pairs: certs!.map((cert, index) => ({ cert, key: keys![index]! })),
    clientCa: (value("clientCa") as string | undefined) ?? null,
    clientCert: value("clientCert") as TlsFiles["clientCert"],
    minVersion: `TLSv${value("tlsMin") as "1.2" | "1.3"}`,
  };
}

/** A setting as the source calls it. */
function nameOf({ setting, from }: InForce): string {
  return from.startsWith("--") || from === from.toUpperCase()
    ? `'${from}'`
    : `'${setting.key}' in ${from}`;
}
