/**
 * The path by which an app says that it is ready.
 *
 * @module
 */

/** Whether it can stand in a request: absolute, of visible characters. */
export function isReadyPath(path: string): boolean {
  return /^\/[\x21-\x7e]*$/.test(path);
}
