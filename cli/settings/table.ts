/**
 * Every setting of the program, once: its key in a config file, its flag, its kind, its default and what
 * help says of it. Flags, variables, the config file, its JSON schema, `--help`, `--print-config` and
 * `docs/reference/cli.md` are all made from this table; the types of the engine's options see to it that
 * none is missing.
 *
 * @module
 */

import {
  DEFAULT_LIMITS,
  DEFAULT_SHUTDOWN,
  DEFAULT_TIMEOUTS,
} from "../../reactor/options/options.ts";
import { DEFAULT_PROXY_PROTOCOL } from "../../reactor/options/proxy_options.ts";
import { DEFAULT_QUEUE } from "../../reactor/options/queue_options.ts";
import type {
  ClientCertificates,
  ForwardedFields,
  Limits,
  PathOverride,
  ProxyProtocol,
  Queue,
  Shutdown,
  Timeouts,
  TrustedProxies,
} from "../../mod.ts";
import { choice, count, duration, either, type Kind, optional } from "./kinds.ts";
import { PORT, rate, SECRET, size, SWITCH, text } from "./kinds.ts";
import { FILES } from "./files.ts";
import { OVERRIDES } from "./overrides.ts";
import { ADDRESSES, PROXIES } from "./proxies.ts";

/** The headings of `--help`, in their order. */
export const GROUPS = [
  "Listening",
  "Serving",
  "Time-outs",
  "Limits",
  "Queue",
  "Proxies",
  "Ending",
  "Sight",
] as const;

/** The heading that a setting stands under. */
export type Group = (typeof GROUPS)[number];

/** One setting. */
export interface Setting<T = unknown> {
  /** Its place in the config file: `timeouts.head`. */
  readonly key: string;
  /** Its flag without the dashes; `null` where a flag could not say it. */
  readonly flag: string | null;
  /** The variable of the environment that gives it; `null` where none can. */
  readonly variable: string | null;
  readonly kind: Kind<T>;
  /** Its default; `undefined` for none. */
  readonly fallback: T | undefined;
  /** What it is, in a line. */
  readonly about: string;
  readonly group: Group;
}

/** A setting without its place. */
type Row<T> = Pick<Setting<T>, "kind" | "about"> & {
  readonly flag?: string | null;
  /** Only for a setting that has no flag: otherwise it follows from the flag. */
  readonly variable?: string;
};

/** A row for each of `T`'s names. */
type Rows<T> = { readonly [Name in keyof T]-?: Row<T[Name]> };

/** The settings that stand at the top of the config file. */
export interface Single {
  readonly hostname: string;
  readonly port: number;
  readonly unix: string;
  readonly cert: readonly string[];
  readonly key: readonly string[];
  readonly clientCa: string;
  readonly clientCert: NonNullable<ClientCertificates["mode"]>;
  readonly tlsMin: "1.2" | "1.3";
  readonly compress: boolean;
  readonly keepAliveHeader: boolean;
  readonly startTimeout: number;
  readonly workers: number | "auto" | "off";
  readonly readyPath: string;
  readonly health: boolean;
  readonly metrics: boolean;
  readonly status: number;
  readonly statusToken: string;
  readonly trace: "states" | "json" | "drops";
  readonly log: "common" | "combined" | "json";
  readonly logFile: string;
  readonly quiet: boolean;
  readonly open: boolean;
  readonly overrides: readonly PathOverride[];
  readonly trustedProxies: TrustedProxies;
  readonly forwardedFields: ForwardedFields;
}

/** The queue as the program takes it: `maxActive` also says whether there is one. */
export interface QueueSettings extends Omit<Queue, "lane" | "maxActive"> {
  readonly maxActive: number | "auto" | "off";
}

/** Where the status page is unless told otherwise: beside the default port of the server. */
export const STATUS_PORT = 8082;

const SINGLE_DEFAULTS: Partial<Single> = {
  hostname: "127.0.0.1",
  port: 8081,
  clientCert: "required",
  tlsMin: "1.2",
  compress: false,
  keepAliveHeader: false,
  startTimeout: 30_000,
  workers: "off",
  health: false,
  metrics: false,
  quiet: false,
  open: false,
  forwardedFields: "x-forwarded",
};

const QUEUE_DEFAULTS: Partial<QueueSettings> = { ...DEFAULT_QUEUE, maxActive: "off" };

const LISTENING: Rows<
  Pick<
    Single,
    "hostname" | "port" | "unix" | "cert" | "key" | "clientCa" | "clientCert" | "tlsMin" | "open"
  >
