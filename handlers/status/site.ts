/**
 * Everything under the status page's path: the documents, the stream, and what its buttons do.
 *
 * @module
 */

import type { Clock } from "../../reactor/ports.ts";
import { READING, refuseMethod } from "../methods.ts";
import { asset, document, events, plain } from "./documents.ts";
import type { Feed } from "./feed.ts";
import { Guard, type Verdict } from "./guard.ts";
import type { RowKey } from "./sample.ts";
import type { StatusSource } from "./source.ts";
import { isCrossSite, isSameOrigin, type VisitInfo } from "./visitor.ts";

/** What the page shows. */
export interface ShownSource {
  readonly source: StatusSource;
  readonly feed: Feed;
}

/** What a site is made of. */
export interface SiteInit {
  /** Where it is mounted, with a slash at both ends. */
  readonly path: string;
  readonly token: string | null;
  readonly clock: Clock;
  /** What the page shows; `null` before a server is observed. */
  readonly shown: () => Promise<ShownSource | null>;
  readonly onDrain: (source: StatusSource) => void;
}

/** One visit. */
interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** The rest of the URL's path, after the site's. */
  readonly name: string;
  readonly info: VisitInfo;
}

/** A form or a command is a few bytes. */
const MOST_BODY_BYTES = 1_024;

/** See the head of this file. */
export class Site {
  readonly #init: SiteInit;
  readonly #guard: Guard;

  constructor(init: SiteInit) {
    this.#init = init;
    this.#guard = new Guard(init);
  }

  /** Answers one request. */
  async answer(request: Request, info: VisitInfo): Promise<Response> {
    const { path } = this.#init;
    const url = new URL(request.url);
    const verdict = await this.#guard.admit(request, info);
    if (verdict.kind === "forbidden") return plain(403, "Forbidden");
    if (verdict.kind === "throttled") return tooManyTries(verdict.waitMs);
    if (url.pathname === path.slice(0, -1)) return plain(308, "Moved", { location: path });
    if (!url.pathname.startsWith(path)) return plain(404, "Not found");
    const visit = { request, url, name: url.pathname.slice(path.length), info };
    if (verdict.kind === "unknown") return await this.#logIn(visit);
    return await this.#welcome(visit, verdict);
  }

  #welcome(
    visit: Visit,
    verdict: Verdict & { kind: "owner" | "reader" },
  ): Response | Promise<Response> {
    const { name, url } = visit;
    if (name === "close" || name === "drain") return this.#act(visit, verdict);
    const refusal = refuseMethod(visit.request, READING);
    if (refusal !== null) return refusal;
    if (name === "events") return this.#events(visit);
    if (name !== "") return asset(name) ?? plain(404, "Not found");
    // A token that is not needed must not stay in the address.
    if (url.search !== "") return plain(303, "See other", { location: this.#init.path });
    const secret = verdict.kind === "owner" ? this.#guard.secret : "";
    return document("page.html", { status: 200, secret });
  }

  async #events({ request, info }: Visit): Promise<Response> {
    if (isCrossSite(request)) return plain(403, "Forbidden");
    const shown = await this.#init.shown();
    if (shown === null) return plain(503, "No server is observed");
    if (shown.feed.full) return plain(503, "Too many pages are open");
    return events(shown.feed.open({ own: shown.source.carries(info.remoteAddr) }));
  }

  /** Visitors who are not logged in get the form and its style, and have their token checked. */
  async #logIn({ request, url, name, info }: Visit): Promise<Response> {
    if (name === "page.css" && request.method === "GET") return asset(name)!;
    const form = name === "login" && request.method === "POST";
    if (!form && (name !== "" || !READING.includes(request.method))) {
      return plain(401, "Unauthorized", { "www-authenticate": "Bearer" });
    }
    if (form && !isSameOrigin(request)) return plain(403, "Forbidden");
    const token = form
      ? new URLSearchParams(await textOf(request)).get("token")
      : url.searchParams.get("token");
    if (token === null) return document("login.html", { status: 401, secret: "" });
    const verdict = await this.#guard.check(token, info);
    if (verdict.kind === "throttled") return tooManyTries(verdict.waitMs);
    if (verdict.kind !== "owner") return document("login.html", { status: 403, secret: "" });
    const { path } = this.#init;
    const response = plain(303, "See other", { location: path });
    await this.#guard.logIn(request, { headers: response.headers, path, info });
    return response;
  }

  async #act({ request, name }: Visit, verdict: Verdict): Promise<Response> {
    const refusal = refuseMethod(request, ["POST"]);
    if (refusal !== null) return refusal;
    if (verdict.kind !== "owner") return plain(403, "The buttons need a token");
    if (!verdict.byHeader && !await this.#guard.isOwn(request)) return plain(403, "Forbidden");
    const shown = await this.#init.shown();
    if (shown === null) return plain(503, "No server is observed");
    if (name === "close") return end(shown.source, new URLSearchParams(await textOf(request)));
    this.#init.onDrain(shown.source);
    return plain(202, "Draining");
  }
}

function tooManyTries(waitMs: number): Response {
  const fields = { "retry-after": String(Math.ceil(waitMs / 1_000)) };
  return plain(429, "Too many wrong tokens", fields);
}

/** Ends the connection that the form names: in good order, or with `cut` at once. */
function end(source: StatusSource, form: URLSearchParams): Response {
  const isThere = source.close(keyIn(form), { cut: form.has("cut") });
  return isThere ? plain(202, "Closing") : plain(404, "No such connection");
}

function keyIn(form: URLSearchParams): RowKey {
  const worker = form.get("worker");
  return { worker: worker === null ? null : Number(worker), id: Number(form.get("id")) };
}

/** The body of a request that says how short it is. */
async function textOf(request: Request): Promise<string> {
  const length = Number(request.headers.get("content-length") ?? Infinity);
  return length <= MOST_BODY_BYTES ? await request.text() : "";
}
