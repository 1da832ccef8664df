import { assertEquals } from "../support/assert.ts";
import {
  type BodyFacts,
  canDrain,
  type ConnectionFacts,
  lastReason,
  mayPersist,
  mayPersistStreaming,
  type RequestFacts,
  type Rest,
  restOf,
} from "../../reactor/connection/persistence.ts";

/** A body of ten bytes that are still to come. */
const BODY: BodyFacts = {
  complete: false,
  failed: false,
  begun: false,
  owned: false,
  reading: false,
  arriving: true,
  remaining: 10,
};
const REQUEST: RequestFacts = { keepAlive: true, expectsContinue: false, body: BODY };
const CONNECTION: ConnectionFacts = {
  limits: { requestsPerConnection: 0, drainBytes: 10 },
  requests: 1,
  ending: { kind: "open", reason: null },
  peerEnded: false,
  leaving: false,
};

type Row<T> = readonly [
  about: string,
  request: Partial<Omit<RequestFacts, "body">> & { readonly body?: Partial<BodyFacts> | null },
  connection: Partial<ConnectionFacts>,
  outcome: T,
];

function factsOf<T>([, request, connection]: Row<T>): [RequestFacts, ConnectionFacts] {
  const body = request.body === null ? null : { ...BODY, ...request.body };
  return [{ ...REQUEST, ...request, body }, { ...CONNECTION, ...connection }];
}

const limits = (requestsPerConnection: number, drainBytes = 10) => ({
  limits: { requestsPerConnection, drainBytes },
});

const PERSISTS: readonly Row<boolean>[] = [
  ["a request that keeps the connection", {}, {}, true],
  ["one that does not", { keepAlive: false }, {}, false],
  ["a connection that is ending", {}, { ending: { kind: "after_answer", reason: null } }, false],
  ["a server that leaves", {}, { leaving: true }, false],
  ["the last of the requests", {}, { ...limits(2), requests: 2 }, false],
  ["the one before it", {}, { ...limits(2), requests: 1 }, true],
  ["the only one", {}, { ...limits(1), requests: 1 }, false],
  ["more than the limit", {}, { ...limits(2), requests: 3 }, false],
  ["no limit", {}, { ...limits(0), requests: 1_000_000 }, true],
  ["a client that has ended its side", {}, { peerEnded: true }, true],
];

for (const row of PERSISTS) {
  Deno.test(`mayPersist(): ${row[0]}`, () => assertEquals(mayPersist(...factsOf(row)), row[3]));
}

const PERSISTS_STREAMING: readonly Row<boolean>[] = [
  ...PERSISTS,
  ["a body that waits for its 100", { expectsContinue: true }, {}, false],
  ["the same, arrived", { expectsContinue: true, body: { complete: true } }, {}, true],
  ["no body", { expectsContinue: true, body: null }, {}, true],
];

for (const row of PERSISTS_STREAMING) {
  Deno.test(`mayPersistStreaming(): ${row[0]}`, () => {
    assertEquals(mayPersistStreaming(...factsOf(row)), row[3]);
  });
}

const DRAINS: readonly Row<boolean>[] = [
  ["a little that is coming", {}, {}, true],
  ["as much as is allowed", { body: { remaining: 11 } }, limits(0, 11), true],
  ["a byte more", { body: { remaining: 12 } }, limits(0, 11), false],
  ["nobody knows how much", { body: { remaining: null } }, {}, false],
  ["nothing of it has arrived", { body: { arriving: false } }, {}, false],
  ["it waits for its 100", { expectsContinue: true }, {}, false],
  ["no body", { body: null }, {}, false],
  ["a client that has ended its side", {}, { peerEnded: true }, false],
  ["a body that failed", { body: { failed: true } }, {}, false],
  ["it is being read", { body: { reading: true, remaining: null, arriving: false } }, {}, true],
  ["it was being read and failed", { body: { reading: true, failed: true } }, {}, false],
  ["it was being read and the client ended", { body: { reading: true } }, {
    peerEnded: true,
  }, false],
];

for (const row of DRAINS) {
  Deno.test(`canDrain(): ${row[0]}`, () => assertEquals(canDrain(...factsOf(row)), row[3]));
}

const RESTS: readonly Row<Rest>[] = [
  ["all has come", { body: { complete: true, owned: true } }, { peerEnded: true }, "passed"],
  ["the client has ended", { body: { owned: true } }, { peerEnded: true }, "cut_short"],
  ["somebody reads it", { body: { owned: true, remaining: null } }, {}, "wanted"],
  ["a little", {}, {}, "unwanted"],
  ["a byte too much", { body: { remaining: 11 } }, {}, "too_much"],
  ["nobody knows how much", { body: { remaining: null } }, {}, "too_much"],
];

for (const row of RESTS) {
  Deno.test(`restOf(): ${row[0]}`, () => {
    const [{ body }, connection] = factsOf(row);
    assertEquals(restOf(body!, connection), row[3]);
  });
}

const REASONS: readonly Row<ReturnType<typeof lastReason>>[] = [
  ["nobody else asked", {}, {}, "asked"],
  ["the ending has a reason", {}, {
    ending: { kind: "open", reason: "body_timeout" },
    peerEnded: true,
    leaving: true,
  }, "body_timeout"],
  ["the client has ended its side", {}, { peerEnded: true, leaving: true }, "peer_closed"],
  ["the server leaves", {}, { leaving: true, ...limits(1) }, "shutdown"],
  ["the last of the requests", {}, limits(1), "limit"],
  ["not yet the last", {}, limits(2), "asked"],
];

for (const row of REASONS) {
  Deno.test(`lastReason(): ${row[0]}`, () => {
    assertEquals(lastReason(factsOf(row)[1]), row[3]);
  });
}
