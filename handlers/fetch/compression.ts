/**
 * `automaticCompression` with the meaning it has for Deno.serve: which coding the client wants, whether
 * the answer may and should be compressed (RFC 9110 §8.4, §12.5.3), and the compressing. Loaded only when
 * the option is on. The standard library's negotiation is not used: between equal weights it takes the
 * coding named first, Deno.serve takes Brotli, and `gzip, deflate, br` is what browsers send.
 *
 * Where Deno.serve is literal this is lenient, to the same effect for what is common: names of codings
 * and directives are case-insensitive, a member that cannot be read does not spoil the others, `vary: *`
 * stays alone, and every `+json` and `+xml` type is compressed, registered or not. A body that is here
 * keeps a Content-Length.
 *
 * @module
 */

import zlib from "node:zlib";
import type { Bytes } from "../../reactor/ports.ts";
import type { SendPlan, StreamPlan, WholePlan } from "./send_plan.ts";

/** The codings on offer. */
type Coding = "br" | "gzip";

/** Below this many bytes the coding's own overhead eats the gain; Deno.serve's bound. */
const MIN_BYTES = 64;

/**
 * Above this many bytes a body is compressed in pieces of that size, each sent before the next is begun, so
 * that other connections get their turns: a piece takes some 3 ms, and zlib works on the calling thread
 * here even when asked not to.
 */
const PIECE_BYTES = 64 * 1024;

// Level 4 of either is where the curve bends: on 16 KiB of HTML it is within 6 % of the size that level 6
// gives, and Brotli takes 0.8 ms for it instead of 1.1.
const GZIP_LEVEL = 4;
const BROTLI_QUALITY = 4;

/**
 * The plan with its body compressed, or the same plan when it should go out as it is.
 *
 * @param acceptEncoding The request's Accept-Encoding, several lines joined with commas; `null` without.
 */
export function compress(plan: SendPlan, acceptEncoding: string | null): SendPlan {
  const coding = acceptEncoding === null ? null : preferredCoding(acceptEncoding);
  if (coding === null) return plan;
  if (plan.kind === "later") return { kind: "later", plan: compressLater(plan.plan, coding) };
  return compressWith(plan, coding);
}

async function compressLater(
  plan: Promise<WholePlan | StreamPlan>,
  coding: Coding,
): Promise<WholePlan | StreamPlan> {
  return compressWith(await plan, coding);
}

function compressWith(plan: WholePlan | StreamPlan, coding: Coding): WholePlan | StreamPlan {
  if (!mayCompress(plan.fields)) return plan;
  if (plan.kind === "stream") return streamed(plan, { coding, stream: plan.stream });
  if (plan.body === null) return plan;
  const bytes = typeof plan.body === "string" ? new TextEncoder().encode(plan.body) : plan.body;
  if (bytes.length < MIN_BYTES) return plan;
  if (bytes.length > PIECE_BYTES) return streamed(plan, { coding, stream: inPieces(bytes) });
  return {
    ...plan,
    fields: compressedFields(plan.fields, coding),
    body: compressNow(bytes, coding),
  };
}

function streamed(
  { status, fields }: WholePlan | StreamPlan,
  { coding, stream }: { coding: Coding; stream: ReadableStream<Uint8Array> },
): StreamPlan {
  return {
    kind: "stream",
    status,
    fields: compressedFields(fields, coding),
    stream: compressedStream(stream, coding),
    length: null,
  };
}

/** The coding with the highest weight; Brotli between equals, none when `identity` weighs more. */
function preferredCoding(acceptEncoding: string): Coding | null {
  let br = 0, gzip = 0, identity = 0;
  const members = acceptEncoding.split(",");
  for (let i = 0; i < members.length; i++) {
    const member = members[i]!;
    const at = member.indexOf(";");
    const name = (at < 0 ? member : member.slice(0, at)).trim().toLowerCase();
    const weight = at < 0 ? 1 : weightOf(member.slice(at + 1).trim());
    if (name === "br") br = weight;
    else if (name === "gzip") gzip = weight;
    else if (name === "identity") identity = weight;
  }
  const best = br >= gzip ? br : gzip;
  if (best === 0 || best < identity) return null;
  return best === br ? "br" : "gzip";
}

