/**
 * The field Range (RFC 9110 §14): which bytes of a file a request asks for. Pure.
 *
 * What is malformed, of another unit, or too much is as if it were not there: then the whole file goes
 * out, which a server may always send (§14.2). Ranges that overlap or touch become one.
 *
 * @module
 */

/** Bytes of a file from the first to the last, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What to send: the file, some ranges of it, or 416. */
export type RangeChoice =
  | { readonly kind: "whole" }
  | { readonly kind: "ranges"; readonly ranges: readonly [ByteRange, ...ByteRange[]] }
  | { readonly kind: "unsatisfiable" };

/** More than any reader of documents or media asks for at once; each part costs a seek and a read. */
export const MOST_RANGES = 16;

const WHOLE: RangeChoice = { kind: "whole" };
const UNIT = /^bytes[ \t]*=/i;
const SPEC = /^(\d*)-(\d*)$/;

/** Chooses for a file of `size` bytes. */
export function chooseRanges(field: string, size: number): RangeChoice {
  const unit = UNIT.exec(field);
  // Of an empty file there is nothing but the whole; nginx and Go answer so too.
  if (unit === null || size === 0) return WHOLE;
  const specs = field.slice(unit[0].length).split(",").map((spec) => spec.trim())
    .filter((spec) => spec !== "");
  if (specs.length === 0 || specs.length > MOST_RANGES) return WHOLE;
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = rangeOf(spec, size);
    if (range === "malformed") return WHOLE;
    if (range !== "unsatisfiable") ranges.push(range);
  }
  const [first, ...rest] = united(ranges);
  if (first === undefined) return { kind: "unsatisfiable" };
  return { kind: "ranges", ranges: [first, ...rest] };
}

/** How many bytes a range has. */
export function lengthOf({ first, last }: ByteRange): number {
  return last - first + 1;
}

function rangeOf(spec: string, size: number): ByteRange | "malformed" | "unsatisfiable" {
  const match = SPEC.exec(spec);
  if (match === null) return "malformed";
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return "malformed";
  if (from === "") {
    const count = Math.min(Number(to), size);
    return count === 0 ? "unsatisfiable" : { first: size - count, last: size - 1 };
  }
  const first = Number(from);
  if (to !== "" && Number(to) < first) return "malformed";
  if (first >= size) return "unsatisfiable";
  return { first, last: to === "" ? size - 1 : Math.min(Number(to), size - 1) };
}

/** The same bytes, each once; in the order asked for if nothing overlaps or touches, else ascending. */
function united(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const merged: ByteRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const before = merged.at(-1);
    if (before === undefined || range.first > before.last + 1) merged.push(range);
    else merged.push({ first: merged.pop()!.first, last: Math.max(before.last, range.last) });
  }
  return merged.length === ranges.length ? ranges : merged;
}
