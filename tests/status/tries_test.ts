import { MOST_TRIES, MOST_TRYING, Tries, TRIES_MS } from "../../handlers/status/tries.ts";
import { FakeClock } from "../engine/fakes.ts";
import { assertEquals } from "../support/assert.ts";

/** All tries of a client. */
function useUp(tries: Tries, address: string): void {
  for (let at = 0; at < MOST_TRIES; at++) assertEquals(tries.begin(address), 0);
}

Deno.test("Tries.begin() says how long to wait, which is over a minute after the first try", async () => {
  const clock = new FakeClock();
  const tries = new Tries(clock);
  tries.begin("192.0.2.1");
  await clock.advance(TRIES_MS - 100);
  for (let at = 1; at < MOST_TRIES; at++) assertEquals(tries.begin("192.0.2.1"), 0);
  assertEquals([tries.begin("192.0.2.1"), tries.begin("192.0.2.2")], [100, 0]);
  await clock.advance(100);
  useUp(tries, "192.0.2.1");
  assertEquals(tries.begin("192.0.2.1"), TRIES_MS);
});

Deno.test("Tries.forgive() gives a try back", () => {
  const tries = new Tries(new FakeClock());
  useUp(tries, "192.0.2.1");
  tries.forgive("192.0.2.1");
  assertEquals([tries.begin("192.0.2.1"), tries.begin("192.0.2.1")], [0, TRIES_MS]);
  tries.forgive("192.0.2.9");
});

Deno.test("the addresses of IPv6 that begin alike are one client", () => {
  const tries = new Tries(new FakeClock());
  for (let at = 0; at < MOST_TRIES; at++) tries.begin(`2001:db8::${at}`);
  assertEquals(tries.begin("2001:db8::ffff"), TRIES_MS);
  assertEquals(tries.begin("2001:db8:0:1::1"), 0);
});

Deno.test("no more clients are remembered than there is room for", () => {
  const tries = new Tries(new FakeClock());
  useUp(tries, "client 0");
  useUp(tries, "client 1");
  for (let at = 2; at <= MOST_TRYING; at++) tries.begin(`client ${at}`);
  assertEquals([tries.begin("client 1"), tries.begin("client 0")], [TRIES_MS, 0]);
});
