/**
 * What a client is told whose handshake cannot succeed. The runtime drops its own alerts when a handshake
 * fails over anything but a socket of its own (Deno 2.9.6), so those that precede all encryption are made
 * here; a client that speaks HTTP to a port of TLS gets an answer in HTTP. Pure.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

/** A record of TLS that carries part of a handshake (RFC 8446 §5.1). */
const HANDSHAKE_RECORD = 22;

const ALERT_RECORD = 21;
const FATAL = 2;

/** The alerts of RFC 8446 §6 that are sent here. */
const ALERTS = {
  handshake_failure: 40,
  decode_error: 50,
  protocol_version: 70,
  unrecognized_name: 112,
  no_application_protocol: 120,
} as const;

type Alert = keyof typeof ALERTS;

/** Where a ClientHello has the version of the protocol, after the headers of record and message. */
const VERSION_AT = 9;

const TLS_1_2 = 0x0303;

/** No credentials are there for the server name that a client asks for. */
export class UnknownServerName extends Error {
  constructor() {
    super("No certificate for this server name");
  }
}

/** Whether the first bytes of a connection are a request of HTTP rather than a handshake. */
export function beginsLikeHttp(bytes: Bytes): boolean {
  const first = bytes[0];
  return first !== undefined && ((first >= 65 && first <= 90) || (first >= 97 && first <= 122));
}

/** Whether the first bytes of a connection can be a handshake. */
export function beginsLikeTls(bytes: Bytes): boolean {
  return bytes[0] === HANDSHAKE_RECORD;
}

/** The answer to a client that speaks HTTP to a port of TLS. */
export const HTTP_TO_TLS: Bytes = plainAnswer("This port speaks HTTPS: use https:// in the URL");

/** The answer to a client whose handshake succeeded but whose certificate is missing or no use. */
export const CERTIFICATE_REFUSED: Bytes = plainAnswer("A valid client certificate is required");

/** 400, as nginx answers in both cases. */
function plainAnswer(text: string): Bytes {
  const body = `${text}\n`;
  const head = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: text/plain;charset=UTF-8",
    `Content-Length: ${body.length}`,
    "Connection: close",
  ];
  return new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** The alert for a handshake that failed with `error` after a client began with `hello`. */
export function alertFor(error: unknown, hello: Bytes): Bytes {
  const description = ALERTS[alertNameOf(error, hello)];
  return new Uint8Array([ALERT_RECORD, TLS_1_2 >> 8, TLS_1_2 & 0xff, 0, 2, FATAL, description]);
}

function alertNameOf(error: unknown, hello: Bytes): Alert {
  if (error instanceof UnknownServerName) return "unrecognized_name";
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === "ERR_SSL_NO_APPLICATION_PROTOCOL") return "no_application_protocol";
  const said = String(message);
  if (said.includes("corrupt message")) return "decode_error";
  if (versionOf(hello) < TLS_1_2 || /version|Tls1[23]NotOffered/i.test(said)) {
    return "protocol_version";
  }
  return "handshake_failure";
}

function versionOf(hello: Bytes): number {
  const [high, low] = hello.subarray(VERSION_AT, VERSION_AT + 2);
  return high === undefined || low === undefined ? TLS_1_2 : (high << 8) | low;
}
