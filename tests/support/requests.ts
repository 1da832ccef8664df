/**
 * Raw requests for tests, as strings of one character a byte.
 *
 * @module
 */

/** Options of {@linkcode request}. */
export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly version?: "1.0" | "1.1";
  /** Field lines without their CRLF. */
  readonly fields?: readonly string[];
  /** Sent with a Content-Length. */
  readonly body?: string;
}

/** A request with `Host: h` in front of the other fields, none in HTTP/1.0. */
export function request(parts: RawRequest = {}): string {
  const { version = "1.1", target = "/", body } = parts;
  const method = parts.method ?? (body === undefined ? "GET" : "POST");
  const fields = [
    ...(version === "1.1" ? ["Host: h"] : []),
    ...(parts.fields ?? []),
    ...(body === undefined ? [] : [`Content-Length: ${body.length}`]),
  ];
  return head(`${method} ${target} HTTP/${version}`, ...fields) + (body ?? "");
}

/** Lines with CRLF after each and an empty one at the end. */
export function head(...lines: readonly string[]): string {
  return [...lines, "", ""].join("\r\n");
}

/** A chunked body of these chunks, ended. */
export function chunked(...chunks: readonly string[]): string {
  return [...chunks, ""].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
}

/** `GET / HTTP/1.1` with a Host and nothing else. */
export const GET = request();

/** The same, asking for the connection to be closed. */
export const LAST_GET = request({ fields: ["Connection: close"] });
