/**
 * What had arrived of a request's body when its answer was given, kept for whoever reads the body later.
 *
 * @module
 */

import { latin1Bytes } from "../memory/latin1.ts";
import { joined } from "../memory/pieces.ts";
import type { Bytes } from "../ports.ts";

/** See the head of this file. */
export class RetainedBytes {
  /** As a string with one character a byte, where that is cheaper; `null` once they were taken. */
  #content: Bytes | string | null;

  /** `content` belongs to it from now on. */
  constructor(content: Bytes | string) {
    this.#content = content;
  }

  /** More has arrived. */
  add(bytes: Bytes): void {
    const before = this.take();
    this.#content = before === null ? bytes : joined([before, bytes], before.length + bytes.length);
  }

  /** All of it, once; then `null`. */
  take(): Bytes | null {
    const content = this.#content;
    this.#content = null;
    return typeof content === "string" ? latin1Bytes(content) : content;
  }
}
