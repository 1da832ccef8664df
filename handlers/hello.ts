/**
 * The handler of the program: `Hello World!` to GET and HEAD on every path, 501 to all other methods
 * (RFC 9110 §9.1: a method that the server does not know or implement).
 *
 * @module
 */

const HEADERS = { "content-type": "text/plain" };

/** Answers a request; the engine leaves the body out for HEAD and keeps its length. */
export function hello(request: Request): Response {
  if (request.method === "GET" || request.method === "HEAD") {
    return new Response("Hello World!\r\n", { headers: HEADERS });
  }
  return new Response("501 Not Implemented\r\n", { status: 501, headers: HEADERS });
}
