/**
 * The cheap way into a `Response`: through the symbols under which Deno's runtime itself keeps status,
 * fields and body. Taking `new Response("…")` apart in this way costs little, while the public way has to
 * open a stream (docs/performance.md, "Primitives"). The symbols are nobody's contract. So they are named in this file alone, looked up by
 * their descriptions, and trusted only after samples of each kind have shown that they say what the
 * public interface says. Where they do not, there is no cheap plan, and response.ts does without.
 *
 * What the runtime (2.9) keeps where:
 *
 * - `lazy static body`: the string of a Response made without options, as long as nobody asked for its
 *   headers or body; `lazy static content type`: its type, `null` for a string's default.
 * - else `response`: `headerList` of pairs, in the order and case given, to which a type still waiting
 *   under `lazy static content type` belongs; `body.streamOrStatic`: `{ body, consumed }` for strings and
 *   bytes, a stream for anything else and for a string of which somebody has asked for `body`, in
 *   which case `body.source` still has it; `bodyDecoded`: whether `fetch` undid the content coding.
 * - `serve fast consumed`: set when Deno.serve has sent it; `bodyUsed` of a string or bytes follows it.
 * - `serve native response`: a copy that the constructor makes outside JavaScript, for Deno.serve alone,
 *   of an answer with fields of its own.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import {
  errorResponse,
  FieldLines,
  lockedBody,
  notAResponse,
  type StreamPlan,
  usedBody,
  type WholePlan,
} from "./send_plan.ts";

type Slots = Record<symbol, unknown>;

interface InnerResponse {
  readonly type: string;
  readonly status: number;
  readonly headerList: readonly (readonly [name: string, value: string])[];
  readonly body: InnerBody | null;
  readonly bodyDecoded: boolean;
}

interface InnerBody {
  readonly streamOrStatic: StaticBody | (ReadableStream<Uint8Array> & { consumed?: undefined });
  readonly source: unknown;
  consumed(): boolean;
}

interface StaticBody {
  readonly body: string | Bytes;
  readonly consumed: boolean;
}

// Kept, because programs replace the global one.
const NativeResponse = Response;
const DESCRIBED = Object.getOwnPropertySymbols(new NativeResponse(""));
const INNER = slot("response");
const LAZY_BODY = slot("lazy static body");
const LAZY_TYPE = slot("lazy static content type");
const CONSUMED = slot("serve fast consumed");
const NATIVE_COPY = slot("serve native response");
const headersOf = Object.getOwnPropertyDescriptor(NativeResponse.prototype, "headers")!.get!;

const TEXT_FIELDS: readonly string[] = ["content-type", "text/plain;charset=UTF-8"];
const JSON_FIELDS: readonly string[] = ["content-type", "application/json"];

/** The symbol of that description; one that nothing has when the runtime knows none, or several. */
function slot(description: string): symbol {
  const found = DESCRIBED.filter((symbol) => symbol.description === description);
  return found.length === 1 ? found[0]! : Symbol(description);
}

/**
 * Takes a Response apart through the runtime's own symbols, and marks it used as the runtime would;
 * `null` when it holds a stream and the shape of those is not as expected. To be called only where
 * {@linkcode shapeHolds}.
 *
 * @throws {TypeError} If it is not the runtime's own, is an error response, or its body is used or locked.
 */
export function cheapPlan(response: Response): WholePlan | StreamPlan | null {
  const slots = response as unknown as Slots;
  if (slots[CONSUMED] === true) throw usedBody();
  const text = slots[LAZY_BODY];
  if (typeof text === "string") {
    slots[CONSUMED] = true;
    return { kind: "whole", status: 200, fields: lazyFields(slots[LAZY_TYPE]), body: text };
  }
  return innerPlan(slots);
}

function lazyFields(type: unknown): readonly string[] {
  if (type === null) return TEXT_FIELDS;
  return type === "application/json" ? JSON_FIELDS : ["content-type", String(type)];
}

function innerPlan(slots: Slots): WholePlan | StreamPlan | null {
  const inner = slots[INNER] as InnerResponse | undefined;
  if (inner === undefined) throw notAResponse(slots);
  if (inner.type === "error") throw errorResponse();
  // Asking for the headers drops the copy now; later, a finalizer does it at a cost (docs/performance.md).
  if (slots[NATIVE_COPY]) headersOf.call(slots);
  const { status, body } = inner;
  if (body === null) return innerFields(inner, slots).whole(status, null);
  const held = body.streamOrStatic;
  if (held.consumed === undefined) {
    // Decided on the first such Response: the samples load the runtime's streams, some milliseconds
    // that a program without streams need not pay.
    streamsHold ??= samplesHold(STREAMED);
    return streamsHold ? streamPlan({ slots, inner, body, stream: held }) : null;
  }
  if (held.consumed) throw usedBody();
  slots[CONSUMED] = true;
  return innerFields(inner, slots).whole(status, held.body);
}

