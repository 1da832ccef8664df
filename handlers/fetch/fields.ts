/**
 * Header fields as the engine takes them, and the lists in their values.
 *
 * @module
 */

/**
 * The fields as name, value, name, value, …; `check` may throw for a name, which it gets in lower case.
 *
 * @throws {TypeError} If they are no headers.
 */
export function fieldsOf(
  init: HeadersInit | undefined,
  check: (name: string) => void = () => {},
): string[] {
  const fields: string[] = [];
  // To copy headers, the runtime would iterate over arrays, whose iterator a program may have replaced.
  const headers = init instanceof Headers ? init : new Headers(init);
  headers.forEach((value, name) => {
    check(name);
    fields.push(name, value);
  });
  return fields;
}

/** The elements of a list of words (RFC 9110 §5.6.1), in lower case. */
export function elementsOf(list: string | null): string[] {
  return (list ?? "").toLowerCase().split(",").map((element) => element.trim());
}
