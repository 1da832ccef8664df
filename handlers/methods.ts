/**
 * Which methods a ready-made handler answers.
 *
 * @module
 */

/** 405 with `Allow` (RFC 9110 §15.5.6) for a method that is not in `allowed`; else `null`. */
export function refuseMethod(request: Request, allowed: readonly string[]): Response | null {
  if (allowed.includes(request.method)) return null;
  return new Response("Method not allowed\n", {
    status: 405,
    headers: { allow: allowed.join(", "), "cache-control": "no-store" },
  });
}

/** The methods of a resource that is only looked at; the engine leaves the body out for HEAD. */
export const READING: readonly string[] = ["GET", "HEAD"];
