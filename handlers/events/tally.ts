/**
 * How many events each stream has sent, for metrics. By exchange, because that is how the observer of a
 * server knows which streams are its own; in module state, because a stream knows its request and not the
 * metrics of its server.
 *
 * @module
 */

import type { Exchange } from "../../reactor/exchange.ts";
import type { ConnectionInfo, ExchangeInfo } from "../../reactor/observer.ts";

/** What one stream has done so far. */
export interface StreamTally {
  readonly connection: ConnectionInfo;
  events: number;
}

const tallies = new Map<ExchangeInfo, StreamTally>();

let made = false;

/** Whether there ever was a stream in this process. */
export function anyStreamMade(): boolean {
  return made;
}

/** Begins to count, until the exchange is over and its observers have been told. */
export function beginTally(exchange: Exchange): StreamTally {
  const { info } = exchange;
  const tally: StreamTally = { connection: info.connection, events: 0 };
  made = true;
  tallies.set(info, tally);
  const before = exchange.onDelivered;
  exchange.onDelivered = (error) => {
    tallies.delete(info);
    before?.(error);
  };
  return tally;
}

/** What the stream of an exchange has done; `undefined` if it has none. */
export function tallyOf(exchange: ExchangeInfo): StreamTally | undefined {
  return tallies.get(exchange);
}

/** The streams that are open on these connections. */
export function openTallies(connections: ReadonlySet<ConnectionInfo>): StreamTally[] {
  return [...tallies.values()].filter(({ connection }) => connections.has(connection));
}
