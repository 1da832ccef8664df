import {
  DEFAULT_LIMITS,
  DEFAULT_SHUTDOWN,
  DEFAULT_TIMEOUTS,
} from "../../reactor/options/options.ts";
import { resolveStreamOptions } from "../../handlers/events/options.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { commands } from "./dockerfile.ts";
import {
  captured,
  deployed,
  documentedFlags,
  flag,
  milliseconds,
  withoutComments,
} from "./files.ts";
import { at, numberAt } from "./manifest.ts";
import { value } from "./unit.ts";

const HAPROXY = withoutComments("haproxy.cfg");
const NGINX = withoutComments("nginx.conf");
const UPSTREAM = captured(NGINX, /^upstream weir \{([^}]*)\}/);
const SERVER = captured(NGINX, /^server \{([^]*)\}/);

/** Each place where a program is started, with its flags. */
const STARTS = {
  "haproxy.cfg": documentedFlags("haproxy.cfg").join(" "),
  "nginx.conf": documentedFlags("nginx.conf").join(" "),
  "weir.service": value("ExecStart"),
  "Dockerfile and kubernetes.yaml": [
    ...commands().entrypoint,
    ...at("Deployment.spec.template.spec.containers.0.args") as string[],
  ].join(" "),
};

const READY_DELAY = readyDelayOf("haproxy.cfg");

/** The most that a shutdown takes. */
const SHUTDOWN_MS = READY_DELAY + DEFAULT_SHUTDOWN.deadline + DEFAULT_SHUTDOWN.grace;

/** What a process needs to end after its shutdown, at least. */
const SPARE_MS = 2_000;

function readyDelayOf(file: keyof typeof STARTS): number {
  return milliseconds(flag(STARTS[file], "--shutdown-ready-delay") ?? "none");
}

/** The time after a name in the text. */
function time(text: string, pattern: RegExp): number {
  return milliseconds(captured(text, pattern));
}

for (const [file, command] of Object.entries(STARTS)) {
  Deno.test(`${file}: the program is checked, leaves slowly, and its handlers have a bound`, () => {
    assert(/(^|\s)--health(\s|$)/.test(command), command);
    assertEquals(readyDelayOf(file as keyof typeof STARTS), READY_DELAY);
    assert(flag(command, "--timeout-handler") !== undefined);
    // Else the numbers below are not those of the code.
    assertEquals(flag(command, "--shutdown-deadline"), undefined);
    assertEquals(flag(command, "--shutdown-grace"), undefined);
    assertEquals(flag(command, "--timeout-idle"), undefined);
    const handlerMs = milliseconds(flag(command, "--timeout-handler")!);
    assert(handlerMs < time(HAPROXY, /^ {2}timeout server (\S+)$/));
    assert(handlerMs < time(SERVER, /^ {4}proxy_read_timeout (\S+);$/));
  });
}

Deno.test("whoever stops a program waits for the whole shutdown", () => {
  const waits = {
    systemd: milliseconds(value("TimeoutStopSec")),
    Kubernetes: 1_000 * numberAt("Deployment.spec.template.spec.terminationGracePeriodSeconds"),
    Docker: 1_000 * Number(captured(deployed("Dockerfile"), /docker run .*--stop-timeout (\d+)/)),
  };
  for (const [name, ms] of Object.entries(waits)) {
    assert(ms >= SHUTDOWN_MS + SPARE_MS, `${name} waits for ${ms} ms of ${SHUTDOWN_MS}`);
  }
});

Deno.test("every check notices within the readyDelay", () => {
  const fall = Number(captured(HAPROXY, /\bfall (\d+)/));
  const check = time(HAPROXY, /^ {2}timeout check (\S+)$/);
  assert(fall * time(HAPROXY, /\binter (\S+)/) + check < READY_DELAY);
  const probe = "Deployment.spec.template.spec.containers.0.readinessProbe";
  const probes = numberAt(`${probe}.periodSeconds`) * numberAt(`${probe}.failureThreshold`);
  assert(1_000 * probes < READY_DELAY);
});

Deno.test("nginx lets go of unused connections before a server that leaves closes them", () => {
  const ms = time(UPSTREAM, /^ {2}keepalive_timeout (\S+);$/);
  assert(ms < READY_DELAY);
  assert(READY_DELAY < DEFAULT_TIMEOUTS.idle);
});

Deno.test("nginx tries the other server when one cannot be reached, and not when it is slow", () => {
  const ms = time(SERVER, /^ {4}proxy_next_upstream_timeout (\S+);$/);
  assert(time(SERVER, /^ {4}proxy_connect_timeout (\S+);$/) < ms);
  assert(ms < time(SERVER, /^ {4}proxy_read_timeout (\S+);$/));
});

