/**
 * The path of a target as a URL parser takes it, for what is decided by path before the handler has made a
 * URL of it: a client must not get by `/upload/../login` what is meant for `/upload`.
 *
 * @module
 */

/** What a URL parser would not leave as it is: a fragment, a backslash, a segment that begins like a dot. */
const CROOKED = /[#\\]|\/(?:\.|%2e)/i;
const DOT = /^(?:\.|%2e)$/i;
const DOTS = /^(?:\.|%2e){2}$/i;

/**
 * The path without a fragment and without dot segments (RFC 3986 §5.2.4), a backslash taken for a slash as
 * by WHATWG's URL. `path` begins with a slash and has no query; nothing else in it is decoded.
 */
export function resolvedPath(path: string): string {
  if (!CROOKED.test(path)) return path;
  const hash = path.indexOf("#");
  const plain = (hash === -1 ? path : path.slice(0, hash)).replaceAll("\\", "/");
  const segments = plain.slice(1).split("/");
  const kept: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]!;
    const dots = DOTS.test(segment);
    if (dots) kept.pop();
    if (!dots && !DOT.test(segment)) kept.push(segment);
    // At the end a dot segment leaves its slash.
    else if (i === segments.length - 1) kept.push("");
  }
  return "/" + kept.join("/");
}
