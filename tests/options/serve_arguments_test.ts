import {
  type ListenTarget,
  serveArguments,
  type ServeFirst,
  type ServeSecond,
  type TcpTarget,
} from "../../handlers/serve_arguments.ts";
import type { Certificate } from "../../handlers/tls/tls_options.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

const first = () => new Response("first");
const second = () => new Response("second");
const inside = () => new Response("inside");
const TCP: TcpTarget = {
  kind: "tcp",
  hostname: "0.0.0.0",
  port: 8000,
  reusePort: false,
  tcpBacklog: 511,
};

/** Calls it as a program without type checks does. */
function call(...args: unknown[]) {
  return serveArguments(...args as [ServeFirst, ServeSecond]);
}

Deno.test("serveArguments() takes every shape that Deno.serve takes", () => {
  const shapes: [args: unknown[], handler: unknown, port: number][] = [
    [[first], first, 8000],
    [[first, second], first, 8000],
    [[first, { port: 1 }], first, 8000],
    [[{ port: 1 }, second], second, 1],
    [[{ port: 1, handler: inside }], inside, 1],
    [[{ port: 1, handler: inside }, second], second, 1],
    [[undefined, second], second, 8000],
    [[5, second], second, 8000],
  ];
  for (const [args, handler, port] of shapes) {
    const made = call(...args);
    assert(made.handler === handler);
    assertEquals(made.target, { ...TCP, port });
  }
});

Deno.test("serveArguments() gives Deno.serve's defaults", () => {
  const { handler: _, options: __, ...made } = call(first);
  assertEquals(made, {
    target: TCP,
    onError: undefined,
    onListen: undefined,
    signal: undefined,
    automaticCompression: false,
    trusted: null,
    isProxy: null,
  });
});

Deno.test("serveArguments() takes null for the default where Deno.serve does", () => {
  const nothing = { hostname: null, port: null, tcpBacklog: null, onError: null, onListen: null };
  const made = call({ ...nothing, signal: null }, second);
  assertEquals(made.target, TCP);
  assertEquals([made.onError, made.onListen, made.signal], [undefined, undefined, undefined]);
});

Deno.test("serveArguments() passes on what it was given", () => {
  const onError = () => new Response("error");
  const onListen = () => {};
  const { signal } = new AbortController();
  const made = call({ onError, onListen, signal, automaticCompression: true }, second);
  assert(made.onError === onError);
  assert(made.onListen === onListen);
  assert(made.signal === signal);
  assertEquals(made.automaticCompression, true);
});

Deno.test("serveArguments() chooses what to listen on", () => {
  const [one, other] = [{ cert: "c", key: "k" }, { cert: "d", key: "l" }];
  const plain = { certificateFor: null, clientCertificates: null, minVersion: "TLSv1.2" } as const;
  const tls = (...certificates: Certificate[]): ListenTarget => (
    { ...TCP, kind: "tls", tls: { ...plain, certificates } }
  );
  const targets: [given: object, target: ListenTarget][] = [
    [{ hostname: "::1", port: 0 }, { ...TCP, hostname: "::1", port: 0 }],
    [{ reusePort: 1, tcpBacklog: 5 }, { ...TCP, reusePort: true, tcpBacklog: 5 }],
    [{ path: "/s" }, { kind: "unix", path: "/s" }],
    [{ path: "/s", port: 1, cert: "c" }, { kind: "unix", path: "/s" }],
    [{ path: undefined }, TCP],
    [{ cert: "c", key: "k" }, tls(one)],
    [{ cert: "c", key: "k", tls: {} }, tls(one)],
    [{ cert: "c", key: "k", tls: { certificates: [other] } }, tls(one, other)],
    [{ tls: { certificates: [other, one] } }, tls(other, one)],
    [{ cert: undefined, key: undefined }, TCP],
  ];
  for (const [given, target] of targets) {
    assertEquals(call(given, second).target, target);
  }
});

Deno.test("serveArguments() reads a port from a string as Number does", () => {
  const ports: [given: unknown, port: number][] = [
    ["4501", 4501],
    ["0", 0],
    ["0x1195", 4501],
    ["1e3", 1000],
    [" 4503\n", 4503],
    ["4505.0", 4505],
    [65535, 65535],
  ];
  for (const [port, expected] of ports) {
    assertEquals(call({ port }, second).target, { ...TCP, port: expected });
  }
});

