/**
 * A strict reader of HTTP/1.1 answers for tests: what a careful client accepts, and nothing else. It works
 * on a source of bytes, so that the framing of an answer is checked to the byte. No sockets here.
 *
 * @module
 */

/** Bytes as they come off a socket. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Where the reader takes its bytes from. */
export interface ByteSource {
  /** Removes and returns everything up to and including CRLF, without the CRLF. */
  line(): Promise<string>;
  /** Removes and returns exactly `length` bytes. */
  exactly(length: number): Promise<Bytes>;
  /** Removes and returns everything up to the end of the stream, which must be a clean one. */
  rest(): Promise<Bytes>;
}

/** How the end of an answer's body was marked. */
export type Framing = "none" | "length" | "chunked" | "close";

/** One answer as it came over the wire. */
export class WireResponse {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  /** Field lines in their order, names in the case sent, values as latin-1. */
  readonly fields: readonly (readonly [string, string])[];
  readonly framing: Framing;
  readonly body: Bytes;
  /** The sizes of the chunks in bytes, without the last one of 0. */
  readonly chunks: readonly number[];

  constructor(head: ResponseHead, body: ResponseBody) {
    this.version = head.version;
    this.status = head.status;
    this.reason = head.reason;
    this.fields = head.fields;
    this.framing = body.framing;
    this.body = body.bytes;
    this.chunks = body.chunks;
  }

  /** The only value of a field, `null` when it is absent; throws when it came more than once. */
  header(name: string): string | null {
    return onlyValue(this.fields, name);
  }

  /** All values of a field. */
  headers(name: string): string[] {
    return valuesOf(this.fields, name);
  }

  /** The body as UTF-8. */
  get text(): string {
    return new TextDecoder().decode(this.body);
  }
}

interface ResponseHead {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly (readonly [string, string])[];
}

interface ResponseBody {
  readonly framing: Framing;
  readonly bytes: Bytes;
  readonly chunks: readonly number[];
}

const STATUS_LINE = /^(HTTP\/1\.[01]) ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;

function valuesOf(fields: ResponseHead["fields"], name: string): string[] {
  const wanted = name.toLowerCase();
  return fields.filter(([given]) => given.toLowerCase() === wanted).map(([, value]) => value);
}

function onlyValue(fields: ResponseHead["fields"], name: string): string | null {
  const values = valuesOf(fields, name);
  if (values.length > 1) throw new Error(`Field "${name}" came ${values.length} times`);
  return values[0] ?? null;
}

/** Reads a status line and the field lines after it. */
export async function readHead(source: ByteSource): Promise<ResponseHead> {
  const statusLine = await source.line();
  const match = STATUS_LINE.exec(statusLine);
  if (!match) throw new Error(`Bad status line: ${JSON.stringify(statusLine)}`);
  return {
    version: match[1]!,
    status: Number(match[2]),
    reason: match[3]!,
    fields: await readFields(source),
  };
}

async function readFields(source: ByteSource): Promise<[string, string][]> {
  const fields: [string, string][] = [];
  for (let line = await source.line(); line !== ""; line = await source.line()) {
    const match = FIELD_LINE.exec(line);
    // deno-lint-ignore no-control-regex -- control characters are what must not be there
    if (!match || /[\x00-\x08\x0a-\x1f\x7f]/.test(match[2]!)) {
      throw new Error(`Bad field line: ${JSON.stringify(line)}`);
    }
    fields.push([match[1]!, match[2]!]);
  }
  return fields;
}

/** Reads one answer, of any status; `method` is that of the request, RFC 9112 §6.3. */
export async function readResponse(source: ByteSource, method: string): Promise<WireResponse> {
  const head = await readHead(source);
  return new WireResponse(head, await readBody(source, { head, method }));
}

async function readBody(
  source: ByteSource,
  { head, method }: { head: ResponseHead; method: string },
): Promise<ResponseBody> {
  const coding = onlyValue(head.fields, "transfer-encoding");
  const length = onlyValue(head.fields, "content-length");
  if (coding !== null && length !== null) {
    throw new Error("Both Content-Length and Transfer-Encoding");
  }
  if (coding !== null && head.version !== "HTTP/1.1") {
    throw new Error("Transfer-Encoding in HTTP/1.0");
  }
  if (length !== null && !/^\d+$/.test(length)) throw new Error(`Bad Content-Length: ${length}`);
  if (method === "HEAD" || head.status < 200 || head.status === 204 || head.status === 304) {
    return { framing: "none", bytes: new Uint8Array(), chunks: [] };
  }
  if (coding !== null) return await readChunked(source, coding);
  if (length === null) return { framing: "close", bytes: await source.rest(), chunks: [] };
  return { framing: "length", bytes: await source.exactly(Number(length)), chunks: [] };
}

async function readChunked(source: ByteSource, coding: string): Promise<ResponseBody> {
  if (coding !== "chunked") throw new Error(`Unknown transfer coding: ${coding}`);
  const pieces: Bytes[] = [];
  for (let size = await chunkSize(source); size > 0; size = await chunkSize(source)) {
    pieces.push(await source.exactly(size));
    if (await source.line() !== "") throw new Error("A chunk is longer than its size");
  }
  await readFields(source);
  const chunks = pieces.map((piece) => piece.length);
  return { framing: "chunked", bytes: concat(pieces), chunks };
}

async function chunkSize(source: ByteSource): Promise<number> {
  const line = await source.line();
  if (!/^[0-9a-fA-F]+$/.test(line)) throw new Error(`Bad chunk size: ${JSON.stringify(line)}`);
  return Number.parseInt(line, 16);
}

/** One array out of many. */
export function concat(pieces: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
