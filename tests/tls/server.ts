/**
 * A server with TLS for tests, and openssl's client, which says what it negotiated.
 *
 * @module
 */

import {
  type Certificate,
  serve,
  type ServeHandler,
  type Server,
  type ServeTcpOptions,
} from "../../mod.ts";
import { type Outcome, run } from "../support/programs.ts";

/** A server on a port of its own; it prints nothing. */
export function tlsServer(
  options: ServeTcpOptions,
  handler: ServeHandler<Deno.NetAddr> = () => new Response("ok"),
): Server<Deno.NetAddr> {
  return serve({ hostname: "127.0.0.1", port: 0, onListen() {}, ...options }, handler);
}

/** A request whose answer ends the connection. */
export const GET = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

/** Runs `openssl s_client` against a server; it sends a request and waits for the end of the answer. */
export function sClient(
  { addr }: Server<Deno.NetAddr>,
  args: readonly string[] = [],
  stdin = GET,
): Promise<Outcome> {
  const to = ["s_client", "-connect", `127.0.0.1:${addr.port}`, "-ign_eof"];
  return run("openssl", [...to, ...args], { stdin });
}

/** The common name of the certificate that a client got. */
export function subjectOf({ stdout }: Outcome): string {
  return /subject=CN = (\S+)/.exec(stdout)?.[1] ?? "";
}

/** The options `cert` and `key`, and nothing else of a certificate. */
export function pair({ cert, key }: Certificate): Certificate {
  return { cert, key };
}
