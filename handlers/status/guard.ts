/**
 * Who may see the status page and use its buttons.
 *
 * Without a token: whoever is on this machine may see it, if the server listens for this machine alone.
 * Nobody may use the buttons: behind a proxy on the same machine that says nothing of itself, everybody
 * looks local. With a token: whoever knows it may do everything, by `Authorization: Bearer` or by the
 * cookie of a login. A request that changes something must come from the page itself: same origin, and
 * with the secret that is in the page.
 *
 * @module
 */

import { getCookies, setCookie } from "@std/http/cookie";
import type { Clock } from "../../reactor/ports.ts";
import { isSame, randomText } from "./secrets.ts";
import { Sessions } from "./sessions.ts";
import { Tries } from "./tries.ts";
import { addressOf, isEncrypted, isLocal, isSameOrigin, type VisitInfo } from "./visitor.ts";

/** What a visitor may do. */
export type Verdict =
  /** May see and do everything; `byHeader` when the token came in a field that no browser adds by itself. */
  | { readonly kind: "owner"; readonly byHeader: boolean }
  /** May see everything. */
  | { readonly kind: "reader" }
  /** May log in. */
  | { readonly kind: "unknown" }
  /** May not. */
  | { readonly kind: "forbidden" }
  /** Has sent too many wrong tokens, and may send another one later. */
  | { readonly kind: "throttled"; readonly waitMs: number };

/** The field that carries the page's secret. */
const SECRET_FIELD = "x-weir-secret";

/** What a guard is made of. */
export interface GuardInit {
  readonly token: string | null;
  readonly clock: Pick<Clock, "now">;
}

/** Decides for each visitor; it holds the token, the sessions, and how often who has tried. */
export class Guard {
  /** What only this server's own page knows. */
  readonly secret: string = randomText();
  readonly #token: string | null;
  readonly #sessions: Sessions;
  readonly #tries: Tries;

  constructor({ token, clock }: GuardInit) {
    this.#token = token;
    this.#sessions = new Sessions(clock);
    this.#tries = new Tries(clock);
  }

  /** What the visitor may do. */
  async admit(request: Request, info: VisitInfo): Promise<Verdict> {
    if (this.#token === null) return { kind: isLocal(request, info) ? "reader" : "forbidden" };
    const bearer = /^Bearer +(.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (bearer !== undefined) return await this.check(bearer, info);
    const session = getCookies(request.headers)[cookieOf(request)];
    const isKnown = session !== undefined && await this.#sessions.use(session);
    return isKnown ? { kind: "owner", byHeader: false } : { kind: "unknown" };
  }

  /** What a visitor may do who has sent `token`. */
  async check(token: string, info: VisitInfo): Promise<Verdict> {
    const address = addressOf(info);
    const waitMs = this.#tries.begin(address);
    if (waitMs > 0) return { kind: "throttled", waitMs };
    if (this.#token === null || !await isSame(token, this.#token)) return { kind: "forbidden" };
    this.#tries.forgive(address);
    return { kind: "owner", byHeader: true };
  }

  /** Begins a session: sets the cookie that identifies the visitor; it is sent only to `path` and by this site. */
  async logIn(request: Request, { headers, path, info }: Login): Promise<void> {
    setCookie(headers, {
      name: cookieOf(request),
      value: await this.#sessions.begin(),
      path,
      secure: isEncrypted(request, info),
      httpOnly: true,
      sameSite: "Strict",
    });
  }

  /** Whether a request that changes something comes from the page, and not from another site. */
  async isOwn(request: Request): Promise<boolean> {
    return isSameOrigin(request) &&
      await isSame(request.headers.get(SECRET_FIELD) ?? "", this.secret);
  }
}

/** By port, because a browser sends cookies to all ports of a host: two pages must not log each other out. */
function cookieOf(request: Request): string {
  return `weir_status_${new URL(request.url).port}`;
}

/** A login that is right. */
export interface Login {
  /** The answer's. */
  readonly headers: Headers;
  /** Where the page is mounted. */
  readonly path: string;
  readonly info: VisitInfo;
}