/** The number in `q=0.5` (RFC 9110 §12.4.2); 0, not acceptable, for anything else. */
function weightOf(parameter: string): number {
  return /^q=(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/i.test(parameter)
    ? Number(parameter.slice(2))
    : 0;
}

/** Whether the fields allow a transformation and the type gains by it. */
function mayCompress(fields: readonly string[]): boolean {
  let type: string | null = null;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!.toLowerCase();
    const value = fields[i + 1]!;
    if (name === "content-encoding" || name === "content-range") return false;
    // RFC 9111 §5.2.2.6.
    if (name === "cache-control" && /(?:^|[,\s])no-transform(?:$|[,\s])/i.test(value)) return false;
    if (name === "content-type") type ??= value;
  }
  return type !== null && isCompressible(type);
}

function isCompressible(contentType: string): boolean {
  const end = contentType.indexOf(";");
  const type = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  return type.endsWith("+json") || type.endsWith("+xml") || COMPRESSIBLE.includes(` ${type} `);
}

/**
 * What mime-db calls compressible, as Deno.serve goes by, but for the suffixes above. An event stream is
 * not among it. One string, because a set is filled through the array iterator, which a program may have
 * replaced.
 */
const COMPRESSIBLE =
  " application/dart application/ecmascript application/javascript application/json" +
  " application/postscript application/raml+yaml application/rtf application/tar application/toml" +
  " application/vnd.dart application/vnd.ms-fontobject application/vnd.ms-opentype application/wasm" +
  " application/x-httpd-php application/x-javascript application/x-ns-proxy-autoconfig" +
  " application/x-sh application/x-tar application/x-virtualbox-hdd application/x-virtualbox-ova" +
  " application/x-virtualbox-ovf application/x-virtualbox-vbox application/x-virtualbox-vdi" +
  " application/x-virtualbox-vhd application/x-virtualbox-vmdk application/x-www-form-urlencoded" +
  " application/xml application/xml-dtd font/otf font/ttf image/bmp image/vnd.adobe.photoshop" +
  " image/x-icon image/x-ms-bmp message/rfc822 model/gltf-binary text/cache-manifest text/calender" +
  " text/cmd text/css text/csv text/html text/javascript text/jsx text/less text/markdown text/mdx" +
  " text/n3 text/plain text/richtext text/rtf text/tab-separated-values text/uri-list text/vcard" +
  " text/vtt text/x-gwt-rpc text/x-jquery-tmpl text/x-markdown text/x-org text/x-processing" +
  " text/x-suse-ymp text/xml text/yaml x-shader/x-fragment x-shader/x-vertex ";

/** The fields of the coded form: what it is, that it was negotiated, and that it is not byte for byte. */
function compressedFields(fields: readonly string[], coding: Coding): string[] {
  const coded: string[] = [];
  let vary = -1;
  let saysSo = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    const lower = name.toLowerCase();
    if (lower === "vary") {
      if (vary < 0) vary = i + 1;
      saysSo ||= /accept-encoding|\*/i.test(value);
    }
    // RFC 9110 §8.8.1: a strong validator would promise the same bytes as without the coding.
    coded.push(name, lower === "etag" && !value.startsWith("W/") ? "W/" + value : value);
  }
  if (vary < 0) coded.push("vary", "Accept-Encoding");
  else if (!saysSo) coded[vary] = "Accept-Encoding, " + coded[vary];
  coded.push("content-encoding", coding);
  return coded;
}

