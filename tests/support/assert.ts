/**
 * The assertions that the black-box tests use, with types. The npm build of the standard library comes
 * without declarations, so each function gets its signature here, once.
 *
 * @module
 */

import * as std from "@std/assert";

type ErrorClass<E extends Error> = new (...args: never[]) => E;

interface Assertions {
  assert(value: unknown, message?: string): asserts value;
  assertEquals<T>(actual: T, expected: T, message?: string): void;
  assertMatch(actual: string, expected: RegExp, message?: string): void;
  assertStringIncludes(actual: string, expected: string, message?: string): void;
  assertThrows<E extends Error = Error>(call: () => unknown, type?: ErrorClass<E>): E;
  assertRejects<E extends Error = Error>(
    call: () => PromiseLike<unknown>,
    type?: ErrorClass<E>,
  ): Promise<E>;
}

const typed: Assertions = std;

export const assert: Assertions["assert"] = typed.assert;
export const assertEquals: Assertions["assertEquals"] = typed.assertEquals;
export const assertMatch: Assertions["assertMatch"] = typed.assertMatch;
export const assertStringIncludes: Assertions["assertStringIncludes"] = typed.assertStringIncludes;
export const assertThrows: Assertions["assertThrows"] = typed.assertThrows;
export const assertRejects: Assertions["assertRejects"] = typed.assertRejects;
