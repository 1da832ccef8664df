/**
 * The opening handshake on the server's side (RFC 6455 §4.2): what a request must say, and what the answer
 * says. The first checks and their messages are those of `Deno.upgradeWebSocket`.
 *
 * @module
 */

import { elementsOf } from "../fetch/fields.ts";
import type { AllowedOrigins, SocketOptions } from "./options.ts";
import { UpgradeError } from "./upgrade_error.ts";

/** RFC 6455 §1.3. */
const ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Base64 of 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{22}==$/;

/** RFC 9110 §5.6.2; a subprotocol is one (RFC 6455 §4.1). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The fields of the 101 for this request.
 *
 * @throws {UpgradeError} If the request is no handshake that can be accepted.
 */
export function acceptHandshake(request: Request, options: SocketOptions): Record<string, string> {
  const { headers, method } = request;
  if (!elementsOf(headers.get("upgrade")).includes("websocket")) {
    throw bad("Invalid Header: 'upgrade' header must contain 'websocket'");
  }
  if (!elementsOf(headers.get("connection")).includes("upgrade")) {
    throw bad("Invalid Header: 'connection' header must contain 'Upgrade'");
  }
  const key = headers.get("sec-websocket-key");
  if (key === null) throw bad("Invalid Header: 'sec-websocket-key' header must be set");
  if (method !== "GET") throw new UpgradeError(405, "Cannot upgrade: the method must be GET");
  if (headers.get("sec-websocket-version") !== "13") {
    throw new UpgradeError(426, "Invalid Header: 'sec-websocket-version' header must be '13'");
  }
  if (!KEY.test(key)) throw bad("Invalid Header: 'sec-websocket-key' must be 16 bytes in base64");
  checkProtocol(headers.get("sec-websocket-protocol"), options.protocol);
  checkOrigin(request, options.allowedOrigins);
  return {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": acceptKey(key),
    ...(options.protocol === null ? {} : { "sec-websocket-protocol": options.protocol }),
  };
}

/** What is no HTTP/1.1 request for an upgrade, as the engine has read it. */
export function badUpgrade(): UpgradeError {
  return bad("Cannot upgrade: the request must be HTTP/1.1 and have no body");
}

function bad(message: string): UpgradeError {
  return new UpgradeError(400, message);
}

/** Node's module is loaded when it is first needed, for which even `node:process` is too large. */
function acceptKey(key: string): string {
  const { createHash } = globalThis.process.getBuiltinModule("node:crypto");
  return createHash("sha1").update(key + ACCEPT_GUID).digest("base64");
}

function checkProtocol(offered: string | null, chosen: string | null): void {
  const protocols = offered === null ? [] : offered.split(",").map((each) => each.trim());
  if (!protocols.every((each) => TOKEN.test(each))) {
    throw bad("Invalid Header: 'sec-websocket-protocol' must be a list of tokens");
  }
  if (chosen === null || protocols.includes(chosen)) return;
  throw bad(`Protocol '${chosen}' not in the request's protocol list (non negotiable)`);
}

function checkOrigin(request: Request, allowed: AllowedOrigins | null): void {
  if (allowed === null) return;
  const origin = request.headers.get("origin");
  if (isAllowed(origin, { request, allowed })) return;
  throw new UpgradeError(403, "Cannot upgrade: the request's Origin is not allowed");
}

function isAllowed(
  origin: string | null,
  { request, allowed }: { request: Request; allowed: AllowedOrigins },
): boolean {
  if (typeof allowed === "function") return allowed(origin, request);
  if (origin === null) return true;
  if (allowed !== "same") return allowed.includes(origin);
  const url = URL.parse(origin);
  if (url === null || url.host === "") return false;
  // Behind a proxy that ends TLS, the schemes differ: only host and port have to be the same.
  return url.host === URL.parse(request.url.replace(/^https?:/, url.protocol))?.host;
}
