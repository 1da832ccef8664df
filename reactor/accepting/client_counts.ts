/**
 * How many of something each client has, with one bound for all clients: connections that are open, or requests
 * that are under way. Clients are told apart by their addresses. Whoever has one address of IPv6 usually has
 * all that begin with the same 64 bits (RFC 6177), so only the beginning of those counts.
 *
 * @module
 */

import { formatIp, parseIp } from "../proxy_protocol/ip_address.ts";

/** What a client may have, and who is one. */
export interface ClientBounds {
  /** The most that one client may have; 0 is without a bound, and then nothing is to be counted. */
  readonly most: number;
  /** How many bits of an IPv6 address tell one client from another. */
  readonly ipv6Prefix: number;
}

/** The most addresses of IPv6 whose clients are remembered; some 100 KiB. */
const MOST_REMEMBERED = 1_024;

/** The counts of all clients that have any. */
export class ClientCounts {
  readonly #bounds: ClientBounds;
  readonly #counts = new Map<string, number>();
  /** To read an address of IPv6 takes longer than all else that is done for a small request. */
  readonly #remembered = new Map<string, string>();

  constructor(bounds: ClientBounds) {
    this.#bounds = bounds;
  }

  /** How many clients have any. */
  get size(): number {
    return this.#counts.size;
  }

  /** The client at an address: the address itself, or the beginning of one of IPv6, in its one spelling. */
  clientAt(address: string): string {
    // IPv4 has one spelling.
    if (!address.includes(":")) return address;
    const remembered = this.#remembered.get(address);
    if (remembered !== undefined) return remembered;
    if (this.#remembered.size === MOST_REMEMBERED) this.#remembered.clear();
    const client = this.#readClient(address);
    this.#remembered.set(address, client);
    return client;
  }

  /** Whether a client has as many as it may. */
  isFull(client: string): boolean {
    return (this.#counts.get(client) ?? 0) >= this.#bounds.most;
  }

  /** A client has one more. */
  add(client: string): void {
    this.#counts.set(client, (this.#counts.get(client) ?? 0) + 1);
  }

  /** A client has one less; it must have had one. */
  remove(client: string): void {
    const left = this.#counts.get(client)! - 1;
    if (left === 0) this.#counts.delete(client);
    else this.#counts.set(client, left);
  }

  #readClient(address: string): string {
    const ip = parseIp(address);
    if (ip === null) return address;
    return formatIp(ip.length === 16 ? beginningOf(ip, this.#bounds.ipv6Prefix) : ip);
  }
}

/** The address with all bits after the first `bits` at zero. */
function beginningOf(ip: Uint8Array<ArrayBuffer>, bits: number): Uint8Array<ArrayBuffer> {
  return ip.map((byte, at) => {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    return byte & (0xff << (8 - kept));
  });
}
