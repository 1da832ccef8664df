/**
 * A folder as a site: which file answers for a URL, and the answer. Loaded with the first request.
 *
 * @module
 */

import { accepts } from "@std/http/negotiation";
import type { Bytes } from "../../reactor/ports.ts";
import { directStream } from "../fetch/direct_body.ts";
import { READING, refuseMethod } from "../methods.ts";
import type { ServeHandlerInfo } from "../serve_options.ts";
import { acceptedCodings, EXTENSIONS } from "./codings.ts";
import { type Answer, answerFor, assemble, errorPage } from "./file_answer.ts";
import { PIECE_BYTES, readPart, streamParts } from "./file_body.ts";
import { type FileState, isSameState, isSettled, stateOf } from "./file_state.ts";
import { FileStore } from "./file_store.ts";
import type { Missing } from "./fresh_stats.ts";
import type { BodyPart } from "./multipart.ts";
import type { FileCoding, FileOptions } from "./options.ts";
import { type ByteRange, lengthOf } from "./ranges.ts";
import { represent, type Representation } from "./representation.ts";
import { RootFolder } from "./root_folder.ts";
import { type PathRules, type UrlPath, urlPath } from "./url_path.ts";

/** How often an answer is begun anew because its file became shorter meanwhile. */
const ATTEMPTS = 5;

/** A file that is there. */
interface Found {
  readonly names: readonly string[];
  readonly state: FileState;
}

/** A form of a file: the file, or a coded one beside it. */
interface Form {
  /** Where it is in the file system. */
  readonly path: string;
  /** The file's path below the root, without the coding's extension. */
  readonly file: string;
  readonly coding: FileCoding | null;
  readonly state: FileState;
}

/** A version that is being read. */
interface Loading {
  readonly form: Form;
  readonly file: Promise<Representation | Missing>;
}

/** What to answer with a version of a file. */
type Decide = (file: Representation) => Answer;

/** One request. */
interface Visit {
  readonly request: Request;
  readonly info: ServeHandlerInfo;
}

/** The files under one root, by one set of options. */
export class FileSite {
  readonly #options: FileOptions;
  readonly #rules: PathRules;
  readonly #root: RootFolder;
  readonly #store: FileStore;
  /** Files up to this size are read whole and held, in bytes. */
  readonly #mostHeld: number;
  /** Versions that are being read, so that nobody reads one twice at a time. */
  readonly #loading = new Map<string, Loading>();

  constructor(root: string | URL, options: FileOptions) {
    const { prefix, dotfiles, symlinks, cacheBytes } = options;
    this.#options = options;
    this.#rules = { prefix, dotfiles, shortNames: Deno.build.os === "windows" };
    this.#root = new RootFolder(root, symlinks);
    this.#store = new FileStore(cacheBytes);
    this.#mostHeld = Math.min(PIECE_BYTES, cacheBytes);
  }

