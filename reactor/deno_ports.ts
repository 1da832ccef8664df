/**
 * The engine's ports filled with Deno: sockets, timers, clocks, text. The only file of the engine that
 * knows a platform, and the only one in the project that sets a timer.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type {
  AcceptFailure,
  Address,
  Bytes,
  Clock,
  Codec,
  Conn,
  Listener,
  Ports,
  StopTimer,
} from "./ports.ts";

/** Where to listen; the options are those of `Deno.listen`. */
export type ListenOptions =
  | ({ readonly kind: "tcp" } & TcpListenOptions)
  | { readonly kind: "unix"; readonly path: string };

interface TcpListenOptions {
  readonly hostname: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly tcpBacklog: number;
}

/** The ports of a production server. */
export function denoPorts(): Ports {
  return { clock, codec, newAborter: () => new AbortController(), isUrl: URL.canParse };
}

/**
 * Opens a listening socket.
 *
 * @throws {Deno.errors.AddrInUse} If the address is taken.
 * @throws {Deno.errors.NotCapable} Without the permission to listen there.
 */
export function denoListen(options: ListenOptions): Listener {
  setUpSignals();
  switch (options.kind) {
    case "unix":
      return new DenoListener(Deno.listen({ transport: "unix", path: options.path }));
    case "tcp": {
      const { kind: _, ...rest } = options;
      return new DenoListener(Deno.listen({ transport: "tcp", ...rest }));
    }
  }
}

/**
 * Has the runtime set up its handling of signals, which takes descriptors. Deno 2.9.6 does that when it first
 * needs it, some moments after the start, and panics where none is left: a storm of connections would end
 * the process. What a signal does is as before: nobody listens any more, and SIGWINCH alone does nothing.
 */
function setUpSignals(): void {
  // Windows has neither this signal nor such a limit on descriptors.
  if (Deno.build.os === "windows") return;
  const ignore = () => {};
  try {
    Deno.addSignalListener("SIGWINCH", ignore);
    Deno.removeSignalListener("SIGWINCH", ignore);
  } catch {
    // A runtime without signals has none to set up.
  }
}

/**
 * Errors of a connection that was gone before it could be accepted: the next one may be well. Deno asks
 * for the peer's address as it accepts, and a peer that has reset has none.
 */
const GONE = new Set(["ECONNABORTED", "ENOTCONN"]);

/**
 * Errors of accept(2) that say the listening socket itself is no more. All others, known or not, with a code or
 * without, say nothing against the next call: to give up for one of them would let a client end the server.
 * EINVAL is among those: macOS also has it for the addresses of a connection that was reset.
 */
const FATAL = new Set(["EBADF", "ENOTSOCK"]);

/** No descriptor is left, in the process or in the system. */
const EXHAUSTED = new Set(["EMFILE", "ENFILE"]);

class DenoListener implements Listener {
  readonly #listener: Deno.Listener;

  constructor(listener: Deno.Listener) {
    this.#listener = listener;
  }

  get addr(): Address {
    return this.#listener.addr as Address;
  }

  classify(error: unknown): AcceptFailure {
    if (error instanceof Deno.errors.BadResource) return "closed";
    const code = codeOf(error);
    if (FATAL.has(code)) return "fatal";
    return EXHAUSTED.has(code) ? "exhausted" : "transient";
  }

  /** Not a generator: a connection would cost three promises more. A closed listener rejects. */
  [Symbol.asyncIterator](): AsyncIterator<Conn> {
    return { next: () => this.#accept() };
  }

  async #accept(): Promise<IteratorResult<Conn>> {
    while (true) {
      try {
        const conn = await this.#listener.accept();
        if ("setNoDelay" in conn) sendAtOnce(conn as Deno.TcpConn);
        // A Deno.Conn is a Conn; only its types say more and less (an `Addr` may be one of datagrams).
        return { done: false, value: conn as unknown as Conn };
      } catch (error) {
        if (!GONE.has(codeOf(error))) throw error;
      }
    }
  }

  close(): void {
    this.#listener.close();
  }

  ref(): void {
    this.#listener.ref();
  }

  unref(): void {
    this.#listener.unref();
  }
}

/** The platform's name of an error, "" when it has none. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** An answer of two writes would otherwise wait for the client's delayed acknowledgement. */
function sendAtOnce(conn: Deno.TcpConn): void {
  try {
    conn.setNoDelay();
  } catch {
    // The client is gone already; its first read will tell.
  }
}

/**
 * Turns until the runtime has polled its sockets for sure. A turn that asks for another one follows at
 * once, and tokio looks at the sockets after 61 of them (its `event_interval`); the next brings what was
 * found. An idle turn costs little, a timer a thousand
 * times as much (docs/performance.md, "Primitives").
 */
const POLL_TURNS = 128;

const clock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  after(ms, call, options): StopTimer {
    const timer = setTimeout(call, ms);
    if (!options?.hold) Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
  afterPoll(call): StopTimer {
    // The runtime's immediates iterate over arrays: where a program has replaced that, they end the process.
    const { values, [Symbol.iterator]: iterator } = Array.prototype;
    if (iterator !== values) return clock.after(0, call, { hold: true });
    let turns = POLL_TURNS;
    let next: NodeJS.Immediate;
    const turn = () => {
      if (--turns === 0) call();
      else next = setImmediate(turn);
    };
    next = setImmediate(turn);
    return () => clearImmediate(next);
  },
  every(ms, call): StopTimer {
    const timer = setInterval(call, ms);
    Deno.unrefTimer(timer);
    return () => clearInterval(timer);
  },
};

const encoder = new TextEncoder();

// The fastest way to a string of single bytes that the runtime has (docs/performance.md, "Primitives").
const latin1Slice = (Buffer.prototype as unknown as {
  latin1Slice(this: Bytes, from: number, to: number): string;
}).latin1Slice;

const codec: Codec = {
  utf8Into(text: string, into: Bytes, at: number): number {
    const { read, written } = encoder.encodeInto(text, at === 0 ? into : into.subarray(at));
    return read === text.length ? written : -1;
  },
  utf8: (text) => encoder.encode(text),
  latin1: (bytes, from, to) => latin1Slice.call(bytes, from, to),
};
