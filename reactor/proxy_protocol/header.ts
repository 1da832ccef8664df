/**
 * The header of the PROXY protocol, versions 1 and 2: what a proxy sends before everything else to say
 * whose connection it passes on. Pure; says "more" until the header is there whole, and "wrong" as early as
 * that is certain. A header is never guessed: whoever calls this has decided that there has to be one.
 *
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt (§ numbers below are those of that text)
 *
 * @module
 */

import type { Address, Bytes, ProxyHeader } from "../ports.ts";
import { crc32c } from "./crc32c.ts";
import { formatIp, parseIp } from "./ip_address.ts";

/** What the bytes so far are. */
export type HeaderReading =
  /** The beginning of a header that has `least` bytes or more. */
  | { readonly kind: "more"; readonly least: number }
  /** A header, in the first `length` bytes. */
  | { readonly kind: "whole"; readonly header: ProxyHeader; readonly length: number }
  /** No header, whatever follows. */
  | { readonly kind: "wrong"; readonly why: string };

/** §2.1: the longest line of version 1, its end included. */
const V1_MAX = 107;

/** The most bytes that may follow the fixed part of version 2; the protocol itself allows 64 KiB. */
export const V2_MAX_LENGTH = 4096;

const V1_PREFIX = ascii("PROXY ");

/** §2.2: chosen so that no other protocol begins with it. */
const V2_PREFIX = ascii("\r\n\r\n\0\r\nQUIT\n");

/** The fixed part of version 2. */
const V2_FIXED = 16;

/** Reads the header at the beginning of `bytes`. */
export function readProxyHeader(bytes: Bytes): HeaderReading {
  if (startsAs(bytes, V1_PREFIX)) return readLine(bytes);
  if (startsAs(bytes, V2_PREFIX)) return readBinary(bytes);
  return wrong("the connection does not begin with a PROXY header");
}

/** Whether `bytes` begin with `prefix`, as far as they go. */
function startsAs(bytes: Bytes, prefix: Bytes): boolean {
  const length = Math.min(bytes.length, prefix.length);
  for (let at = 0; at < length; at++) if (bytes[at] !== prefix[at]) return false;
  return true;
}

function wrong(why: string): HeaderReading {
  return { kind: "wrong", why };
}

// Version 1: a line of text, §2.1.

const CR = 13;
const LF = 10;

function readLine(bytes: Bytes): HeaderReading {
  const length = Math.min(bytes.length, V1_MAX);
  for (let at = 0; at < length; at++) {
    if (bytes[at] === LF) return wrong("the line ends without a carriage return");
    if (bytes[at] !== CR) continue;
    if (at + 1 === bytes.length && at + 1 < V1_MAX) return { kind: "more", least: at + 2 };
    if (at + 1 === V1_MAX || bytes[at + 1] !== LF) return wrong("the line has no proper end");
    const header = headerOfLine(String.fromCharCode(...bytes.subarray(0, at)));
    if (typeof header === "string") return wrong(header);
    return { kind: "whole", header, length: at + 2 };
  }
  if (length === V1_MAX) return wrong(`the line is longer than ${V1_MAX} bytes`);
  return { kind: "more", least: bytes.length + 1 };
}

/** The header, or what is wrong with it. */
function headerOfLine(line: string): ProxyHeader | string {
  // What follows UNKNOWN has to be ignored.
  if (line === "PROXY UNKNOWN" || line.startsWith("PROXY UNKNOWN ")) return addressless(1, "proxy");
  const [, family, from = "", to = "", fromPort = "", toPort = "", ...more] = line.split(" ");
  if (family !== "TCP4" && family !== "TCP6") return "the line names no known protocol";
  if (more.length > 0) return "the line goes on after the ports";
  const isFamily = (text: string) => text.includes(":") === (family === "TCP6");
  if (!isFamily(from) || !isFamily(to)) return "an address is not of the family";
  const source = addressOf(parseIp(from), portOf(fromPort));
  const destination = addressOf(parseIp(to), portOf(toPort));
  if (source === null || destination === null) return "an address or a port is malformed";
  return { version: 1, command: "proxy", source, destination, tlvs: [] };
}

/** §2.1: decimal, without leading zeros. */
function portOf(text: string): number | null {
  if (!/^(0|[1-9]\d{0,4})$/.test(text)) return null;
  const port = Number(text);
  return port <= 65_535 ? port : null;
}

function addressOf(ip: Bytes | null, port: number | null): Address | null {
  if (ip === null || port === null) return null;
  return { transport: "tcp", hostname: formatIp(ip), port };
}