function compressNow(bytes: Bytes, coding: Coding): Bytes {
  return asBytes(
    coding === "gzip"
      ? zlib.gzipSync(bytes, { level: GZIP_LEVEL })
      : zlib.brotliCompressSync(bytes, { params: brotliParams(bytes.length) }),
  );
}

function brotliParams(sizeHint: number): Record<number, number> {
  return {
    [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [zlib.constants.BROTLI_PARAM_SIZE_HINT]: sizeHint,
  };
}

function asBytes({ buffer, byteOffset, length }: Uint8Array): Bytes {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}

function inPieces(bytes: Bytes): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller): void {
      controller.enqueue(bytes.subarray(at, at += PIECE_BYTES));
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Each piece compressed and flushed before the next is pulled, so that nothing written is held back. */
function compressedStream(
  source: ReadableStream<Uint8Array>,
  coding: Coding,
): ReadableStream<Bytes> {
  const reader = source.getReader();
  const encoder = new Encoder(coding);
  return new ReadableStream<Bytes>({
    async pull(controller): Promise<void> {
      try {
        const { bytes, ended } = await nextPiece(reader, encoder);
        if (bytes.length > 0) controller.enqueue(bytes);
        if (ended) controller.close();
      } catch (error) {
        encoder.close();
        abandon(reader, error);
        throw error;
      }
    },
    cancel(reason): Promise<void> {
      encoder.close();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}

/** Something to send or the end: a pull that came back with neither would not be repeated. */
async function nextPiece(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  encoder: Encoder,
): Promise<{ readonly bytes: Bytes; readonly ended: boolean }> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes: await encoder.end(), ended: true };
    if (!(value instanceof Uint8Array)) {
      throw new TypeError(
        "Cannot send the response: its stream gave a chunk that is no Uint8Array",
      );
    }
    const bytes = await encoder.flush(value);
    if (bytes.length > 0) return { bytes, ended: false };
  }
}

/** Tells the source that nobody reads on; what it makes of that is its own business. */
async function abandon(reader: ReadableStreamDefaultReader, reason: unknown): Promise<void> {
  try {
    await reader.cancel(reason);
  } catch {
    // The source had already failed, with the error that is being reported.
  }
}

/** A zlib stream as two calls that give what came out. */
class Encoder {
  readonly #stream: zlib.Gzip | zlib.BrotliCompress;
  #output: Uint8Array[] = [];

  constructor(coding: Coding) {
    const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
    this.#stream = coding === "gzip"
      ? zlib.createGzip({ level: GZIP_LEVEL, flush: Z_SYNC_FLUSH })
      : zlib.createBrotliCompress({ flush: BROTLI_OPERATION_FLUSH, params: brotliParams(0) });
    this.#stream.on("data", (piece: Uint8Array) => this.#output.push(piece));
    // The failing call's promise reports it; without a listener it would end the process.
    this.#stream.on("error", () => {});
  }

  /** Everything that a decoder needs to see all that was written so far. */
  flush(bytes: Uint8Array): Promise<Bytes> {
    return this.#settled((done) => this.#stream.write(bytes, done));
  }

  /** The rest. */
  end(): Promise<Bytes> {
    return this.#settled((done) => this.#stream.end(done));
  }

  /** Frees what zlib holds; harmless when done twice. */
  close(): void {
    this.#stream.destroy();
  }

  async #settled(call: (done: (error?: Error | null) => void) => void): Promise<Bytes> {
    await new Promise<void>((resolve, reject) => {
      call((error) => error ? reject(error) : resolve());
    });
    const output = this.#output;
    this.#output = [];
    return output.length === 1 ? asBytes(output[0]!) : concat(output);
  }
}

function concat(pieces: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (let i = 0; i < pieces.length; i++) length += pieces[i]!.length;
  const all = new Uint8Array(length);
  for (let i = 0, at = 0; i < pieces.length; at += pieces[i]!.length, i++) all.set(pieces[i]!, at);
  return all;
}
