/**
 * What the reactor is to its connections.
 *
 * @module
 */

import type { Admission } from "../admission/admission.ts";
import type { BufferPool } from "../memory/buffer_pool.ts";
import type { ConnectionRecord } from "./connection_record.ts";
import type { Application } from "../exchange.ts";
import type { HeadParsers } from "../h1/head_parsers.ts";
import type { Observers } from "../dispatch/observers.ts";
import type { Options } from "../options/options.ts";
import type { PlainAnswers } from "../answer/plain_answers.ts";
import type { Ports } from "../ports.ts";
import type { Rounds } from "../timing/rounds.ts";

/** What the reactor gives its connections, and hears from them. */
export interface Engine {
  readonly ports: Ports;
  readonly options: Options;
  readonly pool: BufferPool;
  readonly parsers: HeadParsers;
  readonly plainAnswers: PlainAnswers;
  readonly rounds: Rounds;
  readonly application: Application;
  /** The queue in front of the application; `null` where there is none. */
  readonly admission: Admission | null;
  /** Who watches; `null` while nobody does. */
  readonly observers: Observers | null;
  /** The coarse clock that all deadlines are reckoned on, in milliseconds. */
  readonly now: number;
  /** The `date` field line of the current second. */
  readonly dateLine: string;
  /** A `keep-alive` field line, or nothing. */
  readonly keepAliveLine: string;
  /** The connection's deadlines may have changed; they are armed at the next tick. */
  touched(connection: ConnectionRecord): void;
  /** The engine or its application threw where nothing may throw; only the one connection ends. */
  failed(error: unknown): void;
  /** The connection has ended. */
  left(connection: ConnectionRecord): void;
}
