/**
 * Headers of the PROXY protocol as rows: each is read whole, byte by byte, split at every position and with
 * other bytes after it, and the outcome must be the same. Then random bytes and damaged headers.
 *
 * @module
 */

import fc from "fast-check";
import type { Address, Bytes } from "../../reactor/ports.ts";
import { crc32c } from "../../reactor/proxy_protocol/crc32c.ts";
import { type HeaderReading, readProxyHeader } from "../../reactor/proxy_protocol/header.ts";
import { feedings, latin1, whole } from "../h1/splits.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { binary, SIGNATURE, text, V4_ADDRESSES, V6_ADDRESSES, zeros } from "./headers.ts";

/** What a row expects: the ends as `from > to`, `-` where the socket's hold, or why it is wrong. */
type Row = readonly [name: string, raw: string, expected: string];

const LONG_V6 = "ffff:f:f:f:f:f:f:f".replaceAll(/\bf\b/g, "ffff");

const LINES: readonly Row[] = [
  [
    "TCP4",
    "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n",
    "192.0.2.7 4711 > 198.51.100.1 443",
  ],
  ["TCP4, least", "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0 0 > 0.0.0.0 0"],
  [
    "TCP4, longest",
    "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
    "255.255.255.255 65535 > 255.255.255.255 65535",
  ],
  ["TCP6", "PROXY TCP6 2001:DB8::7 ::1 4711 443\r\n", "2001:db8::7 4711 > ::1 443"],
  [
    "TCP6, longest",
    `PROXY TCP6 ${LONG_V6} ${LONG_V6} 65535 65535\r\n`,
    `${LONG_V6} 65535 > ${LONG_V6} 65535`,
  ],
  [
    "TCP6 with a mapped address",
    "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n",
    "192.0.2.7 1 > ::1 2",
  ],
  ["UNKNOWN", "PROXY UNKNOWN\r\n", "-"],
  ["UNKNOWN with anything", "PROXY UNKNOWN \x00\xff TCP4 1 2\r\n", "-"],
  [
    "UNKNOWN, longest",
    `PROXY UNKNOWN ${LONG_V6} ${LONG_V6} 65535 65535\r\n`,
    "-",
  ],
  ["UNKNOWN, 107 bytes", `PROXY UNKNOWN ${"x".repeat(91)}\r\n`, "-"],
  ["108 bytes", `PROXY UNKNOWN ${"x".repeat(92)}\r\n`, "wrong: the line has no proper end"],
  ["no end", `PROXY UNKNOWN ${"x".repeat(100)}`, "wrong: the line is longer than 107 bytes"],
  ["UNKNOWNX", "PROXY UNKNOWNX\r\n", "wrong: the line names no known protocol"],
  ["no protocol", "PROXY \r\n", "wrong: the line names no known protocol"],
  ["UDP4", "PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n", "wrong: the line names no known protocol"],
  ["lower case", "PROXY tcp4 1.1.1.1 2.2.2.2 1 2\r\n", "wrong: the line names no known protocol"],
  [
    "a bare LF",
    "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
    "wrong: the line ends without a carriage return",
  ],
  ["a bare CR", "PROXY TCP4 1.1.1.1\r2.2.2.2 1 2\r\n", "wrong: the line has no proper end"],
  ["two spaces", "PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n", "wrong: the line goes on after the ports"],
  [
    "a space more",
    "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n",
    "wrong: the line goes on after the ports",
  ],
  [
    "a word more",
    "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
    "wrong: the line goes on after the ports",
  ],
  ["a port less", "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n", "wrong: an address or a port is malformed"],
  ["octal", "PROXY TCP4 01.1.1.1 2.2.2.2 1 2\r\n", "wrong: an address or a port is malformed"],
  ["256", "PROXY TCP4 1.1.1.256 2.2.2.2 1 2\r\n", "wrong: an address or a port is malformed"],
  ["three parts", "PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n", "wrong: an address or a port is malformed"],
  [
    "port 65536",
    "PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n",
    "wrong: an address or a port is malformed",
  ],
  ["port 01", "PROXY TCP4 1.1.1.1 2.2.2.2 01 2\r\n", "wrong: an address or a port is malformed"],
  ["port +1", "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n", "wrong: an address or a port is malformed"],
  ["IPv6 as TCP4", "PROXY TCP4 ::1 ::2 1 2\r\n", "wrong: an address is not of the family"],
  ["IPv4 as TCP6", "PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n", "wrong: an address is not of the family"],
  ["a zone", "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "wrong: an address or a port is malformed"],
];

const BINARIES: readonly Row[] = [
  ["TCP over IPv4", binary(), "192.0.2.7 4711 > 198.51.100.1 443"],
  ["datagrams over IPv4", binary({ family: 0x12 }), "192.0.2.7 4711 > 198.51.100.1 443"],
  [
    "TCP over IPv6",
    binary({ family: 0x21, addresses: V6_ADDRESSES }),
    "2001:db8::7 4711 > 2001:db8::1 443",
  ],
  [
    "a mapped address",
    binary({
      family: 0x21,
      addresses: [...zeros(10), 255, 255, 192, 0, 2, 7, ...zeros(15), 1, 0, 1, 0, 2],
    }),
    "192.0.2.7 1 > ::1 2",
  ],
  ["a unix socket", binary({ family: 0x31, addresses: zeros(216) }), "-"],
  ["UNSPEC", binary({ family: 0, addresses: [] }), "-"],
  ["UNSPEC with a field", binary({ family: 0, addresses: [], tlvs: [[5, [1]]] }), "- 5=01"],
  ["LOCAL", binary({ command: 0x20, family: 0, addresses: [] }), "local -"],
  ["LOCAL with addresses", binary({ command: 0x20 }), "local -"],
  ["LOCAL with anything", binary({ command: 0x20, family: 0x77, addresses: [9, 9] }), "local -"],
  [
    "fields",
    binary({ tlvs: [[1, [104, 50]], [4, [0, 0]], [0xea, []], [5, [255]]] }),
    "192.0.2.7 4711 > 198.51.100.1 443 1=6832 234= 5=ff",
  ],
  ["a true checksum", checksummed(), "192.0.2.7 4711 > 198.51.100.1 443 3=6acdf61c"],
  [
    "a false checksum",
    binary({ tlvs: [[3, [1, 2, 3, 4]]] }),
    "wrong: its checksum is wrong",
  ],
  ["a short checksum", binary({ tlvs: [[3, [1, 2]]] }), "wrong: its checksum is wrong"],
  ["version 1 in binary", binary({ command: 0x11 }), "wrong: the version is not 2"],
  ["version 3", binary({ command: 0x31 }), "wrong: the version is not 2"],
  ["command 2", binary({ command: 0x22 }), "wrong: the command is unknown"],
  ["a family without transport", binary({ family: 0x10 }), "wrong: the address family is unknown"],
  ["a transport without family", binary({ family: 0x01 }), "wrong: the address family is unknown"],
  ["family 4", binary({ family: 0x41 }), "wrong: the address family is unknown"],
  ["transport 3", binary({ family: 0x13 }), "wrong: the address family is unknown"],
  [
    "addresses cut short",
    binary({ addresses: V4_ADDRESSES.slice(1) }),
    "wrong: it is too short for its addresses",
  ],
  [
    "half a field",
    binary({ addresses: [...V4_ADDRESSES, 5, 0] }),
    "wrong: its last field goes beyond its end",
  ],
  [
    "a field too long",
    binary({ addresses: [...V4_ADDRESSES, 5, 0, 2, 1] }),
    "wrong: its last field goes beyond its end",
  ],
  ["4097 bytes", binary({ length: 4097 }), "wrong: it is longer than 4096 bytes"],
];

const OTHERS: readonly Row[] = [
  [
    "a request",
    "GET / HTTP/1.1\r\n\r\n",
    "wrong: the connection does not begin with a PROXY header",
  ],
  ["PROX", "PROX / HTTP/1.1\r\n", "wrong: the connection does not begin with a PROXY header"],
  ["empty lines", "\r\n\r\nGET / ", "wrong: the connection does not begin with a PROXY header"],
  ["TLS", "\x16\x03\x01\x02\x00", "wrong: the connection does not begin with a PROXY header"],
];

function checksummed(): string {
  const blank = latin1(binary({ tlvs: [[3, zeros(4)]] }));
  const crc = crc32c(blank);
  return binary({ tlvs: [[3, [crc >>> 24, crc >> 16 & 255, crc >> 8 & 255, crc & 255]]] });
}

/** Reads after each piece until it is decided. */
function readIn(bytes: Bytes, ends: readonly number[]): HeaderReading {
  let reading: HeaderReading = { kind: "more", least: 1 };
  for (const end of ends) {
    reading = readProxyHeader(bytes.subarray(0, end));
    if (reading.kind !== "more") return reading;
    assert(reading.least > end, `Wants ${reading.least} bytes and has ${end}`);
  }
  return reading;
}

function described(reading: HeaderReading): string {
  if (reading.kind === "more") return "more";
  if (reading.kind === "wrong") return `wrong: ${reading.why}`;
  const { command, source, destination, tlvs } = reading.header;
  const ends = source === null ? "-" : `${place(source)} > ${place(destination!)}`;
  const fields = tlvs.map(({ type, value }) => ` ${type}=${value.toHex()}`).join("");
  return `${command === "local" ? "local " : ""}${ends}${fields}`;
}

function place(address: Address): string {
  return address.transport === "tcp" ? `${address.hostname} ${address.port}` : "unix";
}

for (const [name, raw, expected] of [...LINES, ...BINARIES, ...OTHERS]) {
  Deno.test(`readProxyHeader(): ${name}`, () => {
    for (const { name: way, bytes, ends } of feedings(raw)) {
      const reading = readIn(bytes, ends);
      // Where a line has no end in sight, what comes later decides how that is put.
      if (expected.startsWith("wrong: the line")) assertEquals(reading.kind, "wrong", way);
      else assertEquals(described(reading), expected, way);
      if (reading.kind === "whole") assertEquals(reading.length, raw.length, way);
    }
    assertEquals(described(readProxyHeader(whole(raw).bytes)), expected);
  });
}

Deno.test("readProxyHeader() wants more as long as a header may follow, and says how much", () => {
  for (const [, raw, expected] of [...LINES, ...BINARIES]) {
    if (expected.startsWith("wrong")) continue;
    const bytes = latin1(raw);
    for (let end = 0; end < bytes.length; end++) {
      const reading = readProxyHeader(bytes.subarray(0, end));
      assertEquals(reading.kind, "more");
      if (reading.kind === "more") assert(reading.least > end && reading.least <= bytes.length);
    }
  }
});

Deno.test("readProxyHeader() takes a header of the greatest length, and keeps its fields apart from it", () => {
  const value = new Array(4096 - 12 - 3).fill(7);
  const bytes = latin1(binary({ tlvs: [[5, value]] }));
  const reading = readProxyHeader(bytes);
  assert(reading.kind === "whole");
  assertEquals([bytes.length, reading.length], [4112, 4112]);
  bytes.fill(0);
  assertEquals(reading.header.tlvs[0]?.value.length, value.length);
  assertEquals(reading.header.tlvs[0]?.value[0], 7);
});

Deno.test("crc32c() gives the check value of the algorithm, and those of RFC 3720 §B.4", () => {
  assertEquals(crc32c(latin1("123456789")), 0xe3069283);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assertEquals(crc32c(new Uint8Array(0)), 0);
});

// At random. No outcome may depend on the splits, nothing may throw, and nothing may be held without bound.

const HEADERS = [...LINES, ...BINARIES].map(([, raw]) => raw);

const DAMAGED = fc.record({
  raw: fc.constantFrom(...HEADERS),
  edits: fc.array(fc.record({ at: fc.nat(300), byte: fc.nat(255) }), { maxLength: 3 }),
  tail: fc.string({ maxLength: 20 }),
  cuts: fc.array(fc.nat(320), { maxLength: 5 }),
}).map(({ raw, edits, tail, cuts }) => {
  const bytes = latin1(raw + tail);
  for (const { at, byte } of edits) bytes[at % bytes.length] = byte;
  return { bytes, cuts };
});

const RANDOM = fc.record({
  prefix: fc.constantFrom(
    "",
    "PROXY ",
    "PROXY TCP4 ",
    "PROXY TCP6 ",
    SIGNATURE,
    `${SIGNATURE}\x21`,
  ),
  bytes: fc.uint8Array({ maxLength: 300 }),
  cuts: fc.array(fc.nat(320), { maxLength: 5 }),
}).map(({ prefix, bytes, cuts }) => ({
  bytes: latin1(prefix + text(new Uint8Array(bytes))),
  cuts,
}));

Deno.test("readProxyHeader(): damaged headers and random bytes come to one outcome, however they are split", () => {
  let wholes = 0;
  fc.assert(
    fc.property(fc.oneof(DAMAGED, RANDOM), ({ bytes, cuts }) => {
      const ends = [...new Set(cuts.filter((cut) => cut < bytes.length))].sort((a, b) => a - b);
      const atOnce = readProxyHeader(bytes);
      const inPieces = readIn(bytes, [...ends, bytes.length]);
      assertEquals(inPieces.kind, atOnce.kind);
      if (atOnce.kind === "whole") {
        wholes++;
        assertEquals(inPieces, atOnce);
        assert(atOnce.length <= 16 + 4096);
        // All that it was made from is in those bytes.
        assertEquals(readProxyHeader(bytes.slice(0, atOnce.length)), atOnce);
        assertEquals(readProxyHeader(bytes.slice(0, atOnce.length - 1)).kind, "more");
      }
      if (atOnce.kind === "more") assert(atOnce.least <= 16 + 4096);
    }),
    { numRuns: 20_000 },
  );
  assert(wholes > 1_000, `Only ${wholes} were headers`);
});
