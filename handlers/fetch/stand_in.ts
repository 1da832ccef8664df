/**
 * Makes an own class pass for a class of the platform, `Request` or `Headers`, without running that
 * class's constructor, which is dear (docs/performance.md, "Primitives"). Here is only the trick; what the
 * stand-ins do lives with them.
 *
 * The platform's methods keep what they know behind symbols of the object. The stand-in's prototype
 * sits below the platform's and answers each of those symbols from a real object that is made when the
 * first of them is asked for. The symbols are found by looking at a sample, none is named: another
 * version of the runtime with other symbols works as well.
 *
 * @module
 */

/** How {@linkcode standIn} dresses a prototype. */
export interface StandInOptions<T extends object> {
  /** The class to pass for. */
  readonly native: { readonly prototype: T };
  /** A fresh object of that class; only the properties in `shared` may have been read. */
  readonly sample: T;
  /** Public properties whose value the platform also reads through a symbol: it gets the stand-in's own. */
  readonly shared: readonly (keyof T & string)[];
  /** Values that all stand-ins have behind the same symbol as the sample. */
  readonly fixed: readonly unknown[];
  /** The real object behind a stand-in, made when first asked for. */
  readonly real: (self: object) => T;
}

/** Puts `prototype` below the native class's and gives it all that the native methods look for. */
export function standIn<T extends object>(prototype: object, options: StandInOptions<T>): void {
  const native = options.native.prototype;
  Object.setPrototypeOf(prototype, native);
  Object.defineProperty(prototype, "constructor", { value: options.native, enumerable: false });
  copyEnumerability(prototype, native);
  // Read before the symbols are looked at: some of these values are only made by their property.
  const aliases = new Map<unknown, string>(
    options.shared.map((name) => [options.sample[name], name]),
  );
  const keys = Object.getOwnPropertySymbols(options.sample)
    .concat(Object.getOwnPropertySymbols(native));
  keys.forEach((key) => {
    const alias = aliases.get(Reflect.get(options.sample, key));
    if (alias === undefined) lendSymbol(prototype, key, options);
    else shareProperty(prototype, key, alias);
  });
}

/** The platform's members are enumerable, those of a class are not: `for (name in request)` must not tell. */
function copyEnumerability(prototype: object, native: object): void {
  Object.getOwnPropertyNames(prototype).forEach((name) => {
    const model = Object.getOwnPropertyDescriptor(native, name);
    if (model !== undefined) {
      Object.defineProperty(prototype, name, { enumerable: model.enumerable ?? false });
    }
  });
}

function shareProperty(prototype: object, key: symbol, name: string): void {
  define(prototype, key, function (this: object): unknown {
    return Reflect.get(this, name);
  }, function (this: object, given: unknown): void {
    Object.defineProperty(this, key, { value: given, writable: true, configurable: true });
  });
}

function lendSymbol<T extends object>(
  prototype: object,
  key: symbol,
  { sample, fixed, real }: StandInOptions<T>,
): void {
  // What the native prototype itself has is inherited.
  if (!Object.hasOwn(sample, key)) return;
  const value: unknown = Reflect.get(sample, key);
  if (value === key || fixed.includes(value)) {
    Object.defineProperty(prototype, key, { value, writable: true, configurable: true });
    return;
  }
  define(prototype, key, function (this: object): unknown {
    return Reflect.get(real(this), key);
  }, function (this: object, given: unknown): void {
    Reflect.set(real(this), key, given);
  });
}

function define(
  prototype: object,
  key: symbol,
  get: (this: object) => unknown,
  set: (this: object, given: unknown) => void,
): void {
  Object.defineProperty(prototype, key, { get, set, configurable: true });
}
