/**
 * Who the client of a request is, as rows: the fields that came, which proxies are trusted, and what is to
 * come out. The socket's peer is 10.0.0.1 unless a row says otherwise.
 *
 * @module
 */

import fc from "fast-check";
import { trustIn } from "../../handlers/client/trust.ts";
import { type ForwardedFields, trustedClient } from "../../handlers/client/trusted_client.ts";
import type { Address } from "../../reactor/ports.ts";
import type { RequestHead } from "../../reactor/request_head.ts";
import { assert, assertEquals } from "../support/assert.ts";

const PRIVATE = ["private", "loopback"];

interface Case {
  readonly trusted?: readonly string[] | number;
  readonly peer?: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly kind: ForwardedFields;
}

/** The client as `address port protocol host`, `-` for what is not known. */
function clientIn({ trusted = PRIVATE, peer = "10.0.0.1", fields, kind }: Case): string {
  const header = (name: string) => fields[name] ?? null;
  const head = { header, host: "own.example" } as Partial<RequestHead> as RequestHead;
  const remoteAddr: Address = peer === "unix"
    ? { transport: "unix", path: "" }
    : { transport: "tcp", hostname: peer, port: 4711 };
  const clientOf = trustedClient(trustIn("trustedProxies", trusted), kind);
  const client = clientOf({ head, remoteAddr, secure: false, proxyHeader: null });
  const { address, port, protocol, host } = client;
  return [address, port, protocol, host].map((part) => part ?? "-").join(" ");
}

type Row = readonly [name: string, fields: string, expected: string, more?: Partial<Case>];

const PEER = "10.0.0.1 4711 http own.example";

const FORWARDED: readonly Row[] = [
  ["nothing", "", PEER],
  ["an address", "for=203.0.113.7", "203.0.113.7 - http own.example"],
  ["any case", "FOR=203.0.113.7;Proto=HTTPS", "203.0.113.7 - https own.example"],
  ["a quoted address", 'for="203.0.113.7"', "203.0.113.7 - http own.example"],
  ["a port", 'for="203.0.113.7:80"', "203.0.113.7 80 http own.example"],
  ["a hidden port", 'for="203.0.113.7:_p"', "203.0.113.7 - http own.example"],
  ["IPv6", 'for="[2001:DB8::7]"', "2001:db8::7 - http own.example"],
  ["IPv6 with a port", 'for="[2001:db8::7]:47011"', "2001:db8::7 47011 http own.example"],
  ["mapped IPv4", 'for="[::ffff:203.0.113.7]"', "203.0.113.7 - http own.example"],
  ["escapes", 'for="203\\.0.113\\.7"', "203.0.113.7 - http own.example"],
  [
    "all of it",
    'for="203.0.113.7:80";by=10.0.0.1;host="a.example:81";proto=https',
    "203.0.113.7 80 https a.example:81",
  ],
  ["unknown parameters", "for=203.0.113.7;secret=x", "203.0.113.7 - http own.example"],
  ["blanks", " for=203.0.113.7 ; proto=https ", "203.0.113.7 - https own.example"],
  [
    "two hops: the first that is not trusted",
    "for=1.1.1.1;proto=https, for=203.0.113.7",
    "203.0.113.7 - http own.example",
  ],
  [
    "through a trusted one",
    "for=203.0.113.7;proto=https;host=a.example, for=10.9.9.9;proto=http;host=inner",
    "203.0.113.7 - https a.example",
  ],
  [
    "what the last hop does not say is not taken from another",
    "for=203.0.113.7, for=10.9.9.9;proto=https;host=inner",
    "203.0.113.7 - http own.example",
  ],
  ["all trusted", "for=10.8.8.8, for=10.9.9.9", "10.8.8.8 - http own.example"],
  ["unknown", "for=unknown;proto=https", "10.0.0.1 4711 https own.example"],
  ["hidden", "for=_hidden;proto=https;host=a.example", "10.0.0.1 4711 https a.example"],
  ["nobody", "proto=https", "10.0.0.1 4711 https own.example"],
  [
    "unknown ends the walk",
    "for=203.0.113.7, for=unknown, for=10.9.9.9",
    "10.9.9.9 - http own.example",
  ],
  [
    "malformed ends the walk",
    "for=203.0.113.7, for=1.2.3, for=10.9.9.9;proto=https",
    "10.9.9.9 - https own.example",
  ],
  ["an unclosed quote before", 'for="1.1.1.1, for=203.0.113.7', "203.0.113.7 - http own.example"],
  [
    "an unclosed quote before a quoted one",
    'for="1.1.1.1, for="[2001:db8::7]"',
    "2001:db8::7 - http own.example",
  ],
  ["an unclosed quote behind a trusted one", 'for=", for=10.9.9.9', "10.9.9.9 - http own.example"],
  ["an escaped quote", 'for="\\"", for=203.0.113.7', "203.0.113.7 - http own.example"],
  [
    "commas in quotes",
    'for=10.9.9.9;x="a,b", for=10.8.8.8;x=","',
    "10.9.9.9 - http own.example",
  ],
  [
    "from a peer that is not trusted",
    "for=1.1.1.1;proto=https",
    "192.0.2.1 4711 http own.example",
    {
      peer: "192.0.2.1",
    },
  ],
  ...[
    "for=",
    "for",
    "for=203.0.113.7;",
    "for=203.0.113.7;;proto=https",
    "for=203.0.113.7 proto=https",
    "for=203.0.113.7;for=203.0.113.8",
    "for=203.0.113.7;For=203.0.113.7",
    "for=203.0.113.7:80",
    'for="2001:db8::7"',
    "for=[2001:db8::7]",
    'for="[203.0.113.7]"',
    'for="203.0.113.7:66000"',
    'for="203.0.113.7:"',
    'for="203.0.113.07"',
    'for="0xcb.0.113.7"',
    'for="[fe80::1%eth0]"',
    'for="203.0.113.7"x',
    'for="203.0.113.7',
    "for=203.0.113.7;proto=1",
    'for=203.0.113.7;proto=""',
    'for=203.0.113.7;host="a b"',
    'for=203.0.113.7;host="a@b"',
    "for=203.0.113.7,",
    "f√=203.0.113.7",
  ].map((field): Row => [`malformed: ${field}`, field, PEER]),
];

