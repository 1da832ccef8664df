/**
 * The encoded events of one stream that wait for a slow client: first in, first out, and bounded. Pure.
 *
 * @module
 */

import { joined } from "../../reactor/memory/pieces.ts";
import type { Bytes } from "../../reactor/ports.ts";
import type { FullStreamPolicy } from "./options.ts";

/** What is taken at once, unless one event alone is longer: enough to fill a packet many times over. */
const MOST_AT_ONCE = 64 * 1024;

/** The empty places that are left at the front: to move all that wait for each event taken would be dear. */
const MOST_GONE = 1_024;

/** Some events as one piece. */
export interface Taken {
  readonly bytes: Bytes;
  readonly events: number;
}

/** See the head of this file. */
export class EventBuffer {
  readonly #maxBytes: number;
  readonly #policy: FullStreamPolicy;
  /** Those before `#first` were taken. */
  #waiting: (Bytes | null)[] = [];
  #first = 0;
  #bytes = 0;

  constructor(maxBytes: number, policy: FullStreamPolicy) {
    this.#maxBytes = maxBytes;
    this.#policy = policy;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Puts an event in; returns `false` if there is no room and none is made. */
  put(event: Bytes): boolean {
    if (!this.#hasRoom(event)) {
      if (this.#policy === "close") return false;
      while (!this.#hasRoom(event)) this.#shift();
    }
    this.#waiting.push(event);
    this.#bytes += event.length;
    return true;
  }

  /** Takes the oldest events out, as many as make up one piece; `null` when nothing waits. */
  take(): Taken | null {
    if (this.isEmpty) return null;
    const pieces = [this.#shift()];
    let length = pieces[0]!.length;
    while (!this.isEmpty && length + this.#waiting[this.#first]!.length <= MOST_AT_ONCE) {
      const piece = this.#shift();
      pieces.push(piece);
      length += piece.length;
    }
    return { bytes: joined(pieces, length), events: pieces.length };
  }

  /** Throws everything away. */
  clear(): void {
    this.#waiting = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #hasRoom(event: Bytes): boolean {
    return this.isEmpty || this.#bytes + event.length <= this.#maxBytes;
  }

  #shift(): Bytes {
    const event = this.#waiting[this.#first]!;
    this.#waiting[this.#first++] = null;
    this.#bytes -= event.length;
    if (this.isEmpty) this.clear();
    else if (this.#first > MOST_GONE && this.#first * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    return event;
  }
}
