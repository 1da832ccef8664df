/**
 * Clients and settings of the cases in `reentrancy.ts`, drawn from dice.
 *
 * @module
 */

import type { ReactorOptions } from "../../reactor/options/settings.ts";
import { latin1 } from "../engine/fakes.ts";
import type { Dice } from "../order/dice.ts";
import { chunked, head, request } from "../support/requests.ts";
import { StrictConn } from "./strict_conn.ts";

const SMUGGLED = request({ target: "/smuggled" });

/** One client, and what it has sent. */
export class Client {
  readonly wire: StrictConn;
  /** The body of each request, by its target. */
  readonly sent = new Map<string, string>();
  /** Whether it may send requests: TLS is there, or not asked for. */
  secured: boolean;
  /** Bytes of requests that have not gone out. */
  #pending = "";
  #ended = false;

  constructor(dice: Dice, { tls }: { readonly tls: boolean }) {
    this.wire = new StrictConn({ hostname: `192.0.2.${1 + dice.below(2)}`, tls });
    this.secured = !tls;
  }

  /** Whether it sends no more. */
  get over(): boolean {
    return this.#ended || this.wire.closed;
  }

  /** Sends a piece of what it plans to send; `nextId` numbers a new request. */
  send(dice: Dice, nextId: () => number): void {
    if (this.over || !this.secured) return;
    if (this.#pending === "") {
      for (let count = 1 + dice.below(3); count > 0; count--) this.#plan(dice, `/${nextId()}`);
    }
    const size = dice.oneIn(3) ? 1 + dice.below(this.#pending.length) : this.#pending.length;
    const packet = this.#pending.slice(0, size);
    this.#pending = this.#pending.slice(size);
    this.wire.offer(latin1(packet));
  }

  /** Ends its side of the stream. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.wire.end();
  }

  /** Resets the connection. */
  async reset(): Promise<void> {
    this.#ended = true;
    await this.wire.reset();
  }

  /** Its TLS handshake comes to an end. */
  async secure({ fails }: { readonly fails: boolean }): Promise<void> {
    if (this.secured) return;
    this.secured = true;
    // The engine may never ask for it.
    ignoreRejection(this.wire.handshake?.());
    await this.wire.secure(fails ? new Error("No handshake") : undefined);
  }

  #plan(dice: Dice, target: string): void {
    const body = dice.oneIn(3)
      ? SMUGGLED.repeat(1 + dice.below(4))
      : "b".repeat(1 + dice.below(40));
    const fields = ["Host: h", ...extraField(dice)];
    const plan = (text: string, sent = "") => {
      this.sent.set(target, sent);
      this.#pending += text;
    };
    switch (dice.below(14)) {
      case 0:
      case 1:
        return plan(
          head(`POST ${target} HTTP/1.1`, ...fields, `Content-Length: ${body.length}`) + body,
          body,
        );
      case 2:
      case 3: {
        const cut = 1 + dice.below(body.length);
        const pieces = [body.slice(0, cut), body.slice(cut)].filter((piece) => piece !== "");
        const start = head(`POST ${target} HTTP/1.1`, ...fields, "Transfer-Encoding: chunked");
        return plan(start + chunked(...pieces), body);
      }
      case 4:
      case 5:
        return plan(
          head(`GET ${target} HTTP/1.1`, "Host: h", "Connection: Upgrade", "Upgrade: raw"),
        );
      case 6: {
        const authority = `h${numberOf(target)}:80`;
        this.sent.set(authority, "");
        this.#pending += head(`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`);
        return;
      }
      case 7:
        return plan(
          head(`GET ${target} HTTP/1.0`, ...dice.oneIn(2) ? ["Connection: keep-alive"] : []),
        );
      case 8:
        if (!dice.oneIn(3)) break;
        return plan(`GET ${target} HTTP/1.1\r\nHost : h\r\n\r\n`);
      case 9:
        if (!dice.oneIn(3)) break;
        return plan(
          head(`POST ${target} HTTP/1.1`, "Host: h", "Transfer-Encoding: chunked") +
            `3\r\nabc\r\nno chunk\r\n${SMUGGLED}`,
          "abc",
        );
      case 10:
        return plan(request({ target, method: "HEAD" }));
    }
    plan(head(`GET ${target} HTTP/1.1`, ...fields));
  }
}

async function ignoreRejection(promise: Promise<void> | undefined): Promise<void> {
  try {
    await promise;
  } catch {
    // The engine has handled it, if it asked for it.
  }
}

/** The number that a request has in its target. */
export function numberOf(target: string): number {
  return Number(/\d+/.exec(target));
}

function extraField(dice: Dice): string[] {
  switch (dice.below(20)) {
    case 0:
      return ["Connection: close"];
    case 1:
    case 2:
      return ["Expect: 100-continue"];
    default:
      return [];
  }
}

/** The settings of a server; `lane` chooses where there is a queue. */
export function optionsFrom(dice: Dice, lane: () => "high" | "normal"): ReactorOptions {
  const timeouts = {
    handshake: 1_500,
    handler: dice.oneIn(3) ? 1_500 : 0,
    head: 1_000,
    idle: 3_000,
    body: 1_000,
    write: 2_000,
    linger: [0, 300, 1_000][dice.below(3)]!,
  };
  const limits = {
    pipelinedRequests: [1, 2, 64][dice.below(3)]!,
    drainBytes: [0, 20, 262_144][dice.below(3)]!,
    lingerBytes: [10, 1 << 20][dice.below(2)]!,
    bodyBytes: dice.oneIn(5) ? 30 : 0,
    bufferedBodyBytes: dice.oneIn(5) ? 30 : 1 << 20,
    requestsPerConnection: dice.oneIn(6) ? 1 + dice.below(3) : 0,
    connections: dice.oneIn(4) ? 1 + dice.below(3) : 16_384,
    connectionsPerAddress: dice.oneIn(3) ? 1 + dice.below(2) : 0,
    requestsPerClient: dice.oneIn(3) ? 1 + dice.below(3) : 0,
    overConnections: dice.oneIn(2) ? "wait" : "refuse",
  } as const;
  const shared = { timeouts, limits, keepAliveHeader: dice.oneIn(4) };
  if (dice.oneIn(2)) return shared;
  const maxActive = dice.oneIn(5) ? "auto" : 1 + dice.below(3);
  const queue = { maxActive, maxQueued: dice.below(5), maxWait: 800, lane } as const;
  return { ...shared, queue };
}
