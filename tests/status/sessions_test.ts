import { MOST_SESSIONS, SESSION_IDLE_MS, Sessions } from "../../handlers/status/sessions.ts";
import { FakeClock } from "../engine/fakes.ts";
import { assertEquals } from "../support/assert.ts";

Deno.test("a session lasts for as long as it is used", async () => {
  const clock = new FakeClock();
  const sessions = new Sessions(clock);
  const id = await sessions.begin();
  for (let at = 0; at < 3; at++) {
    await clock.advance(SESSION_IDLE_MS - 1);
    assertEquals(await sessions.use(id), true);
  }
  await clock.advance(SESSION_IDLE_MS);
  assertEquals([await sessions.use(id), await sessions.use(id)], [false, false]);
});

Deno.test("there are so many sessions at most; the one that was not used for longest ends", async () => {
  const sessions = new Sessions(new FakeClock());
  const ids: string[] = [];
  for (let at = 0; at < MOST_SESSIONS; at++) ids.push(await sessions.begin());
  assertEquals(new Set(ids).size, MOST_SESSIONS);
  assertEquals(await sessions.use(ids[0]!), true);
  await sessions.begin();
  assertEquals([await sessions.use(ids[0]!), await sessions.use(ids[1]!)], [true, false]);
  assertEquals(await sessions.use(ids[2]!), true);
});

Deno.test("no id but those of sessions is accepted", async () => {
  const sessions = new Sessions(new FakeClock());
  const id = await sessions.begin();
  for (const wrong of ["", id.slice(1), `${id}0`, id.toUpperCase() + "x"]) {
    assertEquals(await sessions.use(wrong), false);
  }
});
