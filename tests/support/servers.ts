/**
 * The servers that tests run on: Deno.serve, which is the reference, and Weir. Starting and ending
 * one of them for the length of a test is here; what a test asks of it is not.
 *
 * @module
 */

import { within } from "./time.ts";
import { weirServe } from "./weir.ts";
import { WireClient } from "./wire.ts";

/** The function under test, as a program written for Deno.serve sees it. */
export type Serve = typeof Deno.serve;

/** One of the two servers. */
export interface Peer {
  readonly name: "Deno.serve" | "weir";
  readonly serve: Serve;
}

/** Options that only Weir has; Deno.serve ignores them. */
export interface WeirOptions {
  readonly timeouts?: Readonly<Record<string, number>>;
  readonly limits?: Readonly<Record<string, number>>;
}

export const DENO: Peer = { name: "Deno.serve", serve: Deno.serve };
export const WEIR: Peer = { name: "weir", serve: weirServe as unknown as Serve };

/** Deno.serve first: a failure there means that the test is wrong. */
export const PEERS: readonly Peer[] = [DENO, WEIR];

/** The server of that name, for programs that are told on their command line. */
export function peerNamed(name: string | undefined): Peer {
  const peer = PEERS.find((each) => each.name === name);
  if (!peer) throw new TypeError(`Unknown server "${name}"`);
  return peer;
}

/** Registers one test for each server. */
export function onBoth(name: string, body: (peer: Peer) => Promise<void> | void): void {
  for (const peer of PEERS) Deno.test(`${peer.name}: ${name}`, () => body(peer));
}

/** Registers a test for Weir alone. */
export function onWeir(name: string, body: (peer: Peer) => Promise<void> | void): void {
  Deno.test(`weir: ${name}`, () => body(WEIR));
}

/** Options of {@linkcode start}. */
export type StartOptions = Partial<Deno.ServeTcpOptions> & WeirOptions;

/** A server that runs until it is disposed of. */
export class Running implements AsyncDisposable {
  readonly server: Deno.HttpServer<Deno.NetAddr>;
  /** What `onError` was told, unless the test has an `onError` of its own. */
  readonly errors: unknown[];

  constructor(server: Deno.HttpServer<Deno.NetAddr>, errors: unknown[]) {
    this.server = server;
    this.errors = errors;
  }

  get port(): number {
    return this.server.addr.port;
  }

  /** The server's address in front of `path`. */
  url(path = "/"): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  connect(): Promise<WireClient> {
    return WireClient.connect(this.port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.server.shutdown(), "the server to shut down");
    await this.server.finished;
  }
}

/** Starts `peer` on a free port of the loopback address. */
export function start(peer: Peer, handler: Deno.ServeHandler, options: StartOptions = {}): Running {
  const errors: unknown[] = [];
  const defaults = {
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: (error: unknown) => {
      errors.push(error);
      return new Response("Caught", { status: 500 });
    },
  };
  return new Running(peer.serve({ ...defaults, ...options }, handler), errors);
}
