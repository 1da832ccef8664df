/**
 * The syntax of `uri-host [ ":" port ]`, RFC 3986 §3.2, as it stands in Host, in absolute-form and
 * in authority-form. Userinfo is refused everywhere (RFC 9110 §4.2.4), and so are an empty host
 * (§4.2.1) and IPvFuture, for which no scheme has a use and which no URL parser takes.
 *
 * A host that is sound by RFC 3986 may still be one of which no URL can be made; here is only told where
 * that is possible, so that the URL parser is asked for those hosts alone.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";
import {
  BRACKET_CLOSE,
  BRACKET_OPEN,
  COLON,
  DIGIT_0,
  DOT,
  hexValue,
  HYPHEN,
  isDigit,
  PERCENT,
  regNameEnd,
} from "./chars.ts";

const MALFORMED = -1;
const MAX_PORT = 65_535;
const MAX_PORT_DIGITS = 5;
const IPV6_GROUPS = 8;

/** Whether [`from`, `to`) is a host with or without a port; the port may be empty (RFC 3986 §3.2.3). */
export function isAuthority(bytes: Bytes, from: number, to: number): boolean {
  const hostEnd = uriHostEnd(bytes, from, to);
  if (hostEnd === MALFORMED) return false;
  return hostEnd === to || portValue(bytes, hostEnd + 1, to) !== MALFORMED;
}

/** As {@linkcode isAuthority}, with a port from 1 to 65535: RFC 9110 §9.3.6 has an empty or invalid one refused. */
export function isConnectAuthority(bytes: Bytes, from: number, to: number): boolean {
  const hostEnd = uriHostEnd(bytes, from, to);
  if (hostEnd === MALFORMED || hostEnd === to) return false;
  return portValue(bytes, hostEnd + 1, to) > 0;
}

/**
 * Whether a URL parser (WHATWG URL, §3.5) may refuse the host at `from` although {@linkcode isAuthority} takes
 * it. It decodes percent-encoded bytes, and A-labels (`xn--…`, RFC 5890), and what comes out may not be a name;
 * and it takes a host whose last label is a number for an IPv4 address.
 */
export function isDoubtfulHost(bytes: Bytes, from: number, to: number): boolean {
  if (bytes[from] === BRACKET_OPEN) return false;
  let lastLabel = from;
  let before = DOT;
  let at = from;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte === COLON) break;
    // Only A-labels are meant; other labels with two hyphens in a row are few.
    if (byte === PERCENT || (byte === HYPHEN && before === HYPHEN)) return true;
    // A dot at the end begins no label.
    if (before === DOT) lastLabel = at;
    before = byte;
  }
  return isDigit(bytes[lastLabel]!) && !isIpv4(bytes, from, at);
}

/** The end of a host, which is `to` or the offset of a colon, or {@linkcode MALFORMED}. */
function uriHostEnd(bytes: Bytes, from: number, to: number): number {
  if (from < to && bytes[from] === BRACKET_OPEN) return ipLiteralEnd(bytes, from, to);
  let at = regNameEnd(bytes, from, to);
  while (at < to && bytes[at] !== COLON) {
    if (!isPercentEncoded(bytes, at, to)) return MALFORMED;
    at = regNameEnd(bytes, at + 3, to);
  }
  return at === from ? MALFORMED : at;
}

function isPercentEncoded(bytes: Bytes, at: number, to: number): boolean {
  return bytes[at] === PERCENT && at + 2 < to && hexValue(bytes[at + 1]!) >= 0 &&
    hexValue(bytes[at + 2]!) >= 0;
}

/** 0 for an empty port, {@linkcode MALFORMED} for one that is not digits or too large. */
function portValue(bytes: Bytes, from: number, to: number): number {
  if (to - from > MAX_PORT_DIGITS) return MALFORMED;
  let port = 0;
  for (let at = from; at < to; at++) {
    if (!isDigit(bytes[at]!)) return MALFORMED;
    port = port * 10 + bytes[at]! - DIGIT_0;
  }
  return port > MAX_PORT ? MALFORMED : port;
}

function ipLiteralEnd(bytes: Bytes, from: number, to: number): number {
  let close = from + 1;
  while (close < to && bytes[close] !== BRACKET_CLOSE) close++;
  if (close === to || !isIpv6(bytes, from + 1, close)) return MALFORMED;
  const end = close + 1;
  return end === to || bytes[end] === COLON ? end : MALFORMED;
}

function isIpv6(bytes: Bytes, from: number, to: number): boolean {
  let groups = 0;
  let compressed = false;
  let separated = true;
  let at = from;
  while (at < to) {
    if (bytes[at] === COLON && at + 1 < to && bytes[at + 1] === COLON) {
      if (compressed || (separated && groups > 0)) return false;
      compressed = true;
      separated = true;
      at += 2;
    } else if (separated) {
      const end = groupEnd(bytes, at, to);
      if (end === at) return false;
      // An IPv4 address may stand for the last two groups.
      if (end < to && bytes[end] === DOT) {
        return isIpv4(bytes, at, to) && fits(groups + 2, compressed);
      }
      groups++;
      separated = false;
      at = end;
    } else {
      if (bytes[at] !== COLON || at + 1 === to) return false;
      separated = true;
      at++;
    }
  }
  return fits(groups, compressed);
}

function fits(groups: number, compressed: boolean): boolean {
  return compressed ? groups < IPV6_GROUPS : groups === IPV6_GROUPS;
}

function groupEnd(bytes: Bytes, from: number, to: number): number {
  let at = from;
  while (at < to && at - from < 4 && hexValue(bytes[at]!) >= 0) at++;
  return at;
}

function isIpv4(bytes: Bytes, from: number, to: number): boolean {
  let at = from;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && (at === to || bytes[at++] !== DOT)) return false;
    const start = at;
    let value = 0;
    while (at < to && isDigit(bytes[at]!)) value = value * 10 + bytes[at++]! - DIGIT_0;
    const digits = at - start;
    if (digits === 0 || digits > 3 || value > 255) return false;
    if (digits > 1 && bytes[start] === DIGIT_0) return false;
  }
  return at === to;
}
