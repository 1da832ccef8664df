/**
 * A module that serves: its default export is a handler, or has one as its `fetch`, as `deno serve` takes it.
 *
 * @module
 */

import type { ServeHandler, ServeOptions } from "../serve_options.ts";

/** What such a module gives. */
export interface HandlerModule {
  readonly handler: ServeHandler;
  readonly onError?: ServeOptions["onError"];
}

/**
 * Loads the module at `url`.
 *
 * @throws {TypeError} If its default export serves nothing.
 */
export async function loadHandlerModule(url: string): Promise<HandlerModule> {
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
