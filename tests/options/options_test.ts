import {
  DEFAULT_LIMITS,
  DEFAULT_SHUTDOWN,
  DEFAULT_TIMEOUTS,
  optionsForPath,
  type ReactorOptions,
  resolveOptions,
  resolveShutdown,
} from "../../reactor/options/options.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

const MIB = 1024 * 1024;

Deno.test("resolveOptions() gives the documented defaults", () => {
  assertEquals(resolveOptions(), {
    timeouts: {
      handshake: 10_000,
      head: 10_000,
      idle: 75_000,
      body: 5_000,
      write: 5_000,
      handler: 0,
      linger: 2_000,
    },
    limits: {
      headBytes: 32_768,
      headerCount: 100,
      targetBytes: 8_192,
      bufferedBodyBytes: 16 * MIB,
      bodyBytes: 0,
      bodyRate: 240,
      writeRate: 240,
      requestsPerConnection: 0,
      pipelinedRequests: 64,
      connections: 16_384,
      connectionsPerAddress: 0,
      requestsPerClient: 0,
      ipv6Prefix: 64,
      overConnections: "wait",
      drainBytes: 262_144,
      lingerBytes: 64 * MIB,
    },
    overrides: [],
    keepAliveHeader: false,
    queue: null,
    proxyProtocol: null,
    everywhere: { bodyBytes: 0, bufferedBodyBytes: 16 * MIB, handler: 0 },
  });
  assertEquals(resolveShutdown(), {
    readyDelay: 0,
    firstRequest: 1_000,
    deadline: 20_000,
    grace: 1_000,
  });
});

Deno.test("resolveOptions() takes what is given and leaves the rest at its default", () => {
  const options = resolveOptions({
    timeouts: { head: 1, handler: 0 },
    limits: { bodyBytes: 5, overConnections: "refuse" },
    keepAliveHeader: true,
  });
  assertEquals(options.timeouts, { ...DEFAULT_TIMEOUTS, head: 1 });
  assertEquals(options.limits, { ...DEFAULT_LIMITS, bodyBytes: 5, overConnections: "refuse" });
  assertEquals(options.keepAliveHeader, true);
  assertEquals(options.everywhere.bodyBytes, 5);
  assertEquals(resolveShutdown({ deadline: 0 }), { ...DEFAULT_SHUTDOWN, deadline: 0 });
});

Deno.test("resolveOptions() takes undefined for the default", () => {
  const given = {
    timeouts: { head: undefined },
    limits: { bodyBytes: undefined, overConnections: undefined },
    overrides: undefined,
    keepAliveHeader: undefined,
  };
  assertEquals(resolveOptions(given as unknown as ReactorOptions), resolveOptions());
});

Deno.test("resolveOptions() neither keeps nor changes what it was given", () => {
  const timeouts = { head: 1 };
  const options = resolveOptions({ timeouts });
  timeouts.head = 2;
  assertEquals(options.timeouts.head, 1);
  assertEquals(DEFAULT_TIMEOUTS.head, 10_000);
});

