/**
 * Peer: the floor. Answers every read with the same bytes and parses nothing, so it is right only for
 * whole requests that arrive in one read each.
 *
 * @module
 */

import { GREETING } from "../app_values.mjs";

const ANSWER = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\ncontent-type: text/plain;charset=UTF-8\r\n" +
    `content-length: ${GREETING.length}\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n${GREETING}`,
);

async function serveConn(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(16_384);
  try {
    while (await conn.read(buffer) !== null) await conn.write(ANSWER);
  } catch {
    // The client went away in the middle: nothing to answer.
  }
  conn.close();
}

for await (const conn of Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) })) {
  serveConn(conn);
}
