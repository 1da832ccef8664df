/**
 * Response → send plan: what goes out, and whether its body is here or comes in pieces. Two ways lead
 * there: through the runtime's private shape (response_shape.ts), and through the public interface below,
 * for a runtime whose shape is another. Both give the same plans, but for what cannot be told from
 * outside: the public way sends field names in lower case and joins repeated lines, finds out about a
 * string's length a few microtasks later, and gives a length to a stream that was complete from the start.
 *
 * The ways of the platform are taken from its prototypes once, so that a subclass or an own property of a
 * Response does not change what is sent, as with Deno.serve.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import { soon } from "../../reactor/timing/microtasks.ts";
import { cheapPlan, shapeHolds } from "./response_shape.ts";
import {
  errorResponse,
  FieldLines,
  lockedBody,
  notAResponse,
  type SendPlan,
  type StreamPlan,
  usedBody,
  type WholePlan,
} from "./send_plan.ts";

export type { LaterPlan, SendPlan, StreamPlan, WholePlan } from "./send_plan.ts";

/**
 * How Responses are taken apart: `auto` looks into the runtime's private shape if that is as expected,
 * `public` never does. Both send the same.
 */
export type TakeApartMode = "auto" | "public";

type Way = (response: Response) => SendPlan;

/** Module state, because what it remembers is true of the runtime, not of one server. */
let way: Way = firstUse;

/**
 * What to send for what a handler returned. Synchronous, and marks the Response used: a second plan for
 * the same one is refused, unless it has no body.
 *
 * @throws {TypeError} If it is not a Response of this realm, is an error response (`Response.error()`),
 * or its body was used or is locked. The message says which.
 */
export function sendPlan(response: unknown): SendPlan {
  if (!(response instanceof NativeResponse)) throw notAResponse(response);
  return way(response);
}

/** Sets how Responses are taken apart from now on, in this realm. For tests and measurements. */
export function takeApart(mode: TakeApartMode): void {
  way = mode === "public" ? publicPlan : firstUse;
}

function firstUse(response: Response): SendPlan {
  way = shapeHolds() ? cheapOrPublic : publicPlan;
  return way(response);
}

function cheapOrPublic(response: Response): SendPlan {
  return cheapPlan(response) ?? publicPlan(response);
}

const NativeResponse = Response;
const typeOf = getter<string>("type");
const statusOf = getter<number>("status");
const urlOf = getter<string>("url");
const headersOf = getter<Headers>("headers");
const bodyOf = getter<ReadableStream<Bytes> | null>("body");
const bodyUsedOf = getter<boolean>("bodyUsed");
const forEach = Headers.prototype.forEach;

function getter<T>(name: keyof Response): (this: Response) => T {
  return Object.getOwnPropertyDescriptor(Response.prototype, name)!.get!;
}

function publicPlan(response: Response): SendPlan {
  if (publicType(response) === "error") throw errorResponse();
  const status = statusOf.call(response);
  const stream = bodyOf.call(response);
  if (stream === null) return publicFields(response).whole(status, null);
  if (bodyUsedOf.call(response)) throw usedBody();
  if (stream.locked) throw lockedBody();
  const reader = stream.getReader();
  return { kind: "later", plan: look(reader, status, publicFields(response)) };
}

function publicType(response: Response): string {
  try {
    return typeOf.call(response);
  } catch {
    // The getter's own check: the prototype is right, but the constructor never ran on it.
    throw notAResponse(response);
  }
}

function publicFields(response: Response): FieldLines {
  const headers = headersOf.call(response);
  const decoded = isDecoded(response, headers);
  const fields = new FieldLines();
  forEach.call(headers, (value, name) => {
    if (!decoded || (name !== "content-encoding" && name !== "content-length")) {
      fields.add(name, value);
    }
  });
  return fields;
}

/** Whether `fetch` made this Response and undid its content coding, of which the fields still speak. */
function isDecoded(response: Response, headers: Headers): boolean {
  const coding = headers.get("content-encoding");
  return (coding === "gzip" || coding === "br") && urlOf.call(response) !== "";
}

/** What became of the first read, as far as is known. */
interface Seen {
  chunk: unknown;
  /** Whether the stream has ended after that chunk. */
  ended: boolean;
}

/**
 * Reads the first piece, and looks whether it is the whole body, which then has a length: the stream over
 * a string or bytes gives all with its first read and ends soon after it. To wait longer would only keep
 * the head of a slow stream from the client.
 */
async function look(
  reader: ReadableStreamDefaultReader<Bytes>,
  status: number,
  fields: FieldLines,
): Promise<WholePlan | StreamPlan> {
  const seen: Seen = { chunk: undefined, ended: false };
  const first = reader.read();
  watch(reader, first, seen);
  await soon(() => seen.ended);
  if (seen.ended && seen.chunk instanceof Uint8Array) {
    return fields.whole(status, seen.chunk as Bytes);
  }
  return fields.streamed(status, resumed(reader, first));
}

async function watch(
  reader: ReadableStreamDefaultReader<Bytes>,
  first: Promise<ReadableStreamReadResult<Bytes>>,
  seen: Seen,
): Promise<void> {
  try {
    seen.chunk = (await first).value;
    await reader.closed;
    seen.ended = true;
  } catch {
    // Whoever reads the resumed stream meets the error there.
  }
}

/** The stream again, from its first piece on, and pulled no sooner than its reader pulls. */
function resumed(
  reader: ReadableStreamDefaultReader<Bytes>,
  first: Promise<ReadableStreamReadResult<Bytes>>,
): ReadableStream<Bytes> {
  let next: Promise<ReadableStreamReadResult<Bytes>> | null = first;
  return new ReadableStream<Bytes>({
    async pull(controller): Promise<void> {
      const read = next ?? reader.read();
      next = null;
      const { done, value } = await read;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}