const BAD: [given: unknown, error: typeof TypeError | typeof RangeError, quoted: string][] = [
  [{ timeouts: { head: -1 } }, RangeError, "'timeouts.head': expected a whole number from 0"],
  [{ timeouts: { head: 1.5 } }, RangeError, "received 1.5"],
  [{ timeouts: { head: NaN } }, RangeError, "received NaN"],
  [{ timeouts: { idle: Infinity } }, RangeError, "received Infinity"],
  [{ timeouts: { idle: 2 ** 31 } }, RangeError, "received 2147483648"],
  [{ timeouts: { head: "10s" } }, TypeError, `received "10s"`],
  [{ timeouts: { head: null } }, TypeError, "received null"],
  [{ timeouts: { head: 1n } }, TypeError, "received 1n"],
  [{ timeouts: { headers: 1 } }, TypeError, "'timeouts.headers': no such option"],
  [{ timeouts: 5 }, TypeError, "'timeouts': expected an object, received 5"],
  [{ timeouts: [] }, TypeError, "received an array"],
  [{ timeouts: null }, TypeError, "received null"],
  [{ limits: { headBytes: 0 } }, RangeError, "'limits.headBytes': expected a whole number from 1"],
  [{ limits: { headerCount: 0 } }, RangeError, "'limits.headerCount'"],
  [{ limits: { targetBytes: 0 } }, RangeError, "'limits.targetBytes'"],
  [{ limits: { pipelinedRequests: 0 } }, RangeError, "'limits.pipelinedRequests'"],
  [{ limits: { connections: 0 } }, RangeError, "'limits.connections'"],
  [{ limits: { bodyRate: 0 } }, RangeError, "'limits.bodyRate'"],
  [{ limits: { writeRate: 0 } }, RangeError, "'limits.writeRate'"],
  [{ limits: { bodyBytes: 2 ** 53 } }, RangeError, "'limits.bodyBytes'"],
  [{ limits: { bodyBytes: {} } }, TypeError, "received an object"],
  [{ limits: { bodySize: 1 } }, TypeError, "'limits.bodySize': no such option"],
  [{ limits: { overConnections: "drop" } }, TypeError, `received "drop"`],
  [{ limits: null }, TypeError, "'limits': expected an object"],
  [{ keepAliveHeader: "yes" }, TypeError, "'keepAliveHeader': expected a boolean"],
  [{ overrides: {} }, TypeError, "'overrides': expected an array"],
  [{ overrides: [5] }, TypeError, "'overrides[0]': expected an object"],
  [{ overrides: [{}] }, TypeError, "'overrides[0].path': expected a path"],
  [{ overrides: [{ path: "a" }] }, TypeError, `received "a"`],
  [{ overrides: [{ path: "" }] }, TypeError, `received ""`],
  [{ overrides: [{ path: "/*/a" }] }, TypeError, `received "/*/a"`],
  [{ overrides: [{ path: "/a**" }] }, TypeError, `received "/a**"`],
  [{ overrides: [{ path: "/", limit: {} }] }, TypeError, "'overrides[0].limit': no such option"],
  [
    { overrides: [{ path: "/", limits: { headBytes: 1 } }] },
    TypeError,
    "limits.headBytes': no such",
  ],
  [{ overrides: [{ path: "/" }, { path: "/", timeouts: { head: 1 } }] }, TypeError, "overrides[1]"],
  [{ overrides: [{ path: "/", timeouts: { handler: -1 } }] }, RangeError, "timeouts.handler"],
];

for (const [given, error, quoted] of BAD) {
  const text = JSON.stringify(given, (_, value) => typeof value === "object" ? value : `${value}`);
  Deno.test(`resolveOptions() refuses ${text}`, () => {
    const thrown = assertThrows(() => resolveOptions(given as ReactorOptions), error);
    assertStringIncludes(thrown.message, quoted);
  });
}

Deno.test("resolveShutdown() refuses what is no duration", () => {
  const bad: [object, typeof TypeError | typeof RangeError][] = [
    [{ deadline: -1 }, RangeError],
    [{ grace: Infinity }, RangeError],
    [{ grace: "1" }, TypeError],
    [{ timeout: 1 }, TypeError],
  ];
  for (const [given, error] of bad) assertThrows(() => resolveShutdown(given), error);
});

Deno.test("optionsForPath() takes the first entry that matches", () => {
  const options = resolveOptions({
    limits: { bodyBytes: 10 },
    timeouts: { handler: 7 },
    overrides: [
      { path: "/upload", limits: { bodyBytes: 0 } },
      { path: "/upload/*", timeouts: { handler: 9 } },
      { path: "/up*", limits: { bufferedBodyBytes: 3 } },
    ],
  });
  const buffered = 16 * MIB;
  const rows: [path: string, bodyBytes: number, bufferedBodyBytes: number, handler: number][] = [
    ["/", 10, buffered, 7],
    ["/upload", 0, buffered, 7],
    ["/upload/", 10, buffered, 9],
    ["/upload/a/b", 10, buffered, 9],
    ["/uploads", 10, 3, 7],
    ["/up", 10, 3, 7],
    ["/u", 10, buffered, 7],
    ["/x/upload", 10, buffered, 7],
    ["/UPLOAD", 10, buffered, 7],
  ];
  for (const [path, bodyBytes, bufferedBodyBytes, handler] of rows) {
    const found = optionsForPath(options, path);
    const actual = [path, found.bodyBytes, found.bufferedBodyBytes, found.handler];
    assertEquals(actual, [path, bodyBytes, bufferedBodyBytes, handler]);
  }
});

Deno.test("optionsForPath() lets a lone * stand for every path", () => {
  const options = resolveOptions({ overrides: [{ path: "*", limits: { bodyBytes: 1 } }] });
  for (const path of ["/", "*", "/a", ""]) assertEquals(optionsForPath(options, path).bodyBytes, 1);
});
