/**
 * What a reactor gives its connections, and what it hears from them.
 *
 * @module
 */

import type { Counted } from "../accepting/population.ts";
import type { Relieving } from "../accepting/relief.ts";
import type { Admission } from "../admission/admission.ts";
import type { ClientLimit } from "../admission/client_limit.ts";
import type { PlainAnswers } from "../answer/plain_answers.ts";
import type { Agenda } from "../dispatch/agenda.ts";
import type { Observers } from "../dispatch/observers.ts";
import type { AbortError } from "../errors.ts";
import type { Application, ClientOf } from "../exchange.ts";
import type { HeadParsers } from "../h1/head_parsers.ts";
import type { BufferPool } from "../memory/buffer_pool.ts";
import type { Options } from "../options/options.ts";
import type { Address, Ports } from "../ports.ts";
import type { CloseReason } from "../states.ts";
import type { Rounds } from "../timing/rounds.ts";
import type { Timed } from "../timing/heartbeat.ts";

/** What is the same for all connections of a reactor. */
export interface ConnectionContext {
  readonly ports: Ports;
  readonly options: Options;
  readonly pool: BufferPool;
  readonly parsers: HeadParsers;
  readonly plainAnswers: PlainAnswers;
  readonly rounds: Rounds;
  readonly application: Application;
  /** Finds out who sent a request. */
  readonly clientOf: ClientOf;
  readonly agenda: Agenda;
  /** The queue in front of the application; `null` where there is none. */
  readonly admission: Admission | null;
  /** The limit on the requests of one client; `null` where there is none. */
  readonly clientLimit: ClientLimit | null;
  /** Who watches; `null` while nobody does. */
  readonly observers: Observers | null;
  /** The coarse clock of all deadlines, in milliseconds. */
  readonly now: number;
  /** The `date` field line of the current second. */
  readonly dateLine: string;
  /** A `keep-alive` field line, or nothing. */
  readonly keepAliveLine: string;
  /** Whether the server is about to shut down: answers let connections end. */
  readonly leaving: boolean;
  /** `firstRequest` of the shutdown under way, in milliseconds. */
  readonly firstRequestMs: number;
  /** The connection's addresses are known now; returns whether there is room for one more from there. */
  identified(connection: OpenConnection, peer: Address): boolean;
  /** The connection's deadlines may have changed; they are armed at the next tick. */
  touched(connection: OpenConnection): void;
  /** Something threw that may not throw; only the one connection ends. */
  failed(error: unknown): void;
  /** The connection has ended. */
  left(connection: OpenConnection): void;
}

/** A connection as its reactor sees it. */
export interface OpenConnection extends Counted, Relieving, Timed {
  /** Why it ended; `null` while it is open. */
  readonly closeReason: CloseReason | null;
  /** Begins to serve; goes on by itself to the connection's end. */
  run(): void;
  /** Ends it in good order: at once when it is idle, else after the answer under way. */
  close(reason: CloseReason): void;
  /** Cuts it. */
  abort(reason: CloseReason): void;
  /** Tells the handler at work, if there is one, to stop; returns whether there was one. */
  abortExchange(reason: AbortError): boolean;
  /** Has `call` made once the transition under way is complete. */
  note(call: () => void): void;
  ref(): void;
  unref(): void;
}
