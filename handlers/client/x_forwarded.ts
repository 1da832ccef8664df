/**
 * X-Forwarded-For, -Proto and -Host, read from the right end of each. No standard describes them: nearly
 * every proxy appends to the first, and appends to the others or sets them. Pure.
 *
 * @module
 */

import { type Hop, hostIn, type Node, nodeIn, schemeIn } from "./hop.ts";

/** The fields as lists, `null` where they are missing. */
export interface XForwardedFields {
  /** X-Forwarded-For. */
  readonly addresses: string | null;
  /** X-Forwarded-Proto. */
  readonly protocols: string | null;
  /** X-Forwarded-Host. */
  readonly hosts: string | null;
}

/** The hops from the nearest on, as far as they are well-formed. */
export function* xForwardedHops(fields: XForwardedFields): Generator<Hop, void> {
  const addresses = elementsOf(fields.addresses);
  const protocols = elementsOf(fields.protocols);
  const hosts = elementsOf(fields.hosts);
  // A proxy may set the protocol and the host without the address.
  const count = Math.max(1, addresses.length);
  for (let distance = 0; distance < count; distance++) {
    const address = addresses.at(-1 - distance);
    const from = address === undefined ? null : nodeOf(address);
    if (address !== undefined && from === null) return;
    const at = { distance, count };
    yield {
      from,
      protocol: read(elementFor(protocols, at), schemeIn),
      host: read(elementFor(hosts, at), hostIn),
    };
  }
}

function elementsOf(list: string | null): string[] {
  return list === null ? [] : list.split(",").map((element) => element.trim());
}

/**
 * The element that belongs to a hop: of a list as long as that of the addresses, the one at its place; a
 * single one counts for every hop. Of any other list nobody knows which element belongs to which hop.
 */
function elementFor(
  elements: readonly string[],
  { distance, count }: { readonly distance: number; readonly count: number },
): string | undefined {
  if (elements.length === 1) return elements[0];
  return elements.length === count ? elements.at(-1 - distance) : undefined;
}

function read(element: string | undefined, reader: (text: string) => string | null): string | null {
  return element === undefined ? null : reader(element);
}

/** An IPv4 address, an IPv6 address with or without brackets; some proxies add a port. */
function nodeOf(text: string): Node | null {
  const bare = nodeIn(text, undefined);
  if (bare !== null) return bare;
  const [, v6, v4, port] = /^(?:\[([^\]]*:[^\]]*)\]|([0-9.]+))(?::(\d+))?$/.exec(text) ?? [];
  return nodeIn(v6 ?? v4 ?? "", port);
}