/** Each is given to Deno.serve as well, and the class of its error is the measure. */
const BAD_AS_DENO_SERVE: [args: unknown[], named: string][] = [
  [[], "'handler'"],
  [[{}], "'handler' must be a function, received undefined"],
  [["x"], "'handler' must be a function"],
  [[{ handler: null }], "received null"],
  [[{ handler: "x" }], `received "x"`],
  [[{ fetch: inside }], "'handler' must be a function"],
  [[null], "options"],
  [[null, second], "options"],
  ...["", " 80 1", "abc", "4506n", 1.5, NaN, Infinity, true, {}, [80], 80n].map(
    (port): [unknown[], string] => [[{ port }, second], "Invalid port"],
  ),
  ...[-1, 65536, "65536", "-1"].map(
    (port): [unknown[], string] => [[{ port }, second], "Invalid port (out of range)"],
  ),
  [[{ cert: "x" }, second], "Both 'cert' and 'key'"],
  [[{ key: "x" }, second], "Both 'cert' and 'key'"],
  [[{ cert: "x", key: "" }, second], "Both 'cert' and 'key'"],
  [[{ cert: null, key: null }, second], "Both 'cert' and 'key'"],
  [[{ certFile: "x" }, second], "'certFile'"],
  [[{ keyFile: "x" }, second], "'keyFile'"],
  [[{ alpnProtocols: ["h2"] }, second], "'alpnProtocols'"],
  [[{ tcpBacklog: "5" }, second], "'tcpBacklog'"],
];

for (const [args, named] of BAD_AS_DENO_SERVE) {
  Deno.test(`serveArguments() fails as Deno.serve does for ${Deno.inspect(args)}`, () => {
    const listen = Deno.serve as unknown as (...args: unknown[]) => void;
    const theirs = assertThrows(() => listen(...args));
    const ours = assertThrows(() => call(...args));
    assertEquals(ours.constructor, theirs.constructor);
    assertStringIncludes(ours.message, named);
  });
}

Deno.test("serveArguments() refuses what Deno.serve would misunderstand", () => {
  const bad: [given: object, named: string][] = [
    [{ port: " " }, "Invalid port"],
    [{ path: 5 }, "'path': expected a string, received 5"],
    [{ path: null }, "'path'"],
    [{ hostname: 5 }, "'hostname'"],
    [{ cert: new Uint8Array(1), key: "k" }, "'cert': expected a string, received an object"],
    [{ cert: "c", key: 6 }, "'key'"],
    [{ onError: "x" }, "'onError': expected a function"],
    [{ onListen: "x" }, "'onListen'"],
    [{ signal: {} }, "'signal': expected an AbortSignal"],
    [{ cid: 1, port: 5000 }, "'cid'"],
    [{ tls: true }, "'tls': expected an object, received true"],
    [{ tls: {} }, "Both 'cert' and 'key'"],
    [{ tls: { sni: [] } }, "'tls.sni': no such option"],
    [{ tls: { certificates: [] } }, "'tls.certificates': expected a list of certificates"],
    [{ tls: { certificates: [{ cert: "c" }] } }, "'tls.certificates[0].key': expected a string"],
    [{ cert: "c", key: "k", tls: { certificateFor: "x" } }, "'tls.certificateFor'"],
    [{ cert: "c", key: "k", tls: { minVersion: "TLSv1.1" } }, `received "TLSv1.1"`],
    [{ cert: "c", key: "k", tls: { clientCertificates: {} } }, "'tls.clientCertificates.ca'"],
    [
      { cert: "c", key: "k", tls: { clientCertificates: { ca: "a", mode: "maybe" } } },
      `'tls.clientCertificates.mode': expected "required" or "optional", received "maybe"`,
    ],
  ];
  for (const [given, named] of bad) {
    assertStringIncludes(assertThrows(() => call(given, second), TypeError).message, named);
  }
});

Deno.test("serveArguments() checks time-outs and limits", () => {
  assertEquals(call({ timeouts: { head: 5 } }, second).options.timeouts.head, 5);
  assertThrows(() => call({ timeouts: { heads: 5 } }, second), TypeError);
  assertThrows(() => call({ limits: { headBytes: 0 } }, second), RangeError);
});
