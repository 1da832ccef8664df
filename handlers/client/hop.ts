/**
 * What one proxy says of whoever came to it, and the syntax of its parts. Pure.
 *
 * @module
 */

import { isAuthority } from "../../reactor/h1/authority.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { parseIp } from "../../reactor/proxy_protocol/ip_address.ts";

/** One hop, as the proxy at its near end saw it. */
export interface Hop {
  /** Who came; `null` if the proxy hides it or does not know. */
  readonly from: Node | null;
  /** The scheme that was spoken; `null` if the proxy does not say. */
  readonly protocol: string | null;
  /** The host that was asked for; `null` if the proxy does not say. */
  readonly host: string | null;
}

/** An IP address and, if it is known, a port. */
export interface Node {
  readonly ip: Bytes;
  readonly port: number | null;
}

/** RFC 3986 §3.1. */
const SCHEME = /^[a-z][a-z0-9+.-]{0,31}$/i;

/** A scheme in lower case; `null` if `text` is none. */
export function schemeIn(text: string): string | null {
  return SCHEME.test(text) ? text.toLowerCase() : null;
}

/** A host with or without port, as sent; `null` if `text` is none. */
export function hostIn(text: string): string | null {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = Math.min(text.charCodeAt(at), 255);
  return isAuthority(bytes, 0, bytes.length) ? text : null;
}

/** An address and a port; `null` for an address that is none, or a port that is none. */
export function nodeIn(address: string, port: string | undefined): Node | null {
  const ip = parseIp(address);
  if (ip === null) return null;
  if (port === undefined) return { ip, port: null };
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Infinity;
  return number > 65_535 ? null : { ip, port: number };
}