for (const [name, field, expected, more = {}] of FORWARDED) {
  Deno.test(`Forwarded: ${name}`, () => {
    const fields = { forwarded: field, "x-forwarded-for": "9.9.9.9", "x-forwarded-proto": "wrong" };
    assertEquals(clientIn({ fields, kind: "forwarded", ...more }), expected);
  });
}

/** The three fields, separated by "|". */
const X_FORWARDED: readonly Row[] = [
  ["nothing", "||", PEER],
  ["an address", "203.0.113.7||", "203.0.113.7 - http own.example"],
  ["with a port", "203.0.113.7:80||", "203.0.113.7 80 http own.example"],
  ["IPv6", "2001:DB8::7||", "2001:db8::7 - http own.example"],
  ["IPv6 in brackets", "[2001:db8::7]||", "2001:db8::7 - http own.example"],
  ["IPv6 with a port", "[2001:db8::7]:80||", "2001:db8::7 80 http own.example"],
  ["mapped IPv4", "::ffff:203.0.113.7||", "203.0.113.7 - http own.example"],
  ["all of it", "203.0.113.7|https|a.example:81", "203.0.113.7 - https a.example:81"],
  ["the last one", "1.1.1.1, 203.0.113.7||", "203.0.113.7 - http own.example"],
  [
    "through trusted ones",
    "1.1.1.1, 203.0.113.7 ,10.9.9.9,\t127.0.0.1||",
    "203.0.113.7 - http own.example",
  ],
  ["all trusted", "10.8.8.8, 10.9.9.9||", "10.8.8.8 - http own.example"],
  [
    "lists of one length",
    "1.1.1.1, 203.0.113.7, 10.9.9.9|ftp, https, http|c, b, a",
    "203.0.113.7 - https b",
  ],
  ["one protocol for all hops", "203.0.113.7, 10.9.9.9|https|a", "203.0.113.7 - https a"],
  [
    "lists of another length count for nothing",
    "203.0.113.7, 10.9.9.9|https, http, http|a, b, c",
    "203.0.113.7 - http own.example",
  ],
  [
    "a client's protocol before the proxy's",
    "203.0.113.7|https, http|evil, a",
    "203.0.113.7 - http own.example",
  ],
  ["only a protocol and a host", "|https|a.example", "10.0.0.1 4711 https a.example"],
  ["no protocol", "203.0.113.7|ht tp|a", "203.0.113.7 - http a"],
  ["no host", "203.0.113.7|https|a/b", "203.0.113.7 - https own.example"],
  ["unknown ends the walk", "203.0.113.7, unknown, 10.9.9.9||", "10.9.9.9 - http own.example"],
  ["malformed ends the walk", "203.0.113.7, 1.2.3, 10.9.9.9||", "10.9.9.9 - http own.example"],
  ["an empty one ends the walk", "203.0.113.7,, 10.9.9.9||", "10.9.9.9 - http own.example"],
  ["from a peer that is not trusted", "1.1.1.1|https|a", "192.0.2.1 4711 http own.example", {
    peer: "192.0.2.1",
  }],
  ["from a trusted mapped peer", "203.0.113.7||", "203.0.113.7 - http own.example", {
    peer: "::ffff:10.0.0.1",
  }],
  ["from a mapped peer that is not trusted", "1.1.1.1||", "192.0.2.1 4711 http own.example", {
    peer: "::ffff:192.0.2.1",
  }],
  ["from a unix socket", "203.0.113.7||", "203.0.113.7 - http own.example", {
    peer: "unix",
    trusted: ["unix"],
  }],
  ["from a unix socket that is not trusted", "1.1.1.1||", "- - http own.example", { peer: "unix" }],
  ["one hop", "1.1.1.1, 203.0.113.7||", "203.0.113.7 - http own.example", { trusted: 1 }],
  ["two hops", "1.1.1.1, 203.0.113.7, 8.8.8.8||", "203.0.113.7 - http own.example", { trusted: 2 }],
  ["more hops than there are", "203.0.113.7||", "203.0.113.7 - http own.example", { trusted: 9 }],
  ["one hop, from anywhere", "203.0.113.7||", "203.0.113.7 - http own.example", {
    trusted: 1,
    peer: "192.0.2.1",
  }],
  ["hops end at what is malformed", "1.1.1.1, x, 8.8.8.8||", "8.8.8.8 - http own.example", {
    trusted: 9,
  }],
  ...[
    "203.0.113",
    "203.0.113.07",
    "203.0.113.7.",
    "203.0.113.7:x",
    "203.0.113.7:99999",
    "[203.0.113.7]",
    "[2001:db8::7",
    "fe80::1%eth0",
    "3405803783",
    "localhost",
    '"203.0.113.7"',
    "203.0.113.7 203.0.113.8",
    "203.0.113.7,",
  ].map((field): Row => [`malformed: ${field}`, `${field}|https|a`, PEER]),
];

