/**
 * The exchanges that faults are put into: what the client sends, and what it must get, to the byte.
 *
 * @module
 */

import { chunked, head, request } from "../support/requests.ts";
import type { StreamEnd, WireClient } from "../support/wire.ts";

/** One exchange, or two pipelined ones. */
export interface Exchange {
  readonly name: string;
  /** What the client sends; after each part but the last it waits for an answer to begin. */
  readonly parts: (id: string) => readonly string[];
  /** How much of the answer is due when `sent` bytes of the request have come, and then the end. */
  readonly due: (sent: number, whole: Whole) => number;
  /** A connection that was taken over has no deadlines of the server's. */
  readonly takenOver?: boolean;
}

/** The exchange without a fault. */
export interface Whole {
  readonly sent: number;
  readonly answer: string;
}

/** All or nothing. */
function atTheEnd(sent: number, whole: Whole): number {
  return sent === whole.sent ? whole.answer.length : 0;
}

function get(route: string, id: string): string {
  return request({ target: `/${route}/${id}` });
}

const continued = (id: string) =>
  head(
    `POST /echo/${id} HTTP/1.1`,
    "Host: h",
    "Expect: 100-continue",
    "Content-Length: 8",
  );

const CONTINUE = head("HTTP/1.1 100 Continue");

const upgrade = (id: string) =>
  request({ target: `/shout/${id}`, fields: ["Connection: Upgrade", "Upgrade: shout"] });

/** See the head of this file. */
export const EXCHANGES: readonly Exchange[] = [
  { name: "GET", parts: (id) => [get("get", id)], due: atTheEnd },
  {
    name: "POST with a length",
    parts: (id) => [request({ target: `/echo/${id}`, body: `the body of ${id}` })],
    due: atTheEnd,
  },
  {
    name: "POST in chunks",
    parts: (id) => {
      const fields = ["Transfer-Encoding: chunked"];
      const start = request({ method: "POST", target: `/echo/${id}`, fields });
      return [start + chunked("the ", "body of ", id)];
    },
    due: atTheEnd,
  },
  {
    name: "a pipelined pair",
    parts: (id) => [get("get", id) + get("get", id)],
    due: (sent, { sent: all, answer }) => Math.floor(sent / (all / 2)) * (answer.length / 2),
  },
  { name: "a streamed answer", parts: (id) => [get("stream", id)], due: atTheEnd },
  { name: "an answer of 64 KiB", parts: (id) => [get("large", id)], due: atTheEnd },
  {
    name: "Expect: 100-continue",
    parts: (id) => [continued(id), `8 bytes.`],
    due: (sent, whole) => {
      if (sent === whole.sent) return whole.answer.length;
      return sent >= continued("000000").length ? CONTINUE.length : 0;
    },
  },
  {
    name: "an upgrade",
    parts: (id) => [upgrade(id), `shout ${id}`],
    due: (sent, { answer }) => {
      const start = upgrade("000000").length;
      return sent < start ? 0 : answer.indexOf("\r\n\r\n") + 4 + sent - start;
    },
    takenOver: true,
  },
];

/** What came over a connection, and how it ended; `null` while it is open. */
export interface Talk {
  readonly got: string;
  readonly end: StreamEnd | null;
}

/** Options of {@linkcode talk}. */
export interface TalkOptions {
  /** Bytes of the answer after which the client stops and leaves the connection open. */
  readonly enough?: number;
  /** Whether the client ends its side after its last part. */
  readonly ends?: boolean;
}

/** Sends the parts, as long as the connection takes them, and reads on to the end or until it is enough. */
export async function talk(
  client: WireClient,
  parts: readonly string[],
  { enough = Infinity, ends = true }: TalkOptions = {},
): Promise<Talk> {
  const left = [...parts];
  for (let got = "";;) {
    const part = left.shift();
    if (part !== undefined) await client.sendWhileOpen(part);
    // There is nothing to end on a connection that was reset.
    if (part !== undefined && left.length === 0 && ends) await client.closeWrite().catch(() => {});
    if (got.length >= enough) return { got, end: null };
    const more = await client.readOnce();
    if (more === "") return { got, end: (await client.remains()).end };
    got += more;
  }
}

/** The exchange as it goes when nothing happens to it, with `id`. */
export async function undisturbed(
  client: WireClient,
  { parts }: Exchange,
  id: string,
): Promise<Whole> {
  const all = parts(id);
  return { sent: all.join("").length, answer: (await talk(client, all)).got };
}
