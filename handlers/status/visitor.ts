/**
 * What is known of whoever asks for the status page. Pure.
 *
 * @module
 */

import type { Address } from "../../reactor/ports.ts";
import type { Client } from "../../reactor/request_head.ts";

/** What a server says about a request; a part that is missing counts against the visitor. */
export interface VisitInfo {
  /** The far end of the connection. */
  readonly remoteAddr?: Address | undefined;
  /** Where the server listens that carries the page. */
  readonly serverAddr?: Address | undefined;
  /** Who sent the request, when trusted proxies are asked. */
  readonly client?: Pick<Client, "address" | "protocol"> | undefined;
}

/** Fields in which proxies say that there is one, or for whom it asks. */
const FORWARDING = [
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
];

/**
 * Whether the request comes from this machine: the server listens only for this machine, so that no mistake
 * of its configuration opens the page to a network; the client is on it; Host names it (otherwise a foreign
 * page whose name resolves to 127.0.0.1 could read this one); and no field speaks of a proxy.
 */
export function isLocal(request: Request, { remoteAddr, serverAddr }: VisitInfo): boolean {
  return isOfThisMachine(serverAddr) && isOfThisMachine(remoteAddr) && namesThisMachine(request) &&
    !FORWARDING.some((name) => request.headers.has(name));
}

function isOfThisMachine(address: Address | undefined): boolean {
  if (address === undefined) return false;
  return address.transport === "unix" || /^(::ffff:)?127(\.\d+){3}$|^::1$/i.test(address.hostname);
}

function namesThisMachine(request: Request): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(request.url).hostname);
}

/** The address to which a visitor's mistakes are counted. */
export function addressOf({ remoteAddr, client }: VisitInfo): string {
  const peer = remoteAddr === undefined || remoteAddr.transport === "unix"
    ? null
    : remoteAddr.hostname;
  return client?.address ?? peer ?? "unix";
}

/** Whether the visitor's own connection is encrypted, at this server or at a trusted proxy. */
export function isEncrypted(request: Request, { client }: VisitInfo): boolean {
  return new URL(request.url).protocol === "https:" || client?.protocol === "https";
}

/** Whether the browser says that another site made the request. */
export function isCrossSite(request: Request): boolean {
  return !["same-origin", "none", null].includes(request.headers.get("sec-fetch-site"));
}

/** Whether the browser says that the request comes from this site; one that says nothing is not believed. */
export function isSameOrigin(request: Request): boolean {
  if (isCrossSite(request)) return false;
  const origin = request.headers.get("origin");
  if (origin === null) return request.headers.get("sec-fetch-site") === "same-origin";
  // Not the scheme: a proxy may have ended TLS.
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host;
}
