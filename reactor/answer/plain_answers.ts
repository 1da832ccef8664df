/**
 * A faster way to write a plain answer, as nearly all answers are: one with HTTP/1.1, a short text, and no
 * field from the handler about framing, persistence or the date. Its head is put together from bytes that
 * were made before: one piece with status and fields, which is remembered, and one with the line of the
 * date, which changes once a second. All other answers are made by `answer.ts`, which gives the same bytes
 * for a plain one. What this saves is in docs/performance.md, "What paid".
 *
 * @module
 */

import type { ResponseHead } from "../exchange.ts";
import { fieldLines, scanFields, statusLine } from "../h1/serialize.ts";
import type { Outbox } from "../memory/outbox.ts";
import type { Bytes, Codec } from "../ports.ts";

/** A longer text may not fit into a buffer: it is encoded into an array of its own and written from there. */
const MOST_CHARS = 16_384;

/** How many heads are remembered; most programs have few different ones. */
const SLOTS = 16;

interface Remembered {
  readonly status: number;
  readonly fields: readonly string[];
  /**
   * The bytes of the head up to the value of Content-Length; `null` if the head is not that of a plain
   * answer. Made when the same head is seen for the second time: a head that is never the same, because a
   * field holds the id of the request, costs little.
   */
  prefix: Bytes | null | undefined;
}

/** The heads that one reactor remembers, and the line of the date. */
export class PlainAnswers {
  readonly #codec: Codec;
  readonly #slots: (Remembered | undefined)[] = new Array(SLOTS).fill(undefined);
  #dateLine = "";
  #suffix: Bytes = new Uint8Array(0);

  constructor(codec: Codec) {
    this.#codec = codec;
  }

  /** Sets the `date` field line; called once a second. */
  setDate(dateLine: string): void {
    this.#dateLine = dateLine;
    this.#suffix = this.#codec.utf8(`\r\n${dateLine}\r\n`);
  }

  /**
   * Appends the whole answer to the outbox and returns the number of bytes in its body. Appends nothing and
   * returns -1 if the answer is not a plain one, its head was not seen before, or there is no room.
   *
   * @throws {TypeError} If a field cannot be sent, see `fieldLines`.
   */
  put(outbox: Outbox, head: ResponseHead, text: string): number {
    if (text.length > MOST_CHARS || this.#dateLine === "") return -1;
    const prefix = this.#recall(head);
    return prefix === null ? -1 : outbox.plain({ prefix, suffix: this.#suffix, text });
  }

  #recall(head: ResponseHead): Bytes | null {
    const { status, fields } = head;
    const slot = (status + fields.length * 3 + (fields[1]?.length ?? 0)) % SLOTS;
    const known = this.#slots[slot];
    if (known === undefined || known.status !== status || !same(known.fields, fields)) {
      this.#slots[slot] = { status, fields: fields.slice(), prefix: undefined };
      return null;
    }
    if (known.prefix === undefined) known.prefix = this.#prefix(head);
    return known.prefix;
  }

  #prefix({ status, fields }: ResponseHead): Bytes | null {
    if (scanFields(fields) !== 0) return null;
    const text = statusLine(status, 1) + fieldLines(fields) + "content-length: ";
    const bytes = this.#codec.utf8(text);
    // A field value that is not ASCII is sent as latin-1, and these bytes are UTF-8.
    return bytes.length === text.length ? bytes : null;
  }
}

function same(known: readonly string[], fields: readonly string[]): boolean {
  if (known.length !== fields.length) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== fields[i]) return false;
  return true;
}