for (const [name, row, expected, more = {}] of X_FORWARDED) {
  Deno.test(`X-Forwarded-*: ${name}`, () => {
    const [addresses, protocols, hosts] = row.split("|");
    const given = {
      "x-forwarded-for": addresses,
      "x-forwarded-proto": protocols,
      "x-forwarded-host": hosts,
    };
    const sent = Object.entries(given).filter(([, value]) => value !== "") as [string, string][];
    const fields = { ...Object.fromEntries(sent), forwarded: "for=9.9.9.9;proto=wrong" };
    assertEquals(clientIn({ fields, kind: "x-forwarded", ...more }), expected);
  });
}

Deno.test("whatever a client sends before the proxy's element, the client stays the same", () => {
  const prefixes = fc.string({
    unit: fc.constantFrom(...'",;=\\ []:._for1aproto\t', "for=", "10.0.0.9", '"for="'),
    maxLength: 40,
  });
  const elements = fc.constantFrom(
    ["for=203.0.113.7;proto=https;host=a", "203.0.113.7 - https a"],
    ['for="203.0.113.7:5";host="a"', "203.0.113.7 5 http a"],
    ['for="[2001:db8::7]"', "2001:db8::7 - http own.example"],
    ["for=unknown", PEER],
  );
  fc.assert(
    fc.property(prefixes, elements, (prefix, [element, expected]) => {
      const fields = { forwarded: `${prefix}, ${element}` };
      assertEquals(clientIn({ fields, kind: "forwarded" }), expected);
    }),
    { numRuns: 5_000 },
  );
  fc.assert(
    fc.property(prefixes, (prefix) => {
      const fields = { "x-forwarded-for": `${prefix}, 203.0.113.7`, "x-forwarded-proto": "https" };
      assertEquals(clientIn({ fields, kind: "x-forwarded" }), "203.0.113.7 - https own.example");
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("a field of 32 KiB is read in time that grows with its length", () => {
  const shapes: Readonly<Record<string, string>> = {
    quotes: '"',
    backslashes: "\\",
    "escaped quotes": '\\"',
    commas: ",",
    elements: "for=10.9.9.9,",
    pairs: "a=b;",
    blanks: " ",
    "trusted addresses": "10.9.9.9,",
  };
  const msOf = (text: string) => {
    let best = Infinity;
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      clientIn({ fields: { forwarded: text }, kind: "forwarded" });
      clientIn({ fields: { forwarded: `for="${text}"` }, kind: "forwarded" });
      clientIn({ fields: { "x-forwarded-for": text }, kind: "x-forwarded" });
      best = Math.min(best, performance.now() - start);
    }
    return best;
  };
  for (const [name, shape] of Object.entries(shapes)) {
    const text = shape.repeat(Math.ceil(32_768 / shape.length));
    // Half a second would be what quadratic time costs; it takes a few milliseconds.
    const ms = msOf(text);
    assert(ms < 100, `${name}: ${ms} ms`);
  }
});
