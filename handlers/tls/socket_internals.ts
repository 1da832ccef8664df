/**
 * What is needed of a TLS socket beyond its public interface, all of it in this file. The tests of TLS show
 * it when a version of Deno has it no more.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";

type TLSSocket = import("node:tls").TLSSocket;

/** The part of the socket's handle that is used; Node has the first as well. */
interface Handle extends Partial<RecordHandle> {
  verifyError(): unknown;
  _flushEncOut?(): void;
}

/** What a handle has over anything but a socket of the runtime. */
interface RecordHandle {
  /** Says who gets the plain text from now on: an `ArrayBuffer`, or nothing at the end of the stream. */
  setOnread(call: (plain?: ArrayBuffer) => void): void;
  /** Takes in encrypted bytes, and calls that function before it returns. */
  readBuffer(bytes: Bytes): void;
  /** Encrypts; anything but 0 is an error. The object stands for a request, whose end nobody waits for. */
  writeBuffer(request: object, bytes: Bytes): number;
  /** Hands out what is to be sent, and forgets it. */
  drainEncOut(): ArrayBufferView<ArrayBuffer>;
}

/** A session after its handshake: it encrypts and decrypts, and reads and writes nothing by itself. */
export interface RecordLayer {
  /** Takes in bytes from the network; says whether plain text, or its end, came of them. */
  decrypt(bytes: Bytes): boolean;
  /** Encrypts bytes for the network; `takeOutput` gives them. */
  encrypt(bytes: Bytes): void;
  /** What is to be sent: what was encrypted, and answers of the protocol itself such as alerts. */
  takeOutput(): Bytes;
}

/** What hears of plain text. */
export interface PlaintextEvents {
  onPlaintext(bytes: Bytes): void;
  onEnd(): void;
}

/** In the place of a request of which nobody wants to hear. */
const REQUEST = { oncomplete() {} };

/**
 * The session of a socket without the streams around it, which cost more than the encryption; `null` where
 * the runtime does not give it, and then the streams have to do. The socket itself emits no data from then
 * on; errors it still does.
 */
export function recordLayerOf(socket: TLSSocket, events: PlaintextEvents): RecordLayer | null {
  const handle = handleOf(socket);
  // The method of the object itself would hand the output to the streams.
  const { writeBuffer } = Object.getPrototypeOf(handle ?? {}) as Partial<RecordHandle>;
  if (handle === null || writeBuffer === undefined || !hasRecords(handle)) return null;
  let came = false;
  handle.setOnread((plain) => {
    came = true;
    if (plain === undefined) events.onEnd();
    else events.onPlaintext(new Uint8Array(plain));
  });
  return {
    decrypt: (bytes) => {
      came = false;
      handle.readBuffer(bytes);
      return came;
    },
    encrypt: (bytes) => {
      if (writeBuffer.call(handle, REQUEST, bytes) !== 0) throw new Error("TLS takes no more");
    },
    takeOutput: () => {
      const { buffer, byteOffset, byteLength } = handle.drainEncOut();
      return new Uint8Array(buffer, byteOffset, byteLength);
    },
  };
}

function hasRecords(handle: Handle): handle is Handle & RecordHandle {
  const { setOnread, readBuffer, drainEncOut } = handle;
  return [setOnread, readBuffer, drainEncOut].every((each) => typeof each === "function");
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
