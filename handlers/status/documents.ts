/**
 * The page's files and the answers that carry them. The policy lets a document load and run nothing but
 * those files, by a nonce of its own, and connect only to the server that it came from.
 *
 * @module
 */

import files from "./files.json" with { type: "json" };
import { randomText } from "./secrets.ts";

const FILES: Readonly<Record<string, readonly string[]>> = files;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** On every answer of the status page. */
const FIELDS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Not "no-referrer": with that a browser sends no Origin with the form either.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** A text of one line. */
export function plain(status: number, text: string, fields: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, { status, headers: { ...FIELDS, ...fields } });
}

/** A stream of server-sent events. */
export function events(stream: ReadableStream<Uint8Array>): Response {
  const headers = { ...FIELDS, "content-type": "text/event-stream" };
  headers["cache-control"] = "no-store, no-transform";
  return new Response(stream, { headers });
}

/** A script or a style of the page; `null` when there is none of that name. */
export function asset(name: string): Response | null {
  const lines = name.endsWith(".html") || !Object.hasOwn(FILES, name) ? undefined : FILES[name];
  if (lines === undefined) return null;
  return new Response(lines.join("\n"), { headers: { ...FIELDS, "content-type": typeOf(name) } });
}

/** A document; `secret` is what its requests have to carry. */
export function document(name: "page.html" | "login.html", init: {
  readonly status: number;
  readonly secret: string;
}): Response {
  const nonce = randomText();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; ` +
    "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types 'none'";
  const html = FILES[name]!.join("\n")
    .replaceAll("{{nonce}}", nonce)
    .replaceAll("{{secret}}", init.secret);
  const headers = { ...FIELDS, "content-type": typeOf(name), "content-security-policy": policy };
  return new Response(html, { status: init.status, headers });
}

function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "text/plain";
}