> = {
  hostname: { kind: text("<name>"), about: "address to listen on; 0.0.0.0 for all (also --host)" },
  port: { kind: PORT, about: "port to listen on, 0 for any free one; also from PORT" },
  unix: { kind: text("<path>"), about: "listen on a unix socket instead of a port" },
  cert: {
    kind: FILES,
    about: "certificate chains, the default first; with --key: HTTPS",
  },
  key: { kind: FILES, about: "private keys, one for each of --cert" },
  clientCa: { kind: text("<file>"), about: "ask clients for a certificate of these authorities" },
  clientCert: {
    kind: choice(["required", "optional"]),
    about: "whether a client needs a certificate",
  },
  tlsMin: { kind: choice(["1.2", "1.3"]), about: "the oldest version of TLS that is accepted" },
  open: { kind: SWITCH, about: "open the address in a browser; needs --allow-run" },
};

const SERVING: Rows<
  Pick<
    Single,
    "workers" | "readyPath" | "compress" | "keepAliveHeader" | "startTimeout" | "overrides"
  >
> = {
  workers: {
    kind: either(["auto", "off"], count({ zero: "refused", most: 1_024 })),
    about: "threads on the port, limits and queue for each; auto: one a core",
  },
  readyPath: {
    kind: text("<path>"),
    about: "with --workers: the app is ready when it answers this path with success",
  },
  compress: { kind: SWITCH, about: "compress answers (brotli, gzip) where it pays" },
  keepAliveHeader: { kind: SWITCH, about: "tell clients the idle time-out in a Keep-Alive field" },
  startTimeout: {
    kind: duration("off"),
    flag: "timeout-start",
    about: "how long the program may take to load",
  },
  overrides: { kind: OVERRIDES, flag: null, about: "other limits and time-outs for some paths" },
};

const SIGHT: Rows<
  Pick<
    Single,
    "health" | "metrics" | "status" | "statusToken" | "trace" | "log" | "logFile" | "quiet"
  >
> = {
  health: { kind: SWITCH, about: "answer /healthz and /readyz" },
  metrics: { kind: SWITCH, about: "answer /metrics, in the text format of Prometheus" },
  status: {
    kind: optional(PORT, STATUS_PORT),
    about: `show the server live at http://127.0.0.1:<port>/_weir/, on port ${STATUS_PORT}`,
  },
  statusToken: {
    kind: SECRET,
    flag: null,
    variable: "WEIR_STATUS_TOKEN",
    about: "token of the status page; else one is made for a terminal, or it is read only",
  },
  trace: {
    kind: choice(["states", "json", "drops"], "states"),
    about: "print each change of a connection's state, all events, or what was thrown away",
  },
  log: {
    kind: optional(choice(["common", "combined", "json"]), "common"),
    about: "log each answer, to stderr unless --log-file is given",
  },
  logFile: { kind: text("<path>"), about: "log to this file; SIGHUP opens it again" },
  quiet: { kind: SWITCH, about: "print nothing but errors, the log and the trace" },
};

const TIMEOUTS: Rows<Timeouts> = {
  handshake: { kind: duration("off"), about: "for the TLS handshake" },
  head: { kind: duration("off"), about: "for the head of a request" },
  idle: { kind: duration("off"), about: "without a request on a connection" },
  body: { kind: duration("off"), about: "before a request's body must come at --limit-body-rate" },
  write: { kind: duration("off"), about: "before an answer must be taken at --limit-write-rate" },
  handler: { kind: duration("off"), about: "for the handler, until its answer" },
  linger: { kind: duration("off"), about: "that a closing connection still reads and discards" },
};

const LIMITS: Rows<Limits> = {
  headBytes: { kind: size("refused"), about: "request line and field lines together" },
  headerCount: { kind: count({ zero: "refused" }), about: "field lines of a request" },
  targetBytes: { kind: size("refused"), about: "the request target" },
  bufferedBodyBytes: {
    kind: size("off"),
    about: "a body that text(), json() and the like collect",
  },
  bodyBytes: { kind: size("off"), about: "a body, however it is read" },
  bodyRate: { kind: rate(), about: "the slowest that a body may come" },
  writeRate: { kind: rate(), about: "the slowest that an answer may be taken" },
  requestsPerConnection: { kind: count({ zero: "off" }), about: "requests on one connection" },
  pipelinedRequests: {
    kind: count({ zero: "refused" }),
    about: "requests that a connection reads ahead",
  },
  connections: { kind: count({ zero: "refused" }), about: "connections open at once" },
  connectionsPerAddress: { kind: count({ zero: "off" }), about: "the same from one address" },
  requestsPerClient: {
    kind: count({ zero: "off" }),
    about: "requests of one client under way at once; more get 429",
  },
  ipv6Prefix: {
    kind: count({ zero: "refused", most: 128 }),
    about: "bits of an IPv6 address that tell one client from another",
  },
  overConnections: {
    kind: choice(["wait", "refuse"]),
    about: "what connections over the limit do: wait, or get 503",
  },
  drainBytes: { kind: size(), about: "unread body that is discarded to keep a connection" },
  lingerBytes: { kind: size(), about: "what a closing connection discards" },
};

