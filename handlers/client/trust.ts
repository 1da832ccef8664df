/**
 * Which hops between a client and the server are believed: by address, or by their number. Checked once;
 * what is asked for each request is a comparison of bytes.
 *
 * @module
 */

import { describe } from "../../reactor/options/option_checks.ts";
import type { Address, Bytes } from "../../reactor/ports.ts";
import { parseIp } from "../../reactor/proxy_protocol/ip_address.ts";

/** Who is on the far end of a hop: an IP address as bytes, a unix socket, or nobody knows. */
export type HopEnd = Bytes | "unix" | null;

/** Whether the hop that is `distance` hops from the server may be believed; the socket's peer is at 0. */
export type Trust = (end: HopEnd, distance: number) => boolean;

/** Addresses with one beginning. */
interface Range {
  readonly bytes: Bytes;
  /** How many bits of it count. */
  readonly bits: number;
}

/** Names that stand for ranges: RFC 1122 §3.2.1.3 and RFC 4291 §2.5.3; RFC 1918 and RFC 4193. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/**
 * The trust in so many hops, or in these addresses.
 *
 * @throws {TypeError} If `given` is neither a number nor a list, or an entry is no address.
 * @throws {RangeError} If it is a number and not a whole one from 1 on.
 */
export function trustIn(name: string, given: unknown): Trust {
  if (typeof given !== "number") return trustInAddresses(name, given);
  if (Number.isSafeInteger(given) && given >= 1) return (_, distance) => distance < given;
  throw new RangeError(
    `Cannot use option '${name}': expected a whole number of hops from 1 on, received ${given}`,
  );
}

/**
 * The trust in these addresses, however far away.
 *
 * @throws {TypeError} If `given` is no list, or an entry is no address.
 */
export function trustInAddresses(name: string, given: unknown): Trust {
  if (!Array.isArray(given)) {
    throw new TypeError(
      `Cannot use option '${name}': expected a list of addresses, received ${describe(given)}`,
    );
  }
  const unix = given.includes("unix");
  const ranges = given.flatMap((entry, index) =>
    entry === "unix" ? [] : rangesOf(`${name}[${index}]`, entry)
  );
  return (end) => {
    if (end === null) return false;
    return end === "unix" ? unix : ranges.some((range) => isIn(end, range));
  };
}

/** Who is on the other end of a socket. */
export function hopEndOf(address: Address): HopEnd {
  return address.transport === "unix" ? "unix" : parseIp(address.hostname);
}

function rangesOf(name: string, entry: unknown): Range[] {
  const texts = typeof entry !== "string"
    ? []
    : Object.hasOwn(NAMED, entry)
    ? NAMED[entry]!
    : [entry];
  const ranges = texts.map(rangeOf);
  if (ranges.length > 0 && ranges.every((range) => range !== null)) return ranges;
  throw new TypeError(
    `Cannot use option '${name}': expected an IP address, a range such as "10.0.0.0/8", ` +
      `"loopback", "private" or "unix", received ${describe(entry)}`,
  );
}

function rangeOf(text: string): Range | null {
  const [, address = "", suffix] = /^([^/]*)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? [];
  const bytes = parseIp(address);
  if (bytes === null) return null;
  // The bits of an IPv4 address that is written as one of IPv6 are the last 32 of 128.
  const hidden = bytes.length === 4 && address.includes(":") ? 96 : 0;
  const bits = suffix === undefined ? bytes.length * 8 : Number(suffix) - hidden;
  return bits < 0 || bits > bytes.length * 8 ? null : { bytes, bits };
}

function isIn(ip: Bytes, { bytes, bits }: Range): boolean {
  if (ip.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (ip[at] !== bytes[at]) return false;
  const rest = 8 - (bits & 7);
  return rest === 8 || ip[whole]! >> rest === bytes[whole]! >> rest;
}
