/**
 * Headers as the engine takes them.
 *
 * @module
 */

/**
 * The fields as name, value, name, value, …; `check` may throw for a name, which it gets in lower case.
 *
 * @throws {TypeError} If they are no headers.
 */
export function fieldsOf(init: HeadersInit | undefined, check: (name: string) => void): string[] {
  const fields: string[] = [];
  new Headers(init).forEach((value, name) => {
    check(name);
    fields.push(name, value);
  });
  return fields;
}