function addressless(version: 1 | 2, command: ProxyHeader["command"]): ProxyHeader {
  return { version, command, source: null, destination: null, tlvs: [] };
}

// Version 2: binary, §2.2.

/** §2.2: the families with their transports, 1 a stream and 2 datagrams; any other has to be refused. */
const FAMILIES = [0x00, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32];

/** Bytes of one address, by the upper half of the family. */
const ADDRESS_BYTES = [0, 4, 16, 108];

const TLV_CRC32C = 0x03;
const TLV_NOOP = 0x04;

function readBinary(bytes: Bytes): HeaderReading {
  if (bytes.length > 12 && bytes[12]! >> 4 !== 2) return wrong("the version is not 2");
  if (bytes.length > 12 && (bytes[12]! & 15) > 1) return wrong("the command is unknown");
  if (bytes.length < V2_FIXED) return { kind: "more", least: V2_FIXED };
  const bodyLength = bytes[14]! * 256 + bytes[15]!;
  if (bodyLength > V2_MAX_LENGTH) return wrong(`it is longer than ${V2_MAX_LENGTH} bytes`);
  const length = V2_FIXED + bodyLength;
  if (bytes.length < length) return { kind: "more", least: length };
  const header = headerOfBinary(bytes.subarray(0, length));
  return typeof header === "string" ? wrong(header) : { kind: "whole", header, length };
}

/** The header, or what is wrong with it. `bytes` are all of it. */
function headerOfBinary(bytes: Bytes): ProxyHeader | string {
  // A proxy that speaks for itself may put anything after it.
  if ((bytes[12]! & 15) === 0) return addressless(2, "local");
  if (!FAMILIES.includes(bytes[13]!)) return "the address family is unknown";
  const ends = endsIn(bytes);
  if (ends === null) return "it is too short for its addresses";
  const tlvs = tlvsIn(bytes, ends.length);
  if (tlvs === null) return "its last field goes beyond its end";
  if (!isIntact(bytes, tlvs)) return "its checksum is wrong";
  const { source, destination } = ends;
  const kept = tlvs.filter(({ type }) => type !== TLV_NOOP)
    .map(({ type, from, to }) => ({ type, value: bytes.slice(from, to) }));
  return { version: 2, command: "proxy", source, destination, tlvs: kept };
}

interface Ends extends Pick<ProxyHeader, "source" | "destination"> {
  /** Where what follows the addresses begins. */
  readonly length: number;
}

/** A unix socket's path tells nothing of a client: such a header names no address. */
function endsIn(bytes: Bytes): Ends | null {
  const family = bytes[13]! >> 4;
  const size = ADDRESS_BYTES[family]!;
  const isIp = family === 1 || family === 2;
  const ports = V2_FIXED + 2 * size;
  const length = ports + (isIp ? 4 : 0);
  if (bytes.length < length) return null;
  if (!isIp) return { source: null, destination: null, length };
  const ip = (at: number) => bytes.subarray(at, at + size);
  const port = (at: number) => bytes[at]! * 256 + bytes[at + 1]!;
  return {
    source: addressOf(ip(V2_FIXED), port(ports)),
    destination: addressOf(ip(V2_FIXED + size), port(ports + 2)),
    length,
  };
}

/** Where a field lies. */
interface TlvPlace {
  readonly type: number;
  readonly from: number;
  readonly to: number;
}

function tlvsIn(bytes: Bytes, start: number): TlvPlace[] | null {
  const tlvs: TlvPlace[] = [];
  for (let at = start; at < bytes.length;) {
    if (at + 3 > bytes.length) return null;
    const from = at + 3;
    const to = from + bytes[at + 1]! * 256 + bytes[at + 2]!;
    if (to > bytes.length) return null;
    tlvs.push({ type: bytes[at]!, from, to });
    at = to;
  }
  return tlvs;
}

/** §2.2.3: the checksum is that of the header with zeros in the checksum's place. */
function isIntact(bytes: Bytes, tlvs: readonly TlvPlace[]): boolean {
  const place = tlvs.find(({ type }) => type === TLV_CRC32C);
  if (place === undefined) return true;
  if (place.to - place.from !== 4) return false;
  const blank = bytes.slice();
  blank.fill(0, place.from, place.to);
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(place.from, place.to);
  return crc32c(blank) === ((a << 24 | b << 16 | c << 8 | d) >>> 0);
}

function ascii(text: string): Bytes {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}
