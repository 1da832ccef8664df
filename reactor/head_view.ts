/**
 * The head of a request for those who decide or note something before it is handled. Nothing is decoded
 * before it is asked for.
 *
 * @module
 */

import { FieldSection } from "./h1/field_section.ts";
import type { RequestHead } from "./h1/head.ts";
import type { Bytes, Codec } from "./ports.ts";

/** A request's head, to be looked at only until the call that brought it returns. */
export interface RequestView {
  /** The method, case as sent. */
  readonly method: string;
  /** The request target as sent (RFC 9112 §3.2). */
  readonly target: string;
  /** The path in the target as sent, without query and fragment: nothing is decoded or normalized. */
  readonly path: string;
  /** The value of a header field, several lines of it joined by ", ", or `null`. The name's case does not matter. */
  header(name: string): string | null;
}

/** Where a head lies. */
export interface HeadPlace {
  readonly bytes: Bytes;
  readonly start: number;
}

/** See {@linkcode RequestView}. */
export class HeadView implements RequestView {
  readonly #codec: Codec;
  readonly #head: RequestHead;
  readonly #place: HeadPlace;
  #target: string | null = null;
  #fields: FieldSection | null = null;

  constructor(codec: Codec, head: RequestHead, place: HeadPlace) {
    this.#codec = codec;
    this.#head = head;
    this.#place = place;
  }

  get method(): string {
    return this.#head.method;
  }

  get target(): string {
    const { knownTarget, targetStart, targetEnd } = this.#head;
    return this.#target ??= knownTarget?.text ?? this.#text(targetStart, targetEnd);
  }

  get path(): string {
    const { target } = this;
    const absolute = this.#head.targetForm === "absolute";
    const path = absolute ? target.replace(/^[^:]*:\/\/[^/?#]*/, "") : target;
    const end = path.search(/[?#]/);
    return (end === -1 ? path : path.slice(0, end)) || "/";
  }

  header(name: string): string | null {
    const { known, fieldsStart, length } = this.#head;
    this.#fields ??= known?.section ?? new FieldSection(this.#text(fieldsStart, length), 0);
    return this.#fields.get(name);
  }

  #text(from: number, to: number): string {
    const { bytes, start } = this.#place;
    return this.#codec.latin1(bytes, start + from, start + to);
  }
}
