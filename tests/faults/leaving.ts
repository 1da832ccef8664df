/**
 * Request bodies of every kind, and clients that leave at every stage of sending them.
 *
 * @module
 */

import { chunked, head } from "../support/requests.ts";
import type { WireClient } from "../support/wire.ts";
import { type FaultServer, nextId } from "./child.ts";

/** More than the server keeps for a handler that does not read. */
const LONG = 100_000;

/** Request bodies, and how many bytes each has. */
export const BODIES: Readonly<
  Record<string, readonly [fields: string, body: string, length: number]>
> = {
  "an empty body": ["Content-Length: 0", "", 0],
  "a short body": ["Content-Length: 5", "short", 5],
  "a long body": [`Content-Length: ${LONG}`, "x".repeat(LONG), LONG],
  "a long body in chunks": [
    "Transfer-Encoding: chunked",
    chunked(...Array.from({ length: 10 }, () => "x".repeat(LONG / 10))),
    LONG,
  ],
};

/** How a client leaves, after the head and the body's beginning. */
export const LEAVINGS: Readonly<
  Record<string, (client: WireClient, body: string) => Promise<unknown>>
> = {
  "after the head": () => Promise.resolve(),
  "half-closing after the head": (client) => client.closeWrite(),
  "amid the body": (client, body) => client.sendWhileOpen(body.slice(0, body.length / 2)),
  "half-closing amid the body": async (client, body) => {
    await client.sendWhileOpen(body.slice(0, body.length / 2));
    await client.closeWrite().catch(() => {});
  },
  "after the body": (client, body) => client.sendWhileOpen(body),
  "amid the answer": async (client, body) => {
    await client.sendWhileOpen(body);
    await client.readOnce();
  },
};

/** The head of a POST to a route. */
export function headFor(route: string, id: string, field: string): string {
  return head(`POST /${route}/${id} HTTP/1.1`, "Host: h", field);
}

/** Begins a request and leaves. */
export async function leave(
  server: FaultServer,
  route: string,
  { body, leaving }: { body: keyof typeof BODIES; leaving: string },
): Promise<void> {
  const [field, bytes] = BODIES[body]!;
  using client = await server.connect();
  await client.send(headFor(route, nextId(), field));
  await LEAVINGS[leaving]!(client, bytes);
}
