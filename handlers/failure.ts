/**
 * The answer to a request whose handler failed, when the program has no `onError` of its own.
 *
 * @module
 */

import { BodyError } from "../reactor/errors.ts";
import { REASON_PHRASES } from "../reactor/h1/reason_phrases.ts";
import { report } from "./report.ts";
import { UpgradeError } from "./websocket/upgrade_error.ts";

/**
 * 500, and the error on stderr, as `Deno.serve` does it. A body that the client sent too large, too slowly
 * or broken, or a WebSocket handshake that cannot succeed, is no fault of the program: it gets its own
 * status and is not reported.
 */
export function failureResponse(error: unknown): Response {
  if (error instanceof BodyError) return plain(error.status);
  if (error instanceof UpgradeError) return error.getResponse();
  report("The handler failed:", error);
  return plain(500);
}

function plain(status: number): Response {
  const response = new Response(REASON_PHRASES[status], { status });
  response.headers.delete("content-type");
  return response;
}
