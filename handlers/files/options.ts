/**
 * The options of `staticFiles`: what each means, its default, its check.
 *
 * @module
 */

import {
  checkInteger,
  checkNames,
  checkRecord,
  describe,
} from "../../reactor/options/option_checks.ts";
import type { ServeHandler } from "../serve_options.ts";

/** What Cache-Control some files get. */
export interface CacheRule {
  /** Looked for in the file's path below the root, which begins with a slash: `/assets/app-3f9c.js`. */
  readonly files: RegExp;
  /** The value of Cache-Control (RFC 9111 §5.2), such as `"public, max-age=31536000, immutable"`. */
  readonly value: string;
}

/** A content coding that may lie beside a file: `app.js.br`, `app.js.zst`, `app.js.gz`. */
export type FileCoding = "br" | "zstd" | "gzip";

/** Options of `staticFiles`. */
export interface StaticFilesOptions {
  /**
   * The path under which the files are mounted; it is taken off the request's path before a file is looked
   * for. Begins with a slash; one at its end makes no difference. @default {"/"}
   */
  readonly prefix?: string;
  /** The name of the file that answers for a folder; `false`: none does. @default {"index.html"} */
  readonly index?: string | false;
  /** Whether `/about` is answered with `about.html` if there is no file `about`. @default {false} */
  readonly cleanUrls?: boolean;
  /**
   * The file under the root that answers, with 200, in the place of one that is not there: the shell of a
   * single-page application. Only for clients that take HTML, and for paths whose last segment has no dot:
   * a script that is missing stays missing. @default {none}
   */
  readonly fallback?: string;
  /**
   * What answers when nothing is found or may be served: a file under the root, sent with 404, or a
   * handler, such as the rest of an application. @default {404 with a line of text}
   */
  readonly notFound?: string | ServeHandler;
  /** Whether a folder without an index is answered with a list of what is in it. @default {false} */
  readonly listing?: boolean;
  /**
   * Whether names that begin with a dot are served. Without it only what is in `.well-known` is (RFC 8615).
   * @default {false}
   */
  readonly dotfiles?: boolean;
  /**
   * Which symbolic links are followed: those that lead to a place within the root, or all. `"anywhere"`
   * also saves the checks against swapped links, some 40 system calls the first time that a file is
   * asked for. @default {"within"}
   */
  readonly symlinks?: "within" | "anywhere";
  /**
   * Which precompressed files to look for beside each file, to be sent to clients that accept their
   * coding; `true` = all. The file itself has to be there too. @default {false}
   */
  readonly precompressed?: boolean | readonly FileCoding[];
  /**
   * Cache-Control of files: one value for all, or rules, the first that matches counts and a file without
   * one gets `"no-cache"`; `false`: none is sent. @default {"no-cache", so that changes are seen at once}
   */
  readonly cacheControl?: string | readonly CacheRule[] | false;
  /**
   * Content types by extension, in front of those of the standard library:
   * `{ ".ts": "text/typescript; charset=utf-8" }`. @default {none}
   */
  readonly types?: Readonly<Record<string, string>>;
  /**
   * How many bytes of files up to 256 KiB are held in memory; 0 = none. Whether a file has changed is
   * looked at for each request all the same. @default {16_777_216}
   */
  readonly cacheBytes?: number;
}

/** All options, checked. */
export interface FileOptions {
  /** The mount point's decoded segments. */
  readonly prefix: readonly string[];
  readonly index: string | null;
  readonly cleanUrls: boolean;
  readonly fallback: string | null;
  readonly notFound: string | ServeHandler | null;
  readonly listing: boolean;
  readonly dotfiles: boolean;
  readonly symlinks: "within" | "anywhere";
  readonly codings: readonly FileCoding[];
  readonly cacheRules: readonly CacheRule[];
  /** Cache-Control of a file that no rule is for; `null` = the field is not sent. */
  readonly cacheControl: string | null;
  readonly types: ReadonlyMap<string, string>;
  readonly cacheBytes: number;
}

/** All codings, the preferred one first. */
const CODINGS: readonly FileCoding[] = ["br", "zstd", "gzip"];

const NAMES: readonly (keyof StaticFilesOptions)[] = [
  "prefix",
  "index",
  "cleanUrls",
  "fallback",
  "notFound",
  "listing",
  "dotfiles",
  "symlinks",
  "precompressed",
  "cacheControl",
  "types",
  "cacheBytes",
];

