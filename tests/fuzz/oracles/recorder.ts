/**
 * The server after a proxy: it takes what the proxy sends for what the proxy has read. It believes every
 * byte, and is told by a field which stream a request belongs to.
 *
 * @module
 */

import { fromLatin1, latin1 } from "../../support/wire.ts";
import type { Seen } from "../reading.ts";

/** The field in which the proxy names the client's address, which is the stream's number. */
export const STREAM_FIELD = "x-stream";

const ANSWER = latin1("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
const PIECE_BYTES = 65_536;

/** See the head of this file. */
export class Recorder implements Disposable {
  readonly #listener: Deno.UnixListener;
  readonly #seen = new Map<string, Seen[]>();

  /** Listens on a socket at `path`. */
  constructor(path: string) {
    this.#listener = Deno.listen({ transport: "unix", path });
    void this.#accept();
  }

  /** What came of a stream, which is forgotten. */
  take(stream: string): Seen[] {
    const seen = this.#seen.get(stream) ?? [];
    this.#seen.delete(stream);
    return seen;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) void this.#serve(conn);
  }

  async #serve(conn: Deno.UnixConn): Promise<void> {
    using _ = conn;
    const piece = new Uint8Array(PIECE_BYTES);
    let input = "";
    try {
      for (;;) {
        const count = await conn.read(piece);
        if (count === null) return;
        input += fromLatin1(piece.subarray(0, count));
        const request = requestIn(input);
        if (request === null) continue;
        const list = this.#seen.get(request.stream) ?? [];
        this.#seen.set(request.stream, [...list, request.seen]);
        await conn.write(ANSWER);
        return;
      }
    } catch (error) {
      // The proxy gave up on a request whose body broke off.
      if (
        !(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe)
      ) {
        throw error;
      }
    }
  }
}

/** The request that is there whole, or `null`. */
function requestIn(input: string): { stream: string; seen: Seen } | null {
  const end = input.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [line, ...lines] = input.slice(0, end).split("\r\n");
  const fields = lines.flatMap((each) => {
    const colon = each.indexOf(":");
    return [each.slice(0, colon), each.slice(colon + 1).trim()];
  });
  const body = bodyIn(input.slice(end + 4), fields);
  if (body === null) return null;
  const [method = "", target = ""] = line!.split(" ");
  const seen = { method, target, fields, body, complete: true };
  return { stream: valueOf(fields, STREAM_FIELD) ?? "", seen };
}

function valueOf(fields: readonly string[], name: string): string | null {
  const at = fields.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name);
  return at === -1 ? null : fields[at + 1]!;
}

function bodyIn(rest: string, fields: readonly string[]): string | null {
  if (valueOf(fields, "transfer-encoding") !== null) return dechunked(rest);
  const length = Number(valueOf(fields, "content-length") ?? 0);
  return rest.length < length ? null : rest.slice(0, length);
}

function dechunked(rest: string): string | null {
  let body = "";
  for (let at = 0;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(rest.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) return body;
    if (rest.length < at + size + 2) return null;
    body += rest.slice(at, at + size);
    at += size + 2;
  }
}
