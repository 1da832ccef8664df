/**
 * Ports of the loopback address for programs that have to be told one.
 *
 * @module
 */

import { pause } from "./time.ts";

/** A port that nobody listens on at present. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Resolves when somebody listens on `port`; callers bound the time. */
export async function listening(port: number): Promise<void> {
  while (true) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch {
      await pause(20);
    }
  }
}