  /** Answers one request. */
  async answer(request: Request, info: ServeHandlerInfo): Promise<Response> {
    const visit = { request, info };
    const refusal = refuseMethod(request, READING);
    // Another handler may answer more methods, for what is no file.
    if (refusal !== null && typeof this.#options.notFound !== "function") return refusal;
    const path = urlPath(request.url, this.#rules);
    const found = path === null ? "absent" : await this.#find(path);
    if (typeof found === "string") return await this.#instead(visit, { path, why: found });
    if (refusal !== null) return refusal;
    if (found instanceof Response) return found;
    const response = await this.#send(request, found);
    return typeof response === "string" ? await this.#missing(visit, response) : response;
  }

  /** The file for a path, or the answer for a folder. */
  async #find(path: UrlPath): Promise<Found | Response | Missing> {
    const { names, endsWithSlash } = path;
    const info = await this.#root.look(this.#root.pathOf(names));
    if (typeof info !== "string" && info.isFile && !endsWithSlash) {
      return { names, state: stateOf(info) };
    }
    if (this.#options.cleanUrls && !endsWithSlash && names.length > 0) {
      const clean = await this.#fileAt([...names.slice(0, -1), `${names.at(-1)}.html`]);
      if (clean !== null) return clean;
    }
    if (typeof info === "string") return info;
    return info.isDirectory ? await this.#folder(path) : "absent";
  }

  async #folder(path: UrlPath): Promise<Found | Response | Missing> {
    const { names, endsWithSlash } = path;
    const { index, listing } = this.#options;
    // A redirect tells that the folder is there, which is nobody's business outside of the root.
    if (!endsWithSlash) {
      const inside = await this.#root.holds(this.#root.pathOf(names));
      return inside ? toFolder(path) : "absent";
    }
    const found = index === null ? null : await this.#fileAt([...names, ...index.split("/")]);
    if (found !== null) return found;
    if (!listing || !await this.#root.holds(this.#root.pathOf(names))) return "absent";
    const { folderListing } = await import("./listing.ts");
    return await folderListing({ root: this.#root, names, rules: this.#rules });
  }

  async #fileAt(names: readonly string[]): Promise<Found | null> {
    const info = await this.#root.look(this.#root.pathOf(names));
    return typeof info !== "string" && info.isFile ? { names, state: stateOf(info) } : null;
  }

  /** Nothing is there: the application's own page may stand in for it. */
  async #instead(
    visit: Visit,
    { path, why }: { readonly path: UrlPath | null; readonly why: Missing },
  ): Promise<Response> {
    const { request } = visit;
    const { fallback } = this.#options;
    const isPage = path !== null && why === "absent" && !path.last.includes(".") &&
      READING.includes(request.method);
    if (fallback === null || !isPage) return await this.#missing(visit, why);
    const found = await this.#fileAt(fallback.split("/"));
    const wanted = accepts(request, "text/html") === "text/html";
    const response = found !== null && wanted ? await this.#send(request, found) : "absent";
    if (typeof response === "string") return await this.#missing(visit, response);
    const { headers } = response;
    // In one line: not every cache reads a second one.
    headers.set("Vary", headers.has("Vary") ? `${headers.get("Vary")}, Accept` : "Accept");
    return response;
  }

  /** What is not there, or may not be served. */
  async #missing({ request, info }: Visit, why: Missing): Promise<Response> {
    const { notFound } = this.#options;
    if (typeof notFound === "function") return await notFound(request, info);
    if (why === "forbidden") return line(403, "Forbidden");
    const page = notFound === null ? null : await this.#fileAt(notFound.split("/"));
    if (page === null) return line(404, "Not found");
    const response = await this.#deliver(
      this.#formOf(page),
      (file) => errorPage(request, file),
    );
    return typeof response === "string" ? line(404, "Not found") : response;
  }

  async #send(request: Request, found: Found): Promise<Response | Missing> {
    const plain = this.#formOf(found);
    const form = await this.#preferred(request, plain);
    const decide: Decide = (file) => answerFor(request, file);
    const response = await this.#deliver(form, decide);
    if (form === plain || typeof response !== "string") return response;
    return await this.#deliver(plain, decide);
  }

  /** Answers with a form of a file, as `decide` says; once more if it changes at the wrong moment. */
  async #deliver(form: Form, decide: Decide): Promise<Response | Missing> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const response = await this.#attempt(form, decide);
      if (response !== "changed") return response;
    }
    throw new Error("Cannot send the file: it changes again and again");
  }

  async #attempt(form: Form, decide: Decide): Promise<Response | Missing | "changed"> {
    const file = await this.#load(form);
    if (typeof file === "string") return file;
    const answer = decide(file);
    const { parts } = answer;
    if (parts === null) return respond(answer, null);
    if (file.bytes !== null) return respond(answer, assemble(parts, file.bytes));
    const opened = await this.#root.open(form.path, file.state);
    if (typeof opened === "string") return opened;
    if (isSameState(opened.state, file.state)) return await send(answer, opened.file);
    // It has changed since: what goes out describes the file that is open.
    const anew = decide(this.#remember(form, { state: opened.state, bytes: null }));
    return await send(anew, opened.file);
  }

  #formOf({ names, state }: Found): Form {
    return { path: this.#root.pathOf(names), file: `/${names.join("/")}`, coding: null, state };
  }

  /** The coded form that the client likes best and that is there; else the file. */
  async #preferred(request: Request, plain: Form): Promise<Form> {
    const { codings } = this.#options;
    if (codings.length === 0) return plain;
    const accepted = acceptedCodings(request.headers.get("accept-encoding"), codings);
    const infos = await Promise.all(
      accepted.map((coding) => this.#root.look(plain.path + EXTENSIONS[coding])),
    );
    for (const [at, info] of infos.entries()) {
      if (typeof info === "string" || !info.isFile) continue;
      const coding = accepted[at]!;
      const path = plain.path + EXTENSIONS[coding];
      return { path, file: plain.file, coding, state: stateOf(info) };
    }
    return plain;
  }

  /** The present version, from memory if it is known there. */
  async #load(form: Form): Promise<Representation | Missing> {
    const known = this.#store.get(form.path);
    if (known?.file && isCurrent(known.file, form)) return known.file;
    const running = this.#loading.get(form.path);
    if (running !== undefined && isCurrent(running.form, form)) return await running.file;
    const loading = { form, file: this.#read(form, known?.state ?? null) };
    this.#loading.set(form.path, loading);
    try {
      return await loading.file;
    } finally {
      if (this.#loading.get(form.path) === loading) this.#loading.delete(form.path);
    }
  }

  /** Opens a form to see whether it may be served, and reads it if it is small. */
  async #read(form: Form, known: FileState | null): Promise<Representation | Missing> {
    const opened = await this.#root.open(form.path, known);
    if (typeof opened === "string") {
      this.#store.delete(form.path);
      return opened;
    }
    using file = opened.file;
    const { size } = opened.state;
    if (size > this.#mostHeld) return this.#remember(form, { state: opened.state, bytes: null });
    const bytes = await readPart(file, { first: 0, last: size - 1 });
    const after = stateOf(await file.stat());
    // Written to while it was read: it is as long as what was read, and not remembered.
    const state = { ...after, size: bytes.length };
    return this.#remember(form, { state, bytes });
  }

  #remember(
    form: Form,
    { state, bytes }: { readonly state: FileState; readonly bytes: Bytes | null },
  ): Representation {
    const now = Date.now();
    const { file: path, coding } = form;
    const file = represent({ path, coding, state, bytes, now }, this.#options);
    // A file that could be held and is not here has to be read again.
    const lasts = isSettled(state, now) && (bytes !== null || state.size > this.#mostHeld);
    this.#store.set(form.path, { state, file: lasts ? file : null });
    return file;
  }
}

/** Whether what is known, or being read, is what a request for `form` finds now. */
function isCurrent(known: Pick<Form, "state" | "coding">, form: Form): boolean {
  return isSameState(known.state, form.state) && known.coding === form.coding;
}

function respond(
  { status, fields }: Answer,
  body: Bytes | ReadableStream<Bytes> | null,
): Response {
  const stream = body instanceof Uint8Array ? directStream(body) : body;
  return new Response(stream, { status, headers: [...fields] });
}

/**
 * An answer whose body comes out of `file`, which is closed when it is not needed any more: at once if
 * what is asked for fits into one piece.
 */
async function send(answer: Answer, file: Deno.FsFile): Promise<Response | "changed"> {
  const { parts } = answer;
  const range = parts === null ? null : rangeOfOnePiece(parts);
  if (parts !== null && range === null) return respond(answer, streamParts(file, parts));
  using _ = file;
  if (range === null) return respond(answer, null);
  const bytes = await readPart(file, range);
  return bytes.length === lengthOf(range) ? respond(answer, bytes) : "changed";
}

function rangeOfOnePiece([part, ...others]: readonly BodyPart[]): ByteRange | null {
  if (part === undefined || part instanceof Uint8Array || others.length > 0) return null;
  return lengthOf(part) <= PIECE_BYTES ? part : null;
}

/** Relative, so that it leads one level down and nowhere else, also behind a proxy that maps paths. */
function toFolder({ last, query }: UrlPath): Response {
  const location = `./${encodeURIComponent(last)}/${query}`;
  return new Response(null, { status: 301, headers: { location, "cache-control": "no-cache" } });
}

function line(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "cache-control": "no-store" } });
}