/**
 * Fills in the defaults and checks everything once.
 *
 * @throws {TypeError} If a name is unknown or a value of the wrong kind.
 * @throws {RangeError} If `cacheBytes` is not whole or out of range.
 */
export function resolveFileOptions(given: StaticFilesOptions = {}): FileOptions {
  checkNames("staticFiles", checkRecord("staticFiles", given), NAMES);
  const { index = "index.html", fallback, cacheBytes = 16 * 1024 * 1024 } = given;
  const { cacheControl = "no-cache" } = given;
  const rules = Array.isArray(cacheControl);
  return {
    prefix: prefixSegments(given.prefix ?? "/"),
    index: index === false ? null : fileUnderRoot("index", index),
    cleanUrls: flag("cleanUrls", given.cleanUrls),
    fallback: fallback === undefined ? null : fileUnderRoot("fallback", fallback),
    notFound: notFound(given.notFound),
    listing: flag("listing", given.listing),
    dotfiles: flag("dotfiles", given.dotfiles),
    symlinks: choice("symlinks", given.symlinks ?? "within", ["within", "anywhere"]),
    codings: codings(given.precompressed ?? false),
    cacheRules: rules ? cacheControl.map(cacheRule) : [],
    cacheControl: rules ? "no-cache" : defaultCacheControl(cacheControl),
    types: typesByExtension(given.types ?? {}),
    cacheBytes: checkInteger("staticFiles.cacheBytes", cacheBytes, {
      least: 0,
      most: Number.MAX_SAFE_INTEGER,
      unit: "bytes",
    }),
  };
}

function wrong(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(
    `Cannot use option 'staticFiles.${name}': expected ${expected}, received ${describe(value)}`,
  );
}

function flag(name: string, value: unknown = false): boolean {
  if (typeof value === "boolean") return value;
  throw wrong(name, "true or false", value);
}

function choice<T extends string>(name: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value;
  throw wrong(name, `one of ${known.join(", ")}`, value);
}

function prefixSegments(value: string): readonly string[] {
  const expected = 'a path such as "/static", without query';
  if (typeof value !== "string" || !/^\/(?:[^/?#]+(?:\/|$))*$/.test(value)) {
    throw wrong("prefix", expected, value);
  }
  try {
    return value.split("/").filter((segment) => segment !== "").map(decodeURIComponent);
  } catch {
    throw wrong("prefix", expected, value);
  }
}

/** A path that the program itself gives, relative to the root. */
function fileUnderRoot(name: string, value: string): string {
  const path = typeof value === "string" ? value.replace(/^\//, "") : "";
  const segments = path.split("/");
  if (segments.every((segment) => segment !== "" && segment !== "." && segment !== "..")) {
    return path;
  }
  throw wrong(name, "a file under the root", value);
}

function notFound(value: string | ServeHandler | undefined): string | ServeHandler | null {
  if (value === undefined) return null;
  return typeof value === "function" ? value : fileUnderRoot("notFound", value);
}

function codings(value: boolean | readonly FileCoding[]): readonly FileCoding[] {
  if (typeof value === "boolean") return value ? CODINGS : [];
  if (!Array.isArray(value) || !value.every((each) => CODINGS.includes(each))) {
    throw wrong("precompressed", `true, false or a list of ${CODINGS.join(", ")}`, value);
  }
  return CODINGS.filter((coding) => value.includes(coding));
}

function cacheRule(rule: CacheRule, at: number): CacheRule {
  const { files, value } = checkRecord(`staticFiles.cacheControl[${at}]`, rule);
  if (!(files instanceof RegExp)) {
    throw wrong(`cacheControl[${at}].files`, "a regular expression", files);
  }
  return { files, value: fieldValue(`cacheControl[${at}].value`, value) };
}

function defaultCacheControl(value: unknown): string | null {
  return value === false ? null : fieldValue("cacheControl", value);
}

/** A field value that can be sent (RFC 9110 §5.5). */
function fieldValue(name: string, value: unknown): string {
  if (typeof value === "string" && /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    return value;
  }
  throw wrong(name, "the value of a header field", value);
}

function typesByExtension(given: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const entries = Object.entries(checkRecord("staticFiles.types", given)).map((
    [extension, type],
  ) => {
    if (!/^\.[^./]+$/.test(extension)) {
      throw wrong("types", 'extensions such as ".txt"', extension);
    }
    return [extension.toLowerCase(), fieldValue(`types["${extension}"]`, type)] as const;
  });
  return new Map(entries);
}
