/**
 * A module that serves: its default export is a handler, or has one as its `fetch`, as `deno serve` takes it.
 *
 * @module
 */

/** What such a module gives; `Info` is what its handler gets beside the request. */
export interface HandlerModule<Info> {
  readonly handler: (request: Request, info: Info) => Response | Promise<Response>;
  readonly onError?: (error: unknown) => Response | Promise<Response>;
}

/**
 * Loads the module at `url`.
 *
 * @throws {TypeError} If its default export serves nothing.
 */
export async function loadHandlerModule<Info>(url: string): Promise<HandlerModule<Info>> {
  const { default: given } = await import(url);
  if (typeof given === "function") return { handler: given };
  if (typeof given?.fetch === "function") {
    return {
      // Called as methods: frameworks keep their routes in `this`.
      handler: (request, info) => given.fetch(request, info),
      ...typeof given.onError === "function"
        ? { onError: (error: unknown) => given.onError(error) }
        : {},
    };
  }
  throw new TypeError(
    `Cannot use "${url}" in workers: its default export is neither a function nor has a fetch`,
  );
}
