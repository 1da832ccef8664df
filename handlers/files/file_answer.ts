/**
 * What a request gets of a file: whole, in part, or only its fields. Decided before anything is opened;
 * pure.
 *
 * @module
 */

import { joined } from "../../reactor/memory/pieces.ts";
import type { Bytes } from "../../reactor/ports.ts";
import { type BodyPart, contentRange, multipart } from "./multipart.ts";
import { evaluate, rangeCounts } from "./preconditions.ts";
import { type ByteRange, chooseRanges, lengthOf } from "./ranges.ts";
import type { Field, Representation } from "./representation.ts";

/** An answer without its body. */
export interface Answer {
  readonly status: number;
  readonly fields: readonly Field[];
  /** What of the file its body is made of; `null` when there is none to send. */
  readonly parts: readonly BodyPart[] | null;
}

/** The answer to a GET or HEAD. */
export function answerFor(request: Request, file: Representation): Answer {
  const { method, headers } = request;
  const condition = evaluate(headers, file);
  if (condition === "not modified") return { status: 304, fields: unchanged(file), parts: null };
  if (condition === "failed") return { status: 412, fields: emptyBody(file), parts: null };
  // Range is defined for GET alone (RFC 9110 §14.2).
  const field = method === "GET" ? headers.get("range") : null;
  if (field === null || !rangeCounts(headers, file)) return wholeFile(request, file);
  const { size } = file.state;
  const choice = chooseRanges(field, size);
  if (choice.kind === "unsatisfiable") {
    const range: Field = ["Content-Range", `bytes */${size}`];
    return { status: 416, fields: [range, ...emptyBody(file)], parts: null };
  }
  if (choice.kind === "whole") return wholeFile(request, file);
  const [first, ...others] = choice.ranges;
  if (others.length === 0) return onePart(file, first);
  // Which fields of a coded form belong to the parts, and which to the whole, is not settled.
  if (file.coding !== null) return wholeFile(request, file);
  const { contentType, length, parts } = multipart(choice.ranges, {
    size,
    contentType: file.contentType,
  });
  return { status: 206, fields: withBody(file, { contentType, length }), parts };
}

/** A file as the page for what is not there: its validators say nothing of what was asked for. */
export function errorPage(request: Request, file: Representation): Answer {
  const { contentType, state: { size } } = file;
  const fields: Field[] = [
    ["Content-Type", contentType],
    ["Content-Length", String(size)],
    ["Cache-Control", "no-store"],
  ];
  return { status: 404, fields, parts: wholeBody(request, size) };
}

/** The bytes of an answer's parts, out of a file that is here. */
export function assemble(parts: readonly BodyPart[], file: Bytes): Bytes {
  const pieces = parts.map((part) =>
    part instanceof Uint8Array ? part : file.subarray(part.first, part.last + 1)
  );
  return joined(pieces, pieces.reduce((sum, { length }) => sum + length, 0));
}

function wholeFile(request: Request, file: Representation): Answer {
  const { contentType, state: { size } } = file;
  const fields = withBody(file, { contentType, length: size });
  return { status: 200, fields, parts: wholeBody(request, size) };
}

/** HEAD and an empty file have no body. */
function wholeBody({ method }: Request, size: number): readonly BodyPart[] | null {
  return method === "GET" && size > 0 ? [{ first: 0, last: size - 1 }] : null;
}

function onePart(file: Representation, range: ByteRange): Answer {
  const { contentType, state: { size } } = file;
  const fields = withBody(file, { contentType, length: lengthOf(range) });
  fields.push(["Content-Range", contentRange(range, size)]);
  return { status: 206, fields, parts: [range] };
}

function withBody(
  { fields }: Representation,
  { contentType, length }: { readonly contentType: string; readonly length: number },
): Field[] {
  return [["Content-Type", contentType], ["Content-Length", String(length)], ...fields];
}

/** Other metadata of the file than a cache needs should not be sent again (RFC 9110 §15.4.5). */
const NOT_IN_304 = ["Content-Encoding", "Last-Modified"];

/** What a 304 says; the entity tag is there whenever the time is, and tells more. */
function unchanged({ fields }: Representation): readonly Field[] {
  return fields.filter(([name]) => !NOT_IN_304.includes(name));
}

/** An error: its body is empty, and it has no coding. */
function emptyBody({ fields }: Representation): Field[] {
  return [["Content-Length", "0"], ...fields.filter(([name]) => name !== "Content-Encoding")];
}
