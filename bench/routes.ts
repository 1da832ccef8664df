/**
 * What is asked of the app and what has to come back: one entry per path. The same entry builds the
 * probe before a run, the command line of oha and the requests of the bench's own driver.
 *
 * @module
 */

import {
  BLOCK,
  DONE,
  FILES,
  FILLER,
  GREETING,
  PAGE,
  STREAM_PIECE_BYTES,
  STREAM_PIECES,
  UPLOAD_BYTES,
} from "./app_values.mjs";

/** The paths of the app. */
export type RouteId =
  | "hello"
  | "json"
  | "echo"
  | "64k"
  | "stream"
  | "upload"
  | "page"
  | FileRoute
  | Work;

/** Files of several sizes, sent by what a server or its library has for that. */
export type FileRoute = "file-1k" | "file-100k" | "file-10m";

/** Handlers that can be overloaded: one computes, one waits for a place in a backend's pool. */
export type Work = "burn" | "pool";

/** A request and the body of its answer, which always has status 200. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Field lines beyond Host: name and value. */
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer> | null;
  readonly answer: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();

/** A body that is like what clients post: nested, a few types, 340 bytes. */
const ORDER = JSON.stringify({
  id: 4711,
  customer: { name: "Ada Lovelace", mail: "ada@example.org", since: "1843-07-10" },
  paid: true,
  lines: [1, 2, 3].map((n) => ({ article: `weir-${n}`, amount: n, price: 9.75 * n, note: null })),
});

/** The field lines that a browser sends with a page load: about 600 bytes of head. */
export const BROWSER_FIELDS: readonly (readonly [string, string])[] = [
  [
    "user-agent",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  ],
  [
    "accept",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  ],
  ["accept-language", "en-GB,en;q=0.9,de;q=0.7"],
  ["cache-control", "max-age=0"],
  ["sec-ch-ua", '"Chromium";v="140", "Not=A?Brand";v="24"'],
  ["sec-ch-ua-mobile", "?0"],
  ["sec-ch-ua-platform", '"Linux"'],
  ["sec-fetch-dest", "document"],
  ["sec-fetch-mode", "navigate"],
  ["sec-fetch-site", "same-origin"],
  ["upgrade-insecure-requests", "1"],
  ["cookie", "session=5b6c1f0e9a7d4c2b8e3f; theme=dark"],
];

/** Every path of the app. */
export const ROUTES: Readonly<Record<RouteId, Route>> = {
  hello: get("/", GREETING),
  json: {
    ...get(
      "/json?name=weir",
      '{"path":"/json","name":"weir","language":"en-GB,en;q=0.9","id":"7f3c"}',
    ),
    fields: [["accept-language", "en-GB,en;q=0.9"], ["x-request-id", "7f3c"]],
  },
  echo: {
    ...get("/echo", ORDER),
    method: "POST",
    fields: [["content-type", "application/json"]],
    body: encoder.encode(ORDER),
  },
  "64k": get("/64k", BLOCK),
  stream: { ...get("/stream", ""), answer: filled(STREAM_PIECES * STREAM_PIECE_BYTES) },
  upload: {
    ...get("/upload", String(UPLOAD_BYTES)),
    method: "POST",
    fields: [["content-type", "application/octet-stream"]],
    body: filled(UPLOAD_BYTES),
  },
  page: get("/page.html", PAGE),
  "file-1k": file("1k.bin"),
  "file-100k": file("100k.bin"),
  "file-10m": file("10m.bin"),
  burn: get("/burn", DONE),
  pool: get("/pool", DONE),
};

function get(path: string, answer: string): Route {
  return { method: "GET", path, fields: [], body: null, answer: encoder.encode(answer) };
}

function file(name: keyof typeof FILES): Route {
  return { ...get(`/files/${name}`, ""), answer: filled(FILES[name]) };
}

function filled(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes).fill(FILLER);
}

/** The bytes of a request's head, ready to send. */
export function requestHead(
  route: Route,
  options: { readonly port: number; readonly extra?: Route["fields"] },
): string {
  const lines = [
    `${route.method} ${route.path} HTTP/1.1`,
    `host: 127.0.0.1:${options.port}`,
    ...[...route.fields, ...options.extra ?? []].map(([name, value]) => `${name}: ${value}`),
    ...route.body === null ? [] : [`content-length: ${route.body.byteLength}`],
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}
