/**
 * How an address is written, in URLs and for people. Pure.
 *
 * @module
 */

/** `host:port`, an IPv6 address in brackets (RFC 3986 §3.2.2). */
export function hostAndPort(hostname: string, port: number): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