Deno.test("a balancer hears of an event stream before it gives it up", () => {
  const { heartbeatMs } = resolveStreamOptions({});
  assert(heartbeatMs < time(HAPROXY, /^ {2}timeout server (\S+)$/));
  assert(heartbeatMs < time(SERVER, /^ {4}proxy_read_timeout (\S+);$/));
});

Deno.test("balancers are as patient with clients as Weir", () => {
  const { head, idle } = DEFAULT_TIMEOUTS;
  assertEquals(time(HAPROXY, /^ {2}timeout http-request (\S+)$/), head);
  assertEquals(time(SERVER, /^ {2}client_header_timeout (\S+);$/), head);
  assertEquals(time(HAPROXY, /^ {2}timeout http-keep-alive (\S+)$/), idle);
  assertEquals(time(SERVER, /^ {2}keepalive_timeout (\S+);$/), idle);
  const mebibytes = Number(captured(SERVER, /^ {2}client_max_body_size (\d+)m;$/));
  assertEquals(mebibytes * 1_048_576, DEFAULT_LIMITS.bufferedBodyBytes);
});

Deno.test("the unit has descriptors for all connections twice over", () => {
  assert(Number(value("LimitNOFILE")) >= 2 * DEFAULT_LIMITS.connections);
});

Deno.test("Kubernetes waits for a start as long as Weir does", () => {
  const reference = Deno.readTextFileSync(new URL("../../docs/reference/cli.md", import.meta.url));
  const ms = time(reference, /^\| `--timeout-start <time>` .*?\| (\d+s) /);
  const probe = "Deployment.spec.template.spec.containers.0.startupProbe";
  const seconds = numberAt(`${probe}.periodSeconds`) * numberAt(`${probe}.failureThreshold`);
  assertEquals(1_000 * seconds, ms);
});

Deno.test("the autoscaler adds pods before the queue of one is full", () => {
  const most = Number(flag(STARTS["Dockerfile and kubernetes.yaml"], "--queue"));
  const target = at("HorizontalPodAutoscaler.spec.metrics.0.pods.target.averageValue");
  assert(Number(target) <= 0.8 * most, `${target} of ${most}`);
  assert(numberAt("HorizontalPodAutoscaler.spec.minReplicas") >= 2);
});

Deno.test("the comments of the files name the numbers of the code", () => {
  const seconds: Record<string, number> = {
    "timeouts.idle": DEFAULT_TIMEOUTS.idle,
    "readyDelay": READY_DELAY,
    "deadline": DEFAULT_SHUTDOWN.deadline,
    "grace": DEFAULT_SHUTDOWN.grace,
  };
  const names = Object.keys(seconds).join("|").replace(".", "\\.");
  const pattern = new RegExp(`\\b(${names})\`? \\(?(\\d+) s\\b`, "g");
  const files = ["haproxy.cfg", "nginx.conf", "weir.service", "Dockerfile", "kubernetes.yaml"];
  for (const file of files) {
    const named = [...deployed(file).matchAll(pattern)];
    assert(named.length > 0, file);
    for (const [text, name, number] of named) {
      assertEquals([file, text, 1_000 * Number(number)], [file, text, seconds[name!]!]);
    }
  }
  const connections = captured(deployed("weir.service"), /`limits\.connections`, (\d+)/);
  assertEquals(Number(connections), DEFAULT_LIMITS.connections);
});

Deno.test("docs/deployment.md has the same numbers", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/deployment.md", import.meta.url));
  const seconds = (name: string) =>
    1_000 * Number(captured(page, new RegExp(`^\\| \`${name}\` +\\| (\\d+) s\\b`)));
  assertEquals(seconds("readyDelay"), READY_DELAY);
  for (const name of ["firstRequest", "deadline", "grace"] as const) {
    assertEquals([name, seconds(name)], [name, DEFAULT_SHUTDOWN[name]]);
  }
  assertEquals(1_000 * Number(captured(page, /wait for the sum, (\d+) s/)), SHUTDOWN_MS);
  assertEquals(
    1_000 * Number(captured(page, /`--timeout-idle`\) is (\d+) s/)),
    DEFAULT_TIMEOUTS.idle,
  );
  const longer = [...page.matchAll(/^\| .*? \| (\d+) (s|minutes)\b.*?`--timeout-idle (\d+)s`/gm)];
  assert(longer.length >= 5);
  for (const [row, amount, unit, idle] of longer) {
    assert(Number(idle) > Number(amount) * (unit === "s" ? 1 : 60), row);
  }
});
