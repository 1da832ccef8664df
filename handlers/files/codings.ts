/**
 * Which precompressed form of a file a client gets (RFC 9110 §12.5.3). Pure.
 *
 * The standard library's negotiation is not used: between equal weights it takes the coding that the
 * client names first, and browsers name gzip before Brotli; and it does not know `x-gzip`.
 *
 * @module
 */

import type { FileCoding } from "./options.ts";

/** What is put behind the file's name. */
export const EXTENSIONS: Readonly<Record<FileCoding, string>> = {
  br: ".br",
  zstd: ".zst",
  gzip: ".gz",
};

const QUALITY = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/**
 * The codings that the client prefers to the file as it is, the best first; between equal weights in the
 * order of `offered`.
 *
 * @param field Accept-Encoding; `null` when the client sent none, and then wants no coding as far as is
 * known.
 */
export function acceptedCodings(
  field: string | null,
  offered: readonly FileCoding[],
): readonly FileCoding[] {
  if (field === null) return [];
  const weights = weightsIn(field);
  const any = weights.get("*") ?? 0;
  const identity = weights.get("identity") ?? 0;
  const weightOf = (coding: FileCoding) => weights.get(coding) ?? any;
  return offered
    .filter((coding) => weightOf(coding) > 0 && weightOf(coding) >= identity)
    .toSorted((a, b) => weightOf(b) - weightOf(a));
}

function weightsIn(field: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const member of field.split(",")) {
    const [name = "", ...parameters] = member.split(";").map((part) => part.trim());
    const coding = name.toLowerCase();
    // RFC 9110 §8.4.1.3: the same coding.
    weights.set(coding === "x-gzip" ? "gzip" : coding, weightIn(parameters));
  }
  return weights;
}

/** 1 without a weight; 0, not acceptable, for one that cannot be read. */
function weightIn(parameters: readonly string[]): number {
  const parameter = parameters[0];
  if (parameter === undefined) return 1;
  return Number(QUALITY.exec(parameter.replaceAll(/[ \t]/g, ""))?.[1] ?? 0);
}
