/**
 * URL → names of files. Here is decided which names are looked for at all; pure.
 *
 * The path is taken from the URL as it came, not from a parsed one: `new URL` resolves `..` and turns
 * backslashes into slashes, and a request that contains those is refused rather than mended. Each
 * segment is decoded once. What is no name on some platform is no name on any, so that a folder can
 * move from one to another, or lie on a share.
 *
 * @module
 */

/** Where a request points to. */
export interface UrlPath {
  /** The decoded names below the mount point. */
  readonly names: readonly string[];
  /** Whether the path ends with a slash, or is the mount point with one. */
  readonly endsWithSlash: boolean;
  /** The query with its question mark, as it came; may be empty. */
  readonly query: string;
  /** The last decoded name of the whole path; `""` for the root of the URL. */
  readonly last: string;
}

/** How names are to be read. */
export interface PathRules {
  /** The mount point's decoded segments. */
  readonly prefix: readonly string[];
  /** Whether names that begin with a dot are allowed, besides `.well-known` at the top. */
  readonly dotfiles: boolean;
  /** Whether `PROGRA~1` could be another name of something (Windows). */
  readonly shortNames: boolean;
}

/** No file system that is in use has longer names; more would only be an error of the system. */
const MOST_NAME_LENGTH = 255;

/** Separators of any platform, control characters, and what marks a drive or an alternate stream. */
const NEVER_IN_NAMES = /[\p{Cc}/\\:]/u;

/** Windows takes these off, so that `.env.` would be `.env`; `.` and `..` are among them. */
const NEVER_AT_END = /[. ]$/;

/** Devices of Windows, whatever the extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i;

/** The names that a URL asks for; `null` when no file may be looked for. */
export function urlPath(url: string, rules: PathRules): UrlPath | null {
  const { path, query } = split(url);
  const pieces = path.slice(1).split("/");
  const endsWithSlash = pieces.at(-1) === "";
  if (endsWithSlash) pieces.pop();
  const all: string[] = [];
  for (const piece of pieces.filter(isNotInPassing)) {
    const name = decoded(piece);
    if (name === null) return null;
    all.push(name);
  }
  const { prefix } = rules;
  if (!prefix.every((segment, at) => all[at] === segment)) return null;
  const names = all.slice(prefix.length);
  if (!names.every((name, at) => isServedName(name, at, rules))) return null;
  return { names, endsWithSlash, query, last: all.at(-1) ?? "" };
}

/** A plain `.` before another segment leads nowhere else (RFC 3986 §5.2.4); apt asks for `/./Packages`. */
function isNotInPassing(piece: string, at: number, { length }: readonly string[]): boolean {
  return piece !== "." || at === length - 1;
}

/** Whether a name may be looked for; `at` is its depth below the root. */
export function isServedName(name: string, at: number, rules: PathRules): boolean {
  if (name === "" || name.length > MOST_NAME_LENGTH) return false;
  if (NEVER_IN_NAMES.test(name) || NEVER_AT_END.test(name) || DEVICE.test(name)) return false;
  if (rules.shortNames && /~\d/.test(name)) return false;
  if (!name.startsWith(".") || rules.dotfiles) return true;
  return at === 0 && name === ".well-known";
}

/** Path and query of a URL as it came, its fragment left out. */
function split(url: string): { readonly path: string; readonly query: string } {
  const authority = url.indexOf("://") + 3;
  const from = url.indexOf("/", authority);
  const fragment = url.indexOf("#", authority);
  const end = fragment < 0 ? url.length : fragment;
  const mark = url.indexOf("?", authority);
  const stop = mark < 0 || mark > end ? end : mark;
  if (from < 0 || from > stop) return { path: "/", query: url.slice(stop, end) };
  return { path: url.slice(from, stop), query: url.slice(stop, end) };
}

/** A segment without its percent-encoding; `null` when that is broken, or is not UTF-8. */
function decoded(piece: string): string | null {
  if (!piece.includes("%")) return piece;
  try {
    return decodeURIComponent(piece);
  } catch {
    return null;
  }
}
