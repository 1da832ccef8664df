import {
  endingOf,
  knownMethod,
  requestAttributes,
  type Scheme,
  spanName,
} from "../../handlers/otel/conventions.ts";
import type { ConnectionInfo } from "../../reactor/observer.ts";
import { type AbortCode, AbortError, ProtocolError } from "../../reactor/errors.ts";
import type { ExchangeInfo } from "../../reactor/observer.ts";
import type { Address } from "../../reactor/ports.ts";
import { assertEquals } from "../support/assert.ts";

const PEER: Address = { transport: "tcp", hostname: "::1", port: 5 };

function attributesOf(
  url: string,
  {
    scheme = "http" as Scheme,
    remoteAddr = PEER,
    address = "203.0.113.7" as string | null,
    headers = {},
  } = {},
) {
  const connection = { remoteAddr } as ConnectionInfo;
  const client = { address };
  const exchange = { method: "GET", minorVersion: 0, client, connection } as ExchangeInfo;
  const request = { url, headers: new Headers(headers) } as Request;
  const all = requestAttributes({ exchange, request }, scheme);
  const { "url.path": path, "url.query": query, "server.address": host, "server.port": port } = all;
  return { all, parts: [host, port, path, query] };
}

const URLS: Readonly<Record<string, readonly unknown[]>> = {
  "http://h/": ["h", 80, "/", undefined],
  "https://h/": ["h", 443, "/", undefined],
  "http://h:81/a//b/../c?d?e#f": ["h", 81, "/a//b/../c", "d?e#f"],
  "http://h/?": ["h", 80, "/", ""],
  "http://h?a=b": ["h", 80, undefined, "a=b"],
  "http://[::1]:82/*": ["::1", 82, "/*", undefined],
  "http://user:secret@h:83/@": ["h", 83, "/@", undefined],
  "http://a:80": ["a", 80, undefined, undefined],
  "http://h/?sig=x&a=b&Signature=y&signature=z&AWSAccessKeyId=1&X-Goog-Signature=2": [
    "h",
    80,
    "/",
    "sig=REDACTED&a=b&Signature=REDACTED&signature=REDACTED&AWSAccessKeyId=REDACTED&X-Goog-Signature=REDACTED",
  ],
};

for (const [url, parts] of Object.entries(URLS)) {
  Deno.test(`requestAttributes() takes apart ${url}`, () => {
    const scheme = url.startsWith("https") ? "https" : "http";
    assertEquals(attributesOf(url, { scheme }).parts, parts);
  });
}

Deno.test("requestAttributes() names the client, the peer, the version and the client's program", () => {
  const { all } = attributesOf("http://h/", { headers: { "user-agent": "one" } });
  assertEquals(
    [
      all["client.address"],
      all["network.peer.address"],
      all["network.peer.port"],
      all["network.protocol.version"],
      all["user_agent.original"],
    ],
    ["203.0.113.7", "::1", 5, "1.0", "one"],
  );
});

Deno.test("requestAttributes() of a unix socket name no peer, and a client only if a proxy does", () => {
  const remoteAddr: Address = { transport: "unix", path: "p" };
  const namesIn = (address: string | null) =>
    Object.keys(attributesOf("http://h/", { remoteAddr, address }).all)
      .filter((key) => /client|peer/.test(key));
  assertEquals([namesIn(null), namesIn("203.0.113.7")], [[], ["client.address"]]);
});

Deno.test("methods are those of the conventions, case and all", () => {
  assertEquals(["GET", "get", "QUERY", "NEW"].map(knownMethod), [
    "GET",
    "_OTHER",
    "QUERY",
    "_OTHER",
  ]);
  assertEquals(["GET", "get"].map(spanName), ["GET", "HTTP"]);
});

function lost(code: AbortCode, cause?: unknown): AbortError {
  return new AbortError(code, "Lost", { cause });
}

const TOO_LATE = new ProtocolError("handler_timeout", "Too late");
const TOO_LARGE = new ProtocolError("body_too_large", "Too large");
const FAILURE = new RangeError("Failed");

interface Case {
  readonly status: number;
  readonly error?: AbortError;
  readonly before?: AbortError;
  readonly failure?: unknown;
  readonly want: readonly [errorType: string | undefined, isError: boolean];
}

const CASES: Readonly<Record<string, Case>> = {
  "an answer": { status: 200, want: [undefined, false] },
  "a client's mistake": { status: 499, want: [undefined, false] },
  "a failure": { status: 500, failure: FAILURE, want: ["500", true] },
  "the engine's 503": {
    status: 503,
    error: lost("handler_timeout", TOO_LATE),
    want: ["handler_timeout", true],
  },
  "the engine's 413": {
    status: 413,
    error: lost("closed", TOO_LARGE),
    want: ["body_too_large", false],
  },
  "a client that left": { status: 0, error: lost("peer_gone"), want: ["peer_gone", true] },
  "one whose answer failed before": {
    status: 500,
    error: lost("peer_gone"),
    failure: FAILURE,
    want: ["peer_gone", true],
  },
  "a stream that failed": {
    status: 200,
    error: lost("closed"),
    failure: FAILURE,
    want: ["RangeError", true],
  },
  "something else thrown": {
    status: 200,
    error: lost("closed"),
    failure: "text",
    want: ["string", true],
  },
  "a handler that stopped as told": {
    status: 0,
    error: lost("closed"),
    before: lost("shutdown"),
    want: ["shutdown", true],
  },
  "a connection that was closed": { status: 0, error: lost("closed"), want: ["closed", true] },
};

for (const [name, { status, error, before, failure, want }] of Object.entries(CASES)) {
  Deno.test(`endingOf() ${name}`, () => {
    const ending = endingOf({ status, abortReason: before ?? error }, { error, failure });
    assertEquals([ending.errorType, ending.isError], want);
    assertEquals(ending.status, status);
  });
}
