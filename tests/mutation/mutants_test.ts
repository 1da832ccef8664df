import { assert, assertEquals } from "../support/assert.ts";
import { filesUnder, textOf } from "../house/sources.ts";
import { equivalenceOf, EQUIVALENT } from "./equivalent.ts";
import { mutantsOf, mutated } from "./mutants.ts";
import { sources, tests } from "./scope.ts";
import { Tree } from "./tree.ts";
import { Trials } from "./trials.ts";

const CASES: readonly (readonly [text: string, ...mutants: readonly string[]])[] = [
  ["a < b", "a <= b"],
  ["a >= b", "a > b"],
  ["a === b", "a !== b"],
  ["a && b || c", "a || b || c", "a && b && c"],
  ["a ?? b", "a && b"],
  ["(a & 1) << b", "(a | 1) << b", "(a & 2) << b", "(a & 1) >> b"],
  ["a += 0x0f", "a -= 0x0f", "a += 0x10"],
  ["a = 1_000", "a = 1001"],
  ["f(!a, true)", "f(a, true)", "f(!a, false)"],
  ["a++; --b", "a--; --b", "a++; ++b"],
  ["if (a) f()", "if (false) f()"],
  ["a! + (b as 1)", "a! - (b as 1)"],
  ["const a: 1 | 2 = b", ...[]],
  ["type A = 1 | 2; interface B { c: 3 }", ...[]],
  ['import a from "b"; "x < 1"; // 1 + 1', ...[]],
];

for (const [text, ...expected] of CASES) {
  Deno.test(`mutantsOf(): ${text}`, () => {
    assertEquals(mutantsOf("f.ts", text).map((each) => mutated(text, each)), expected);
  });
}

Deno.test("mutantsOf() tells where each mutant is, and equal ones apart", () => {
  const mutants = mutantsOf("f.ts", "let a;\n  f(1, 1);\n");
  assertEquals(mutants.map(({ line, code, change, nth }) => [line, code, change, nth]), [
    [2, "f(1, 1);", "1 to 2", 0],
    [2, "f(1, 1);", "1 to 2", 1],
  ]);
});

Deno.test("every mutant that is listed as equivalent exists", () => {
  const files = sources();
  const all = files.flatMap((file) => mutantsOf(file, textOf(file)));
  const found = new Set(all.map(equivalenceOf));
  const lost = EQUIVALENT.filter((each) => !found.has(each));
  assertEquals(lost.map(({ file, code, change }) => `${file}: ${code}: ${change}`), []);
  assert(all.length > 1_000, "Hardly any mutant was found");
});

Deno.test("every test that mutants are tried with exists", () => {
  const all = filesUnder("tests");
  assertEquals(tests().filter((test) => !all.includes(test)), []);
});

Deno.test("Trials.of() tells a mutant that a test notices from others", async () => {
  await using tree = await Tree.copy();
  const file = "reactor/h1/words.ts";
  const trials = await Trials.begin(tree, ["tests/h1/words_test.ts"]);
  const mutants = mutantsOf(file, textOf(file));
  const noticed = mutants.find(({ change }) => change === "=== to !==")!;
  assertEquals(await trials.of(noticed), { kind: "killed", by: "tests/h1/words_test.ts" });
  assertEquals(await trials.of({ ...noticed, put: "===" }), { kind: "survived" });
  assertEquals(await Deno.readTextFile(tree.root + file), textOf(file));
});
