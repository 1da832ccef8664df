/**
 * One request over a connection of its own: tells when a peer is up, and whether it gives the right
 * answers before anyone measures how fast it gives them.
 *
 * @module
 */

import { type Answer, joined, maybeAnswer } from "./driver/answers.ts";
import { requestHead, type Route } from "./routes.ts";

/** Field lines beyond those of the route. */
export interface ProbeOptions {
  readonly port: number;
  readonly extra?: Route["fields"];
  /** After this many milliseconds the probe gives up. */
  readonly limitMs?: number;
}

const DEFAULT_LIMIT_MS = 5_000;

/** Sends the route's request and gives the answer. Rejects when none comes. */
export async function ask(route: Route, options: ProbeOptions): Promise<Answer> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: options.port });
  const timer = setTimeout(() => conn.close(), options.limitMs ?? DEFAULT_LIMIT_MS);
  try {
    const head = new TextEncoder().encode(requestHead(route, options));
    const sending = sendAll(conn, joined([head, route.body ?? new Uint8Array()]));
    const answer = await receive(conn);
    await sending;
    return answer;
  } finally {
    clearTimeout(timer);
    closeQuietly(conn);
  }
}

/** What is wrong with the peer's answer to the route, or `null`. */
export async function findFault(route: Route, options: ProbeOptions): Promise<string | null> {
  try {
    const answer = await ask(route, options);
    if (answer.status !== 200) return `status ${answer.status} at ${route.path}`;
    return sameBytes(answer.body, route.answer) ? null : `wrong body at ${route.path}`;
  } catch (error) {
    return `no answer at ${route.path} (${error instanceof Error ? error.message : error})`;
  }
}

async function sendAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function receive(conn: Deno.Conn): Promise<Answer> {
  const buffer = new Uint8Array(65_536);
  let pieces: Uint8Array[] = [];
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error("connection ended before the answer did");
    pieces.push(buffer.slice(0, count));
    const all = joined(pieces);
    const answer = maybeAnswer(all);
    if (answer !== null) return answer;
    pieces = [all];
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // Closed by the time limit already.
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
