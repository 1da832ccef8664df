/**
 * Maps of bounded size, in the order in which their entries were set.
 *
 * @module
 */

/** Forgets the entry that was set first where there are more than `most`. To be called after each one is set. */
export function forgetOldest<Key>(map: Map<Key, unknown>, most: number): void {
  if (map.size > most) map.delete(map.keys().next().value!);
}
