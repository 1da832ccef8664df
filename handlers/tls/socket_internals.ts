/**
 * What is needed of a TLS socket beyond its public interface, all of it in this file. The tests of TLS show
 * it when a version of Deno has it no more.
 *
 * @module
 */

type TLSSocket = import("node:tls").TLSSocket;

/** The part of the socket's handle that is used; Node has the first as well. */
interface Handle {
  verifyError(): unknown;
  _flushEncOut?(): void;
}

/**
 * Why the runtime does not accept the certificate of the peer; "" if it does. Only a `tls.Server` says so in
 * public, and that takes no other connections than its own.
 *
 * @throws {TypeError} If the runtime has another way now: then nobody is accepted.
 */
export function verifyErrorOf(socket: TLSSocket): string {
  const error = handleOf(socket)!.verifyError();
  return error === null || error === "" ? "" : String(error);
}

/**
 * Sends what a handshake has made ready. The runtime does that by itself only while it takes in bytes (Deno
 * 2.9.6), so that a handshake whose certificate was found later would wait for the client, and it for this.
 */
export function flushHandshake(socket: TLSSocket): void {
  handleOf(socket)?._flushEncOut?.();
}

function handleOf(socket: TLSSocket): Handle | null {
  return (socket as unknown as { ssl: Handle | null }).ssl;
}
