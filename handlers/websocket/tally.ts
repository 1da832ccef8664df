/**
 * How many messages each socket has carried, for metrics. By connection, because that is how the observer
 * of a server knows which sockets are its own; weak, so that nothing has to be taken out.
 *
 * @module
 */

import type { ConnectionInfo } from "../../reactor/observer.ts";

/** What one socket has carried so far: messages, and their bytes without frames and compression. */
export interface SocketTally {
  messagesIn: number;
  messagesOut: number;
  bytesIn: number;
  bytesOut: number;
}

const tallies = new WeakMap<ConnectionInfo, SocketTally>();

let made = false;

/** Whether there ever was a socket in this process. */
export function anySocketMade(): boolean {
  return made;
}

/** No message yet. */
export function noMessages(): SocketTally {
  return { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };
}

/** Begins to count what the socket on this connection carries. */
export function beginSocketTally(connection: ConnectionInfo): SocketTally {
  const tally = noMessages();
  made = true;
  tallies.set(connection, tally);
  return tally;
}

/** What the socket on this connection has carried; `undefined` if there is none. */
export function socketTallyOf(connection: ConnectionInfo): SocketTally | undefined {
  return tallies.get(connection);
}

/** Adds `more` to `sum`. */
export function addTally(sum: SocketTally, more: SocketTally): void {
  sum.messagesIn += more.messagesIn;
  sum.messagesOut += more.messagesOut;
  sum.bytesIn += more.bytesIn;
  sum.bytesOut += more.bytesOut;
}
