/**
 * A request's head that outlives the buffer in which it was parsed. The one place where a head is decoded,
 * whether its fields and target were read or remembered: what was remembered needs no text of its own.
 *
 * @module
 */

import type { Bytes } from "../ports.ts";
import type { RequestHead } from "../request_head.ts";
import { FieldSection } from "./field_section.ts";
import type { KnownFields } from "./known_fields.ts";
import type { ParsedHead } from "./parsed_head.ts";
import type { KnownTarget } from "./target_memory.ts";

/** Turns bytes into text, one character a byte. */
export interface Latin1 {
  latin1(bytes: Bytes, from: number, to: number): string;
}

/** See the head of this file. */
export class ReadHead implements RequestHead {
  readonly method: string;
  /** The head's text: without the fields where those are known, empty where the target is known too. */
  readonly #text: string;
  readonly #known: KnownFields | null;
  readonly #knownTarget: KnownTarget | null;
  readonly #targetForm: ParsedHead["targetForm"];
  readonly #targetStart: number;
  readonly #targetEnd: number;
  readonly #fieldsStart: number;
  readonly #hostStart: number;
  readonly #hostEnd: number;
  #fields: FieldSection | null = null;

  /** `parsed` and `bytes` are not kept; the head begins at `start`. */
  constructor(parsed: ParsedHead, { bytes, start, codec }: HeadPlace) {
    const { known, knownTarget } = parsed;
    this.method = parsed.method;
    this.#known = known;
    this.#knownTarget = knownTarget;
    this.#targetForm = parsed.targetForm;
    this.#targetStart = parsed.targetStart;
    this.#targetEnd = parsed.targetEnd;
    this.#fieldsStart = parsed.fieldsStart;
    this.#hostStart = parsed.hostStart;
    this.#hostEnd = parsed.hostEnd;
    const length = known === null ? parsed.length : parsed.targetEnd;
    this.#text = knownTarget === null ? codec.latin1(bytes, start, start + length) : "";
  }

  get target(): string {
    return this.#knownTarget?.text ?? this.#text.slice(this.#targetStart, this.#targetEnd);
  }

  get path(): string {
    const { target } = this;
    const absolute = this.#targetForm === "absolute";
    const path = absolute ? target.replace(/^[^:]*:\/\/[^/?#]*/, "") : target;
    const end = path.search(/[?#]/);
    return (end === -1 ? path : path.slice(0, end)) || "/";
  }

  get host(): string | null {
    if (this.#known !== null) return this.#known.host;
    return this.#hostStart < 0 ? null : this.#text.slice(this.#hostStart, this.#hostEnd);
  }

  get fields(): FieldSection {
    return this.#fields ??= this.#known?.section ?? new FieldSection(this.#text, this.#fieldsStart);
  }

  header(name: string): string | null {
    return this.fields.get(name);
  }

  url(scheme: string, defaultHost: string): string {
    const host = this.host ?? defaultHost;
    if (this.#knownTarget !== null) return this.#knownTarget.urlAt(scheme, host);
    const { target } = this;
    switch (this.#targetForm) {
      case "origin":
        return scheme + host + target;
      case "absolute":
        // RFC 9112 §3.2.2: an absolute target wins over Host.
        return withPath(target);
      case "authority":
        return scheme + target;
      case "asterisk":
        return scheme + host + "/*";
    }
  }
}

/** Where a head lies. */
export interface HeadPlace {
  readonly bytes: Bytes;
  readonly start: number;
  readonly codec: Latin1;
}

/** `http://host` is `http://host/`, RFC 9110 §4.2.3. */
function withPath(absolute: string): string {
  const authority = absolute.indexOf("://") + 3;
  return absolute.includes("/", authority) || absolute.includes("?", authority)
    ? absolute
    : absolute + "/";
}
