/**
 * Opens sockets and then does nothing with them: `clients.ts PORT COUNT MESSAGES BYTES`. Before, each sends so
 * many messages of so many bytes and gets them back. Prints a line when all are open; ends with its stdin.
 *
 * @module
 */

import { fromLatin1 } from "../../support/wire.ts";
import { BINARY, frame, handshake } from "../raw_socket.ts";

/** How many are opened at a time. */
const AT_ONCE = 50;

const [port, count, messages, bytes] = Deno.args.map(Number);
const message = frame(BINARY, new Uint8Array(bytes!));
/** A frame of the server's has no mask, which takes four bytes. */
const echoBytes = message.length - 4;
const conns: Deno.TcpConn[] = [];
let left = count!;

async function open(): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: port! });
  conns.push(conn);
  await conn.write(new TextEncoder().encode(handshake()));
  while (!(await read(conn)).endsWith("\r\n\r\n"));
  for (let sent = 0; sent < messages!; sent++) {
    await echoed(conn);
  }
}

async function echoed(conn: Deno.TcpConn): Promise<void> {
  for (let at = 0; at < message.length;) at += await conn.write(message.subarray(at));
  for (let left = echoBytes; left > 0;) left -= (await read(conn)).length;
}

/** The next bytes, one character each. */
async function read(conn: Deno.TcpConn): Promise<string> {
  const into = new Uint8Array(65_536);
  const count = await conn.read(into);
  if (count === null) throw new Error("The server has closed the connection");
  return fromLatin1(into.subarray(0, count));
}

async function openMany(): Promise<void> {
  while (left-- > 0) await open();
}

await Promise.all(Array.from({ length: AT_ONCE }, openMany));
console.log(conns.length);
for await (const _ of Deno.stdin.readable);
Deno.exit(0);