function streamPlan(
  { slots, inner, body, stream }: {
    slots: Slots;
    inner: InnerResponse;
    body: InnerBody;
    stream: ReadableStream<Uint8Array>;
  },
): WholePlan | StreamPlan {
  const { source } = body;
  if (body.consumed()) throw usedBody();
  if (stream.locked) throw lockedBody();
  slots[CONSUMED] = true;
  const fields = innerFields(inner, slots);
  if (typeof source !== "string" && !(source instanceof Uint8Array)) {
    return fields.streamed(inner.status, stream);
  }
  // Nobody read from the stream over this string or these bytes; from now on `bodyUsed` is true.
  stream.cancel();
  return fields.whole(inner.status, source as string | Bytes);
}

function innerFields(inner: InnerResponse, slots: Slots): FieldLines {
  const fields = new FieldLines();
  const { headerList, bodyDecoded } = inner;
  for (let i = 0; i < headerList.length; i++) {
    const line = headerList[i]!;
    if (!bodyDecoded || !describesCoding(line[0])) fields.add(line[0], line[1]);
  }
  const type = slots[LAZY_TYPE];
  if (type !== null) fields.add("content-type", String(type));
  return fields;
}

/** Whether a field is about the coded form of a body that `fetch` has decoded. */
function describesCoding(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === "content-encoding" || lower === "content-length";
}

/** A Response whose cheap plan is known. */
interface Sample {
  /** Makes it; called twice, so that the public interface can be asked about an untouched twin. */
  readonly make: () => Response;
  /** The body's text, `null` for none, or what else becomes of it. */
  readonly body: string | null | typeof STREAM | typeof REFUSED;
}

const STREAM = Symbol("a stream that is handed on");
const REFUSED = Symbol("no plan, but a TypeError");
const BYTES = new Uint8Array([104, 105]);

/** One of each way in which the runtime keeps a Response without a stream. */
const AT_REST: readonly Sample[] = [
  { make: () => new NativeResponse("hi"), body: "hi" },
  { make: () => NativeResponse.json({}), body: "{}" },
  { make: () => new NativeResponse("hi", { status: 404, headers: { "X-A": "1" } }), body: "hi" },
  {
    make: () => new NativeResponse("hi", { headers: { "content-type": "text/plain" } }),
    body: "hi",
  },
  { make: () => new NativeResponse(BYTES), body: "hi" },
  { make: () => new NativeResponse(null, { status: 204 }), body: null },
  { make: () => after(new NativeResponse("hi"), addCookies), body: "hi" },
  { make: () => after(new NativeResponse("hi"), (it) => it.text()), body: REFUSED },
  { make: () => NativeResponse.error(), body: REFUSED },
];

/** The same for those with a stream, be it a handler's or the runtime's own over a string. */
const STREAMED: readonly Sample[] = [
  { make: () => new NativeResponse(new ReadableStream()), body: STREAM },
  { make: () => after(new NativeResponse("hi"), (it) => it.body), body: "hi" },
  { make: () => new NativeResponse(new NativeResponse("hi").body), body: "hi" },
  { make: () => after(new NativeResponse("hi"), (it) => it.body!.getReader()), body: REFUSED },
  { make: () => after(new NativeResponse("hi"), (it) => it.body!.cancel()), body: REFUSED },
];

/** Module state, because it is a fact about the runtime; `undefined` until it is known. */
let streamsHold: boolean | undefined;

function after(response: Response, use: (response: Response) => unknown): Response {
  use(response);
  return response;
}

function addCookies({ headers }: Response): void {
  headers.append("Set-Cookie", "a=1");
  headers.append("X-A", "1");
  headers.append("Set-Cookie", "b=2");
}

/**
 * Whether the cheap way gives what the public interface gives, for a Response of each kind but streams,
 * which are looked at when the first of them comes. Never throws.
 */
export function shapeHolds(): boolean {
  return samplesHold(AT_REST);
}

function samplesHold(samples: readonly Sample[]): boolean {
  const before = streamsHold;
  try {
    // The samples with streams would ask for this very answer.
    streamsHold = true;
    for (let i = 0; i < samples.length; i++) {
      if (!sampleHolds(samples[i]!)) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    streamsHold = before;
  }
}

function sampleHolds({ make, body }: Sample): boolean {
  const response = make();
  if (body === REFUSED) return refuses(response);
  const plan = cheapPlan(response);
  const twin = make();
  if (plan === null || plan.status !== twin.status) return false;
  if (listed(plan.fields) !== publicFields(twin)) return false;
  if (plan.kind === "stream") return body === STREAM && plan.stream === response.body;
  // Sent means used, also to the public interface; only what has no body can be sent again.
  return textOf(plan.body) === body && (body === null || (response.bodyUsed && refuses(response)));
}

function refuses(response: Response): boolean {
  try {
    cheapPlan(response);
    return false;
  } catch (error) {
    return error instanceof TypeError;
  }
}

function textOf(body: string | Bytes | null): string | null {
  return body instanceof Uint8Array ? String.fromCharCode(body[0]!, body[1]!) : body;
}

/** Field lines as `Headers` gives them: names in lower case, and sorted. */
function listed(fields: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    lines.push(fields[i]!.toLowerCase() + ":" + fields[i + 1]);
  }
  return lines.sort().join("\n");
}

function publicFields(response: Response): string {
  const lines: string[] = [];
  response.headers.forEach((value, name) => lines.push(name + ":" + value));
  return lines.join("\n");
}
