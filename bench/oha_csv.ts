/**
 * oha's report with a line for each answer. Requests without an answer are not in it.
 *
 * @module
 */

import { BadReport } from "./oha.ts";

/** One answer. */
export interface OhaSample {
  /** When its request was sent, from the begin of the load, in milliseconds. */
  readonly atMs: number;
  /** From when it was due, if the load has a rate, to the whole answer, in milliseconds. */
  readonly ms: number;
  readonly status: number;
}

const HEADER = "request-start,DNS,DNS+dialup,Response-delay,request-duration,bytes,status";

/** Reads the report. @throws {BadReport} If it has changed its form. */
export function parseOhaCsv(text: string): readonly OhaSample[] {
  const [header, ...lines] = text.trim().split("\n");
  if (header !== HEADER) throw new BadReport(`oha wrote no CSV: "${text.slice(0, 80)}"`);
  return lines.map((line) => {
    const fields = line.split(",");
    return {
      atMs: Number(fields[0]) * 1000,
      ms: Number(fields[4]) * 1000,
      status: Number(fields[6]),
    };
  });
}
