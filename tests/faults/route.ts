/**
 * What a route of the fault tests' application is, and what every answer carries.
 *
 * @module
 */

/** Answers one route. */
export type Route = (call: Call) => unknown;

/** A request with what its route needs. */
export interface Call {
  readonly id: string;
  readonly request: Request;
  readonly info: Deno.ServeHandlerInfo;
}

/** The length of the answer of `/large`. */
export const LARGE_BYTES = 65_536;

/** The date of every answer. */
export const DATE = "Thu, 01 Jan 2026 00:00:00 GMT";

/** The fields of every answer. */
export function fieldsOf(id: string): Record<string, string> {
  return { "date": DATE, "x-id": id };
}

/** A string of `length` characters that repeats `id`. */
export function filledWith(id: string, length: number): string {
  return `${id} `.repeat(Math.floor(length / (id.length + 1))).padEnd(length);
}
