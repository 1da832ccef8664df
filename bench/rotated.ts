/**
 * Taking turns: who begins changes, so that none always comes first.
 *
 * @module
 */

/** The values in their order, but beginning with another one. */
export function rotated<Value>(values: readonly Value[], by: number): Value[] {
  const at = values.length === 0 ? 0 : by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}
