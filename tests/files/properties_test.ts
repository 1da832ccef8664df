/**
 * What holds of every URL and every range, shown on thousands of random ones.
 *
 * @module
 */

import fc from "fast-check";
import { chooseRanges, lengthOf, MOST_RANGES } from "../../handlers/files/ranges.ts";
import { urlPath } from "../../handlers/files/url_path.ts";
import { assert, assertEquals } from "../support/assert.ts";

/** Pieces that hostile paths are made of. */
const PIECES = fc.constantFrom(
  ..."/ // . .. ... \\ % %2e %2E %2f %5c %00 %25 %c0%ae : C: ~1 a b.txt CON nul.txt .git ? #".split(
    " ",
  ),
  " ",
  "%20",
  "ü",
  "%C3%BC",
);

const RUNS = { numRuns: 5_000 };

Deno.test("whatever the URL, the names that are looked for lead down and nowhere else", () => {
  const rules = { prefix: [], dotfiles: true, shortNames: true };
  let some = 0;
  fc.assert(
    fc.property(
      fc.array(fc.oneof(PIECES, fc.string({ maxLength: 3 })), { maxLength: 12 }),
      (all) => {
        const path = urlPath(`http://h/${all.join("")}`, rules);
        if (path === null) return;
        some++;
        for (const name of path.names) {
          assert(name !== "" && name !== "." && name !== "..", JSON.stringify(path.names));
          assert(!/[/\\\0:]|[. ]$/.test(name), JSON.stringify(path.names));
        }
        assert(!/[#]/.test(path.query));
        const below = new URL(path.names.map(encodeURIComponent).join("/"), "http://h/site/");
        assert(below.pathname.startsWith("/site/"), below.pathname);
      },
    ),
    RUNS,
  );
  assert(some > 200, `Only ${some} paths were looked for`);
});

Deno.test("ranges are those that were asked for, each byte once", () => {
  const number = fc.nat({ max: 30 });
  const spec = fc.oneof(
    fc.tuple(number, number).map(([from, to]) => ({ from, to: from + to })),
    number.map((from) => ({ from, to: null })),
    number.map((to) => ({ from: null, to })),
  );
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: MOST_RANGES }), fc.nat({ max: 40 }), (
      specs,
      size,
    ) => {
      const wanted = new Set<number>();
      for (const { from, to } of specs) {
        for (let at = 0; at < size; at++) {
          const inside = from === null ? at >= size - to! : at >= from && (to === null || at <= to);
          if (inside) wanted.add(at);
        }
      }
      const field = specs.map(({ from, to }) => `${from ?? ""}-${to ?? ""}`).join(", ");
      const choice = chooseRanges(`bytes=${field}`, size);
      if (size === 0) return assertEquals(choice, { kind: "whole" });
      if (wanted.size === 0) return assertEquals(choice, { kind: "unsatisfiable" });
      assert(choice.kind === "ranges");
      const got = choice.ranges.flatMap(({ first, last }) =>
        Array.from({ length: last - first + 1 }, (_, at) => first + at)
      );
      assertEquals(choice.ranges.reduce((sum, range) => sum + lengthOf(range), 0), got.length);
      assertEquals(got.toSorted((a, b) => a - b), [...wanted].sort((a, b) => a - b));
    }),
    RUNS,
  );
});
