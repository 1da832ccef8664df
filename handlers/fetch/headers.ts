/**
 * The `headers` of a lazily filled request: `get` and `has` look into the head's text, everything else
 * (iteration, `new Headers(headers)`, printing) goes to a real, immutable `Headers` made on demand.
 *
 * @module
 */

import { type FieldSection, isToken } from "../../reactor/h1/field_section.ts";
import { standIn } from "./stand_in.ts";

/**
 * A symbol and not a private field, here and in the request: Deno.serve's objects also work behind a
 * `Proxy` and below `Object.create`, where private fields throw.
 */
const STATE = Symbol("fields");

const nativeGet = Headers.prototype.get;
const nativeHas = Headers.prototype.has;

interface State {
  readonly fields: FieldSection;
  real: Headers | null;
}

/** Passes for a `Headers`; never handed out under its own type. */
class LazyHeaders {
  declare readonly [STATE]: State;

  constructor(fields: FieldSection) {
    this[STATE] = { fields, real: null };
  }

  get(name: string): string | null {
    if (typeof name === "string") {
      const value = this[STATE].fields.get(name);
      if (value !== null || isToken(name)) return value;
    }
    return native<string | null>(nativeGet, this, arguments);
  }

  has(name: string): boolean {
    if (typeof name === "string") {
      if (this[STATE].fields.get(name) !== null) return true;
      if (isToken(name)) return false;
    }
    return native<boolean>(nativeHas, this, arguments);
  }
}

/** The platform's own method, which converts odd arguments or says what is wrong with them. */
function native<R>(method: CallableFunction, self: object, given: IArguments): R {
  return Reflect.apply(method, self, given) as R;
}

function realHeaders(self: object): Headers {
  const state = (self as LazyHeaders)[STATE];
  return state.real ??= state.fields.copyInto(new Headers());
}

standIn<Headers>(LazyHeaders.prototype, {
  native: Headers,
  // The headers of an error response are immutable from the start; nothing else public gives such.
  sample: Response.error().headers,
  shared: [],
  fixed: ["immutable"],
  real: realHeaders,
});

/** Immutable `Headers` over the lines of a head. */
export function lazyHeaders(fields: FieldSection): Headers {
  return new LazyHeaders(fields) as unknown as Headers;
}
