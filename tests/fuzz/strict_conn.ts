/**
 * A fake wire for random tests.
 *
 * @module
 */

import type { Bytes } from "../../reactor/ports.ts";
import { FakeConn } from "../engine/fakes.ts";

/**
 * A wire that records what the engine does against its contract. A write after the close is not
 * recorded: a handler that has taken a connection over may try, and it rejects.
 */
export class StrictConn extends FakeConn {
  /** What it did, in words. */
  readonly violations: string[] = [];

  override read(into: Bytes): Promise<number | null> {
    if (this.closed) this.violations.push("Contract: a read after the close");
    return this.#watched(() => super.read(into));
  }

  override write(bytes: Bytes): Promise<number> {
    return this.#watched(() => super.write(bytes));
  }

  override closeWrite(): Promise<void> {
    return this.#watched(() => super.closeWrite());
  }

  override close(): void {
    if (this.closed) this.violations.push("Contract: closed twice");
    super.close();
  }

  async #watched<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { message } = error as Error;
      if (message.startsWith("Contract")) this.violations.push(message);
      throw error;
    }
  }
}
