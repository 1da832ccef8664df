/**
 * One question to an app without a network: it is served in memory, as it would be on a port.
 *
 * @module
 */

import { MemoryWire } from "./memory_wire.ts";
import { serveOn } from "./serve.ts";

/** What came of it. */
export interface MemoryAnswer {
  /** The whole answer, one character a byte; "" if there was none. */
  readonly answer: string;
  /** From the start of the server to the answer, in milliseconds. */
  readonly ms: number;
}

/** Asks for `path` with GET. */
export async function askInMemory(
  options: Parameters<typeof serveOn>[1],
  path: string,
): Promise<MemoryAnswer> {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  const wire = new MemoryWire(request);
  const began = performance.now();
  const server = serveOn(wire, options);
  const answer = await wire.answer;
  const ms = performance.now() - began;
  await server.shutdown({ deadline: 0, grace: 0 });
  return { answer, ms };
}
