import { type Entry, FORMATS } from "../../handlers/access_log/formats.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";

const GET: Entry = {
  wallMs: Date.UTC(2000, 9, 10, 13, 55, 36, 7),
  client: "192.0.2.7",
  peer: { transport: "tcp", hostname: "192.0.2.7", port: 4711 },
  connection: 3,
  status: 200,
  bodyBytes: 12,
  request: {
    method: "GET",
    target: "/x?y",
    minorVersion: 1,
    number: 2,
    ms: 1.23456,
    queuedMs: 0,
    referer: "http://a/",
    userAgent: "curl/8",
  },
  reason: null,
};
const REFUSED: Entry = {
  ...GET,
  status: 431,
  bodyBytes: 0,
  request: null,
  reason: "head_too_large",
};
const UNKNOWN: Entry = {
  ...GET,
  client: null,
  peer: { transport: "unix", path: "" },
  request: {
    ...GET.request!,
    target: null,
    number: null,
    ms: null,
    minorVersion: 0,
    referer: null,
    userAgent: null,
  },
};

const TIME = "[10/Oct/2000:13:55:36 +0000]";

const LINES: readonly [name: string, entry: Entry, common: string, headers: string][] = [
  [
    "an answer",
    GET,
    `192.0.2.7 - - ${TIME} "GET /x?y HTTP/1.1" 200 12`,
    '"http://a/" "curl/8"',
  ],
  [
    "an answer over IPv6",
    {
      ...GET,
      client: "2001:db8::1",
      peer: { transport: "tcp", hostname: "2001:db8::1", port: 1 },
    },
    `2001:db8::1 - - ${TIME} "GET /x?y HTTP/1.1" 200 12`,
    '"http://a/" "curl/8"',
  ],
  [
    "an answer to a client that a proxy names",
    { ...GET, client: "203.0.113.7" },
    `203.0.113.7 - - ${TIME} "GET /x?y HTTP/1.1" 200 12`,
    '"http://a/" "curl/8"',
  ],
  ["a refused request", REFUSED, `192.0.2.7 - - ${TIME} "-" 431 0`, '"-" "-"'],
  [
    "a request of which nothing is known, on a unix socket",
    UNKNOWN,
    `unix: - - ${TIME} "GET - HTTP/1.0" 200 12`,
    '"-" "-"',
  ],
  [
    "single digits, and a field that is empty",
    {
      ...GET,
      wallMs: Date.UTC(2026, 0, 2, 3, 4, 5),
      request: { ...GET.request!, referer: "", userAgent: "" },
    },
    '192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /x?y HTTP/1.1" 200 12',
    '"" ""',
  ],
];

for (const [name, entry, common, headers] of LINES) {
  Deno.test(`the formats common and combined write ${name}`, () => {
    assertEquals(FORMATS.common(entry), `${common}\n`);
    assertEquals(FORMATS.combined(entry), `${common} ${headers}\n`);
  });
}

const OBJECT = {
  time: "2000-10-10T13:55:36.007Z",
  client: "192.0.2.7",
  peer: "192.0.2.7",
  port: 4711,
  connection: 3,
  request: 2,
  method: "GET",
  target: "/x?y",
  protocol: "HTTP/1.1",
  status: 200,
  bytes: 12,
  ms: 1.235,
  queued_ms: 0,
  referer: "http://a/",
  user_agent: "curl/8",
  reason: null,
};
const NO_REQUEST = {
  request: null,
  method: null,
  target: null,
  protocol: null,
  ms: null,
  queued_ms: null,
  referer: null,
  user_agent: null,
};

Deno.test("the format json tells all that is known", () => {
  assertEquals(JSON.parse(FORMATS.json(GET)), OBJECT);
  assertEquals(JSON.parse(FORMATS.json(REFUSED)), {
    ...OBJECT,
    ...NO_REQUEST,
    status: 431,
    bytes: 0,
    reason: "head_too_large",
  });
  const unknown = JSON.parse(FORMATS.json(UNKNOWN));
  assertEquals([unknown.client, unknown.peer, unknown.port, unknown.target, unknown.ms], [
    null,
    "unix:",
    null,
    null,
    null,
  ]);
});

const EVERY_BYTE = String.fromCharCode(...Array(256).keys());

const NASTY: readonly [text: string, escaped: string][] = [
  ['"', "\\x22"],
  ["\\", "\\x5C"],
  ["\\x22", "\\x5Cx22"],
  ["\r\n127.0.0.1 - -", "\\x0D\\x0A127.0.0.1 - -"],
  ["\x1b[2J\x07", "\\x1B[2J\\x07"],
  ["\0\t\x7f", "\\x00\\x09\\x7F"],
  ["\x85\x9b\xa0\xff", "\\x85\\x9B\\xA0\\xFF"],
  ["\u2028", "\\x2028"],
  ["~ }{%d%n<script>", "~ }{%d%n<script>"],
];

function sending(text: string): Entry {
  return { ...GET, request: { ...GET.request!, target: text, referer: text, userAgent: text } };
}

for (const [text, escaped] of NASTY) {
  Deno.test(`the log writes ${JSON.stringify(text)} as ${escaped}`, () => {
    const line = FORMATS.combined(sending(text));
    assertEquals(
      line.split(TIME)[1],
      ` "GET ${escaped} HTTP/1.1" 200 12 "${escaped}" "${escaped}"\n`,
    );
    assertEquals(JSON.parse(FORMATS.json(sending(text))).user_agent, text);
  });
}

Deno.test("no byte of a client comes into the log as anything but printable ASCII", () => {
  for (const format of Object.values(FORMATS)) {
    const line = format(sending(EVERY_BYTE));
    assertMatch(line, /^[ -~]+\n$/);
  }
  assertEquals(JSON.parse(FORMATS.json(sending(EVERY_BYTE))).target, EVERY_BYTE);
  const fields = FORMATS.combined(sending(EVERY_BYTE)).match(/"[^"]*"/g);
  assert(fields?.length === 3);
});
