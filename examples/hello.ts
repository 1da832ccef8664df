/**
 * A program for `deno task serve examples/hello.ts`, and for `deno serve examples/hello.ts` as well.
 *
 * @module
 */

export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url);
    return new Response(`Hello from ${pathname}\n`);
  },
};
