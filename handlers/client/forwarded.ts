/**
 * The Forwarded field (RFC 7239), read from its right end. Each element is found by going back from the end:
 * what a client put before the elements of the proxies, such as a quote that is never closed, cannot change
 * how these are read. Pure.
 *
 * @module
 */

import { type Hop, hostIn, type Node, nodeIn, schemeIn } from "./hop.ts";

/** The hops from the nearest on, as far as they are well-formed. */
export function* forwardedHops(value: string): Generator<Hop, void> {
  for (let end = value.length; end >= 0;) {
    const start = startOfElement(value, end);
    const hop = start === null ? null : hopIn(value.slice(start, end));
    if (hop === null) return;
    yield hop;
    end = start! - 1;
  }
}

/** Where the element that ends at `end` begins; `null` if a quoted string has no beginning. */
function startOfElement(value: string, end: number): number | null {
  let quoted = false;
  for (let at = end - 1; at >= 0; at--) {
    const char = value[at];
    if (char === '"' && !(quoted && isEscaped(value, at))) quoted = !quoted;
    else if (char === "," && !quoted) return at + 1;
  }
  return quoted ? null : 0;
}

/** Whether an odd number of backslashes stands before. */
function isEscaped(value: string, at: number): boolean {
  let slashes = 0;
  while (value[at - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1;
}

/** One pair with the separator after it, blanks around both; RFC 9110 §5.6.2 and §5.6.4. */
const PAIR =
  /[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)=(?:([!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"((?:[^"\\]|\\.)*)")[ \t]*(;|$)/y;

/** The element's meaning; `null` if it is malformed, or gives a parameter twice (RFC 7239 §4). */
function hopIn(element: string): Hop | null {
  const values = new Map<string, string>();
  PAIR.lastIndex = 0;
  for (let last = ";"; last === ";";) {
    const pair = PAIR.exec(element);
    if (pair === null) return null;
    const [, name = "", token, quoted = "", separator = ""] = pair;
    const key = name.toLowerCase();
    if (values.has(key)) return null;
    values.set(key, token ?? quoted.replace(/\\(.)/g, "$1"));
    last = separator;
  }
  const from = nodeOf(values.get("for"));
  const protocol = optional(values.get("proto"), schemeIn);
  const host = optional(values.get("host"), hostIn);
  const wrong = from === undefined || protocol === undefined || host === undefined;
  return wrong ? null : { from, protocol, host };
}

/** `null` for what is not there, `undefined` for what is malformed. */
function optional(
  text: string | undefined,
  read: (text: string) => string | null,
): string | null | undefined {
  return text === undefined ? null : read(text) ?? undefined;
}

/** RFC 7239 §6: an IPv6 address stands in brackets; a port may be hidden, and so may the whole node. */
const NODE = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+)|unknown|_[\w.-]+)(?::(?:(\d{1,5})|_[\w.-]+))?$/i;

/** `null` for a node that is hidden or unknown, `undefined` for what is malformed. */
function nodeOf(text: string | undefined): Node | null | undefined {
  if (text === undefined) return null;
  const parts = NODE.exec(text);
  if (parts === null) return undefined;
  const [, v6, v4, port] = parts;
  if (v6 !== undefined && !v6.includes(":")) return undefined;
  const address = v6 ?? v4;
  return address === undefined ? null : nodeIn(address, port) ?? undefined;
}
