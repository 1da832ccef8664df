/**
 * Everything under the status page's path: the documents, the stream, and what its buttons do.
 *
 * @module
 */

import type { ConnectionInfo } from "../../reactor/observer.ts";
import type { Address } from "../../reactor/ports.ts";
import { READING, refuseMethod } from "../methods.ts";
import { asset, document, events, plain } from "./documents.ts";
import type { Feed, Watched } from "./feed.ts";
import { Guard, isCrossSite, isSameOrigin, type Verdict } from "./guard.ts";

/** What a site is made of. */
export interface SiteInit {
  /** Where it is mounted, with a slash at both ends. */
  readonly path: string;
  readonly token: string | null;
  /** What the page shows; `null` before a server is observed. */
  readonly shown: () => { readonly server: Watched; readonly feed: Feed } | null;
  readonly onDrain: (server: Watched) => void;
}

/** One visit. */
interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** The rest of the URL's path, after the site's. */
  readonly name: string;
  readonly peer: Address | undefined;
}

/** A form or a command is a few bytes. */
const MOST_BODY_BYTES = 1_024;

/** See the head of this file. */
export class Site {
  readonly #init: SiteInit;
  readonly #guard: Guard;

  constructor(init: SiteInit) {
    this.#init = init;
    this.#guard = new Guard(init.token);
  }

  /** Answers one request. */
  async answer(request: Request, peer: Address | undefined): Promise<Response> {
    const { path } = this.#init;
    const url = new URL(request.url);
    const verdict = await this.#guard.admit(request, peer);
    if (verdict.kind === "forbidden") return plain(403, "Forbidden");
    if (url.pathname === path.slice(0, -1)) return plain(308, "Moved", { location: path });
    if (!url.pathname.startsWith(path)) return plain(404, "Not found");
    const visit = { request, url, name: url.pathname.slice(path.length), peer };
    if (verdict.kind === "unknown") return await this.#logIn(visit);
    return await this.#welcome(visit, verdict);
  }

  #welcome(visit: Visit, verdict: Verdict & { kind: "welcome" }): Response | Promise<Response> {
    const { name, url } = visit;
    if (name === "close" || name === "drain") return this.#act(visit, verdict.byHeader);
    const refusal = refuseMethod(visit.request, READING);
    if (refusal !== null) return refusal;
    if (name === "events") return this.#events(visit);
    if (name !== "") return asset(name) ?? plain(404, "Not found");
    // A token that is not needed must not stay in the address.
    if (url.search !== "") return plain(303, "See other", { location: this.#init.path });
    return document("page.html", { status: 200, secret: this.#guard.secret });
  }

  #events({ request, peer }: Visit): Response {
    if (isCrossSite(request)) return plain(403, "Forbidden");
    const shown = this.#init.shown();
    if (shown === null) return plain(503, "No server is observed");
    if (shown.feed.full) return plain(503, "Too many pages are open");
    return events(shown.feed.open({ own: carries(shown.server, peer) }));
  }

  /** Visitors who are not logged in get the form and its style, and have their token checked. */
  async #logIn({ request, url, name }: Visit): Promise<Response> {
    if (name === "page.css" && request.method === "GET") return asset(name)!;
    const form = name === "login" && request.method === "POST";
    if (!form && (name !== "" || !READING.includes(request.method))) {
      return plain(401, "Unauthorized", { "www-authenticate": "Bearer" });
    }
    if (form && !isSameOrigin(request)) return plain(403, "Forbidden");
    const token = form
      ? new URLSearchParams(await textOf(request)).get("token")
      : url.searchParams.get("token");
    const known = token !== null && await this.#guard.knows(token);
    if (!known) return document("login.html", { status: token === null ? 401 : 403, secret: "" });
    const response = plain(303, "See other", { location: this.#init.path });
    const secure = url.protocol === "https:";
    this.#guard.remember(response.headers, { path: this.#init.path, secure });
    return response;
  }

  async #act({ request, name }: Visit, byHeader: boolean): Promise<Response> {
    const refusal = refuseMethod(request, ["POST"]);
    if (refusal !== null) return refusal;
    if (!byHeader && !await this.#guard.isOwn(request)) return plain(403, "Forbidden");
    const shown = this.#init.shown();
    if (shown === null) return plain(503, "No server is observed");
    if (name === "close") return end(shown.server, new URLSearchParams(await textOf(request)));
    this.#init.onDrain(shown.server);
    return plain(202, "Draining");
  }
}

/** Ends the connection `id`: in good order, or with `cut` at once. */
function end({ connections }: Watched, form: URLSearchParams): Response {
  const id = Number(form.get("id"));
  const connection = findById(connections, id);
  if (connection === undefined) return plain(404, "No such connection");
  if (form.has("cut")) connection.abort();
  else connection.close();
  return plain(202, "Closing");
}

function findById(connections: Iterable<ConnectionInfo>, id: number): ConnectionInfo | undefined {
  for (const connection of connections) if (connection.id === id) return connection;
  return undefined;
}

/** Whether `peer` is the client of one of the server's own connections: the very object, not an equal one. */
function carries({ connections }: Watched, peer: Address | undefined): boolean {
  for (const { remoteAddr } of connections) if (remoteAddr === peer) return true;
  return false;
}

/** The body of a request that says how short it is. */
async function textOf(request: Request): Promise<string> {
  const length = Number(request.headers.get("content-length") ?? Infinity);
  return length <= MOST_BODY_BYTES ? await request.text() : "";
}
