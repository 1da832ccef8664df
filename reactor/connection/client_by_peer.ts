/**
 * Who sent a request, when nobody but the connection itself is asked.
 *
 * @module
 */

import type { ClientRequest } from "../exchange.ts";
import type { Address, ProxyHeader } from "../ports.ts";
import { formatIp, parseIp } from "../proxy_protocol/ip_address.ts";
import type { Client } from "../request_head.ts";

/** The client is whoever is at the other end of the connection. */
export function clientByPeer({ head, remoteAddr, secure, proxyHeader }: ClientRequest): Client {
  return {
    address: addressOfPeer(remoteAddr),
    port: remoteAddr.transport === "tcp" ? remoteAddr.port : null,
    protocol: secure || saysTls(proxyHeader) ? "https" : "http",
    host: head.host,
  };
}

/** How an IPv4 address begins that is mapped into IPv6. */
const MAPPED = "::ffff:";

/** The IP address of a peer, IPv4 as IPv4; `null` at a unix socket. */
export function addressOfPeer(peer: Address): string | null {
  if (peer.transport === "unix") return null;
  const { hostname } = peer;
  if (!hostname.startsWith(MAPPED)) return hostname;
  // Not all that begins so is mapped: `::ffff:0:1` is an address of its own.
  const ip = parseIp(hostname);
  return ip === null ? hostname : formatIp(ip);
}

/** PROXY protocol, §2.2.6: the field of TLS, and its bit for a client that connected through it. */
const TLV_TLS = 0x20;
const CLIENT_TLS = 1;

function saysTls(header: ProxyHeader | null): boolean {
  const field = header?.tlvs.find(({ type }) => type === TLV_TLS);
  return field !== undefined && ((field.value[0] ?? 0) & CLIENT_TLS) !== 0;
}
