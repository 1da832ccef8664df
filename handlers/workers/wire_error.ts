/**
 * Errors as messages between threads.
 *
 * @module
 */

/** An error on its way: an `Error` loses its name and its class when it is cloned. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** Anything that was thrown, as a message. Reading it may run code of the error, which may throw. */
export function toWire(error: unknown): WireError {
  try {
    if (error instanceof Error) {
      return {
        name: String(error.name),
        message: String(error.message),
        stack: String(error.stack),
      };
    }
    return { name: "Error", message: String(error), stack: "" };
  } catch {
    return { name: "Error", message: "An error that cannot be read", stack: "" };
  }
}

/** The error again, with the name, message and stack that it had. */
export function fromWire({ name, message, stack }: WireError): Error {
  const error = new Error(message);
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(error, "name", { value: name, ...hidden });
  if (stack !== "") Object.defineProperty(error, "stack", { value: stack, ...hidden });
  return error;
}
