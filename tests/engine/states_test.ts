/**
 * The table of states: a walk over every state and event, what each state may lead to, and the diagram
 * in the file's header, which must name them all.
 *
 * @module
 */

import { DEFAULT_TIMEOUTS } from "../../reactor/options/options.ts";
import { type Event, type State, STATES, transition } from "../../reactor/states.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

/** The whole table again, as it is meant: a change there has to be made here as well. */
const EXPECTED: Readonly<Record<State, string>> = {
  proxy_header: "identified→idle encrypted→handshake close→closed",
  handshake: "secured→idle close→closed",
  idle: "bytes→head refuse→writing linger→lingering close→closed",
  head: "request→handling hold→queued refuse→writing respond→writing close→closed",
  queued: "admit→handling respond→writing close→closed",
  handling: "respond→writing upgrade→upgraded close→closed",
  writing: "next→head flushed→idle drain→draining linger→lingering close→closed",
  draining: "drained→idle linger→lingering close→closed",
  lingering: "close→closed",
  upgraded: "close→closed",
  closed: "",
};

const STATE_NAMES = Object.keys(STATES) as State[];
const EVENTS = [
  ...new Set(Object.values(STATES).flatMap(({ on }) => Object.keys(on))),
] as Event[];

function header(): string {
  const text = Deno.readTextFileSync(new URL("../../reactor/states.ts", import.meta.url));
  return text.slice(0, text.indexOf("*/"));
}

for (const state of STATE_NAMES) {
  Deno.test(`transition() knows what "${state}" leads to, and throws for every other event`, () => {
    const { on } = STATES[state];
    const table = Object.entries(on).map(([event, next]) => `${event}→${next}`).join(" ");
    assertEquals(table, EXPECTED[state]);
    for (const event of EVENTS) {
      const next: string | undefined = (on as Partial<Record<Event, string>>)[event];
      if (next === undefined) assertThrows(() => transition(state, event), Error);
      else assertEquals<string>(transition(state, event), next);
    }
  });
}

Deno.test("STATES lead only to states that exist, and all of them are reached", () => {
  const reached = new Set<string>(["proxy_header", "handshake"]);
  for (const state of reached) {
    for (const next of Object.values(STATES[state as State].on)) reached.add(next);
  }
  assertEquals([...reached].sort(), [...STATE_NAMES].sort());
});

Deno.test("STATES: every state but `closed` can be closed, and nothing leaves `closed`", () => {
  const closing = STATE_NAMES.filter((state) => "close" in STATES[state].on);
  assertEquals(closing, STATE_NAMES.filter((state) => state !== "closed"));
});

Deno.test("STATES name a time-out for each state that waits for the peer or the handler", () => {
  const without = STATE_NAMES.filter((state) => STATES[state].deadline === null);
  assertEquals(without, ["queued", "upgraded", "closed"]);
  const named = STATE_NAMES.flatMap((state) => STATES[state].deadline ?? []);
  const timeouts = [...Object.keys(DEFAULT_TIMEOUTS), "proxy_header"];
  assertEquals([...named].sort(), timeouts.sort() as typeof named);
});

Deno.test("the diagram of states.ts names every state and every event", () => {
  const words = new Set(header().match(/[a-z_]+/g));
  assertEquals([...STATE_NAMES, ...EVENTS].filter((name) => !words.has(name)), []);
});

Deno.test("the diagram of states.ts draws no arrow that the table does not have", () => {
  const drawn = [...header().matchAll(/([a-z_]+) ─([a-z]+)→ (?=([a-z_]+))/g)];
  assert(drawn.length >= 8, `Only ${drawn.length} arrows were found`);
  // "every state ─close→ closed" is no arrow of one state.
  const wrong = drawn.filter(([, from, event, to]) => {
    if (from === "state") return false;
    const on: Readonly<Record<string, string>> = STATES[from as State].on;
    return on[event!] !== to;
  });
  assertEquals(wrong.map(([arrow, , , to]) => arrow + to), []);
});
