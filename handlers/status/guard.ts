/**
 * Who may see the status page and use its buttons.
 *
 * Without a token: only clients on this machine that name it in Host (otherwise a foreign page
 * whose name resolves to 127.0.0.1 could read it) and whose request shows no sign of a proxy. With
 * a token: whoever knows it, as `Authorization: Bearer` or by a cookie that the login sets. A
 * request that changes something must come from the page itself: same origin, and with the secret
 * that is in the page.
 *
 * @module
 */

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { getCookies, setCookie } from "@std/http/cookie";
import type { Address } from "../../reactor/ports.ts";

/** What a visitor may do. */
export type Verdict =
  /** May see everything; `byHeader` when the token came in a field that no browser adds by itself. */
  | { readonly kind: "welcome"; readonly byHeader: boolean }
  /** May log in. */
  | { readonly kind: "unknown" }
  /** May not. */
  | { readonly kind: "forbidden" };

/** The field that carries the page's secret. */
export const SECRET_FIELD = "x-weir-secret";

const COOKIE = "weir_status";

/** Fields in which a proxy says for whom it asks. */
const FORWARDING = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/** See the head of this file. */
export class Guard {
  /** What only this server's own page knows. */
  readonly secret: string = randomText();
  readonly #token: string | null;
  /** What the cookie holds: not the token itself. */
  readonly #session = randomText();

  constructor(token: string | null) {
    this.#token = token;
  }

  /** Whether the visitor may see the page. */
  async admit(request: Request, peer: Address | undefined): Promise<Verdict> {
    if (this.#token === null) {
      const local = isLocal(peer) && isLocalHost(request) && !isForwarded(request);
      return local ? { kind: "welcome", byHeader: false } : { kind: "forbidden" };
    }
    const bearer = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (bearer !== undefined) {
      const known = await this.knows(bearer);
      return known ? { kind: "welcome", byHeader: true } : { kind: "forbidden" };
    }
    const cookie = getCookies(request.headers)[COOKIE];
    if (cookie === undefined || !await same(cookie, this.#session)) return { kind: "unknown" };
    return { kind: "welcome", byHeader: false };
  }

  /** Whether `token` is the right one. */
  async knows(token: string): Promise<boolean> {
    return this.#token !== null && await same(token, this.#token);
  }

  /** Sets the cookie that identifies the visitor; it is sent only to `path` and by this site. */
  remember(headers: Headers, { path, secure }: { path: string; secure: boolean }): void {
    const value = this.#session;
    setCookie(headers, { name: COOKIE, value, path, secure, httpOnly: true, sameSite: "Strict" });
  }

  /** Whether a request that changes something comes from the page, and not from another site. */
  async isOwn(request: Request): Promise<boolean> {
    return isSameOrigin(request) &&
      await same(request.headers.get(SECRET_FIELD) ?? "", this.secret);
  }
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

function isLocal(peer: Address | undefined): boolean {
  if (peer === undefined) return false;
  return peer.transport === "unix" || /^(::ffff:)?127\.[\d.]+$|^::1$/i.test(peer.hostname);
}

function isLocalHost(request: Request): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(request.url).hostname);
}

function isForwarded(request: Request): boolean {
  return FORWARDING.some((name) => request.headers.has(name));
}

/** Compares in a time that reveals nothing about either. */
async function same(one: string, other: string): Promise<boolean> {
  return timingSafeEqual(await digest(one), await digest(other));
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}

/** 128 bits that nobody can guess. */
export function randomText(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}
