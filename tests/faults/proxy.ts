/**
 * A TCP proxy that does one wrong thing to one direction of a connection, at an exact byte. It knows
 * nothing of HTTP. Written on `node:net`, because that can reset a connection (RST), which `Deno.Conn`
 * cannot.
 *
 * @module
 */

import net from "node:net";
import type { Buffer } from "node:buffer";
import { WireClient } from "../support/wire.ts";

/** What the proxy does once it has passed on `Plan.at` bytes. */
export type Fault =
  /** Resets both connections. */
  | "reset"
  /** Ends this direction (FIN), lets the other one go on. */
  | "end"
  /** Closes both connections in good order. */
  | "cut"
  /** Passes on nothing more in this direction, and reads nothing more. */
  | "stall"
  /** Passes on every byte as a packet of its own, from the first to the last. */
  | "drip";

/** What is to happen to one connection. */
export interface Plan {
  readonly side: "request" | "answer";
  readonly fault: Fault;
  /** The bytes passed on before; ignored for `drip`. */
  readonly at: number;
}

interface Flow {
  readonly from: net.Socket;
  readonly to: net.Socket;
  /** What is to happen to this direction, if anything. */
  readonly plan: Plan | null;
}

/** See the head of this file. */
export class Proxy implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #target: number;
  readonly #sockets = new Set<net.Socket>();
  /** By the client's port: a connection may be accepted before its plan is known, and after. */
  readonly #plans = new Map<number, PromiseWithResolvers<Plan | null>>();

  private constructor(target: number) {
    this.#target = target;
    this.#server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
      this.#accept(near);
    });
  }

  /** A proxy in front of the port `target` of the loopback address. */
  static async listen(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", () => resolve()));
    return proxy;
  }

  /** A connection through the proxy with `plan` applied; `null` passes everything on. */
  async connect(plan: Plan | null): Promise<WireClient> {
    const client = await WireClient.connect((this.#server.address() as net.AddressInfo).port);
    this.#planOf(client.localAddr.port).resolve(plan);
    return client;
  }

  /** Closes every connection, stalled ones included. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.drop();
    await closed;
  }

  #planOf(port: number): PromiseWithResolvers<Plan | null> {
    const known = this.#plans.get(port) ?? Promise.withResolvers<Plan | null>();
    this.#plans.set(port, known);
    return known;
  }

  async #accept(near: net.Socket): Promise<void> {
    this.#keep(near);
    const port = near.remotePort!;
    const plan = await this.#planOf(port).promise;
    this.#plans.delete(port);
    const far = net.connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true });
    this.#keep(far);
    far.once("connect", () => {
      near.setNoDelay(true);
      far.setNoDelay(true);
      pass({ from: near, to: far, plan: plan?.side === "request" ? plan : null });
      pass({ from: far, to: near, plan: plan?.side === "answer" ? plan : null });
      near.resume();
    });
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    // The "close" event reports its end.
    socket.on("error", () => {});
  }
}

/** Passes bytes on until the plan is due, and the kind of the end as well. */
function pass(flow: Flow): void {
  const { from, to, plan } = flow;
  if (plan?.fault === "drip") return void drip(flow);
  if (plan?.at === 0) return strike(flow);
  let passed = 0;
  const onData = (piece: Buffer) => {
    const part = plan === null ? piece : piece.subarray(0, plan.at - passed);
    passed += part.length;
    if (passed !== plan?.at) {
      if (!to.write(part)) holdBack(from, to);
      return;
    }
    from.off("data", onData);
    from.pause();
    to.write(part, () => strike(flow));
  };
  from.on("data", onData);
  endTogether(flow);
}

function holdBack(from: net.Socket, to: net.Socket): void {
  from.pause();
  to.once("drain", () => from.resume());
}

function endTogether({ from, to }: Flow): void {
  from.once("end", () => to.end());
  from.once("error", () => to.resetAndDestroy());
}

function strike({ from, to, plan }: Flow): void {
  switch (plan!.fault) {
    case "reset":
      from.resetAndDestroy();
      to.resetAndDestroy();
      return;
    case "end":
      to.end();
      // What still comes is read and dropped, so that its sender is not held back.
      from.on("data", () => {});
      from.resume();
      return;
    case "cut":
      to.end(() => to.destroy());
      from.end(() => from.destroy());
      return;
    case "stall":
      from.pause();
  }
}

/** One byte per packet; nothing is lost at the end. */
async function drip({ from, to }: Flow): Promise<void> {
  from.once("error", () => to.resetAndDestroy());
  for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    for (let at = 0; at < piece.length; at++) {
      to.write(piece.subarray(at, at + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  to.end();
}