const QUEUE: Rows<QueueSettings> = {
  maxActive: {
    kind: either(["auto", "off"], count({ zero: "refused" })),
    flag: "queue",
    about: "handlers at work at a time; auto finds the number",
  },
  floor: { kind: count({ zero: "refused" }), about: "the least that auto may choose" },
  ceiling: { kind: count({ zero: "refused" }), about: "the most that auto may choose" },
  maxQueued: { kind: count(), about: "requests that wait at once; more get 503" },
  maxWait: { kind: duration("refused"), about: "how long a request waits, then it gets 503" },
};

const FORWARDED: Rows<Pick<Single, "trustedProxies" | "forwardedFields">> = {
  trustedProxies: {
    kind: PROXIES,
    about: "proxies that are believed when they say who came to them",
  },
  forwardedFields: {
    kind: choice(["x-forwarded", "forwarded"]),
    about: "where they say it: in X-Forwarded-*, or in Forwarded",
  },
};

const PROXY_PROTOCOL: Rows<ProxyProtocol> = {
  from: {
    kind: ADDRESSES,
    flag: "proxy-protocol",
    about: "peers that begin each connection with a PROXY header",
  },
  timeout: { kind: duration("off"), about: "for the PROXY header" },
  others: {
    kind: choice(["refuse", "plain"]),
    about: "what becomes of other peers: closed, or served as they are",
  },
};

const SHUTDOWN: Rows<Shutdown> = {
  readyDelay: { kind: duration(), about: "how long to serve on first, with /readyz at 503" },
  firstRequest: {
    kind: duration(),
    about: "how long a new connection still has for its first request",
  },
  deadline: { kind: duration(), about: "then how long to wait for answers under way" },
  grace: { kind: duration(), about: "then how long handlers have that were told to stop" },
};

/** `headBytes` as flags have it: `head`. */
function kebab(name: string): string {
  return name.replace(/Bytes$/, "").replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

interface Section {
  readonly group: Group;
  /** Before the name in the config file. */
  readonly key: string;
  /** Before the name in flags. */
  readonly flag: string;
  readonly defaults: object;
}

function section(
  rows: Readonly<Record<string, unknown>>,
  { group, key, flag, defaults }: Section,
): Setting[] {
  const fallbacks = defaults as Readonly<Record<string, unknown>>;
  return Object.entries(rows as Record<string, Row<unknown>>).map(([name, row]) => {
    const ownFlag = row.flag === undefined ? `${flag}${kebab(name)}` : row.flag;
    return {
      key: `${key}${name}`,
      flag: ownFlag,
      variable: row.variable ?? variableOf(ownFlag),
      kind: row.kind,
      fallback: fallbacks[name],
      about: row.about,
      group,
    };
  });
}

function variableOf(flag: string | null): string | null {
  return flag === null ? null : `WEIR_${flag.toUpperCase().replaceAll("-", "_")}`;
}

const TOP = { key: "", flag: "", defaults: SINGLE_DEFAULTS };

/** All settings, in the order of `--help`. */
export const SETTINGS: readonly Setting[] = [
  ...section(LISTENING, { ...TOP, group: "Listening" }),
  ...section(SERVING, { ...TOP, group: "Serving" }),
  ...section(TIMEOUTS, {
    group: "Time-outs",
    key: "timeouts.",
    flag: "timeout-",
    defaults: DEFAULT_TIMEOUTS,
  }),
  ...section(LIMITS, {
    group: "Limits",
    key: "limits.",
    flag: "limit-",
    defaults: DEFAULT_LIMITS,
  }),
  ...section(QUEUE, { group: "Queue", key: "queue.", flag: "queue-", defaults: QUEUE_DEFAULTS }),
  ...section(FORWARDED, { ...TOP, group: "Proxies" }),
  ...section(PROXY_PROTOCOL, {
    group: "Proxies",
    key: "proxyProtocol.",
    flag: "proxy-protocol-",
    defaults: DEFAULT_PROXY_PROTOCOL,
  }),
  ...section(SHUTDOWN, {
    group: "Ending",
    key: "shutdown.",
    flag: "shutdown-",
    defaults: DEFAULT_SHUTDOWN,
  }),
  ...section(SIGHT, { ...TOP, group: "Sight" }),
];

/** The setting with this key. */
export function settingOfKey(key: string): Setting | undefined {
  return SETTINGS.find((setting) => setting.key === key);
}

/** The setting of this flag. */
export function settingOfFlag(flag: string): Setting | undefined {
  return SETTINGS.find((setting) => setting.flag === flag);
}
