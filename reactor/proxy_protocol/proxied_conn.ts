/**
 * A connection that begins with a PROXY header. Once that is read, the connection's addresses are those
 * that the header names, and what came after it is what the first read gives.
 *
 * @module
 */

import type { Address, Bytes, Conn, ProxyHeader } from "../ports.ts";
import { readProxyHeader } from "./header.ts";

/** Holds a usual header, and what often comes with it: the head of the first request. */
const FIRST_BYTES = 512;

/** See the head of this file. */
export class ProxiedConn implements Conn {
  readonly #conn: Conn;
  readonly #allowed: boolean;
  #header: ProxyHeader | null = null;
  /** What came after the header and was not read yet. */
  #rest: Bytes | null = null;

  /** `allowed`: whether this peer may send a header; else the connection fails. */
  constructor(conn: Conn, { allowed }: { readonly allowed: boolean }) {
    this.#conn = conn;
    this.#allowed = allowed;
  }

  get localAddr(): Address {
    return this.#header?.destination ?? this.#conn.localAddr;
  }

  get remoteAddr(): Address {
    return this.#header?.source ?? this.#conn.remoteAddr;
  }

  get proxyHeader(): ProxyHeader | null {
    return this.#header;
  }

  async readProxyHeader(): Promise<void> {
    if (!this.#allowed) throw new Error("The peer may not send a PROXY header");
    let buffer: Bytes = new Uint8Array(FIRST_BYTES);
    let filled = 0;
    while (this.#header === null) {
      const count = await this.#conn.read(buffer.subarray(filled));
      if (count === null) throw new Error("The connection ended before its PROXY header");
      filled += count;
      const reading = readProxyHeader(buffer.subarray(0, filled));
      switch (reading.kind) {
        case "wrong":
          throw new Error(`The PROXY header is wrong: ${reading.why}`);
        case "more":
          if (reading.least > buffer.length) buffer = enlarged(buffer, reading.least);
          break;
        case "whole":
          this.#header = reading.header;
          if (filled > reading.length) this.#rest = buffer.slice(reading.length, filled);
      }
    }
  }

  read(into: Bytes): Promise<number | null> {
    const rest = this.#rest;
    if (rest === null) return this.#conn.read(into);
    const count = Math.min(rest.length, into.length);
    into.set(rest.subarray(0, count));
    this.#rest = count < rest.length ? rest.subarray(count) : null;
    return Promise.resolve(count);
  }

  write(bytes: Bytes): Promise<number> {
    return this.#conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }

  ref(): void {
    this.#conn.ref();
  }

  unref(): void {
    this.#conn.unref();
  }
}

function enlarged(buffer: Bytes, length: number): Bytes {
  const larger = new Uint8Array(length);
  larger.set(buffer);
  return larger;
}
