import { assert, assertEquals } from "../support/assert.ts";
import { listenForAbort } from "../../handlers/fetch/abort.ts";
import { AbortError } from "../../reactor/errors.ts";
import { received } from "./fake_exchange.ts";

const GET = ["GET / HTTP/1.1", "Host: h"] as const;
const REASON = new AbortError("peer_gone", "The client has gone");

Deno.test("request.signal is aborted with the exchange and its reason", () => {
  const { request, exchange } = received(GET);
  const { signal } = request;
  assert(signal instanceof AbortSignal);
  assertEquals(signal.aborted, false);
  exchange.abort(REASON);
  assert(signal.aborted);
  assert(signal.reason === REASON);
  assert(request.signal === signal);
});

Deno.test("request.signal read after the abort is aborted", () => {
  const { request, exchange } = received(GET);
  exchange.abort(REASON);
  assert(request.signal.reason === REASON);
});

Deno.test("a request whose signal nobody reads does not listen", () => {
  const { request, exchange } = received(GET);
  request.headers.get("host");
  Deno.inspect(request);
  assertEquals(exchange.onAbort, null);
});

Deno.test("request.signal leaves those who listened before, and lets others listen", () => {
  const { request, exchange } = received(GET);
  const told: string[] = [];
  listenForAbort(exchange, () => told.push("before"));
  request.signal.addEventListener("abort", () => told.push("signal"));
  listenForAbort(exchange, () => told.push("after"));
  exchange.abort(REASON);
  assertEquals(told, ["before", "signal", "after"]);
});

Deno.test("the signals of copies follow request.signal", () => {
  const { request, exchange } = received(GET);
  const own = new AbortController();
  const copies = [request.clone(), new Request(request), new Request("http://other/", request)];
  const apart = new Request(request, { signal: own.signal });
  exchange.abort(REASON);
  for (const copy of copies) assert(copy.signal.reason === REASON);
  assertEquals(apart.signal.aborted, false);
});
