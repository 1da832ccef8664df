import { assert, assertEquals } from "../support/assert.ts";
import { codeOf, filesUnder, graphOf, type Import, importsOf } from "./sources.ts";

/** The entries of the project: the library, the program and the preload. */
const ENTRIES = ["mod.ts", "cli.ts", "cli/write_reference.ts", "register.ts"];

/** The folders of the library and the program; all their files must be reachable from an entry. */
const FLOORS = ["reactor/", "handlers/", "cli/"];

/** What every mechanism may import besides types of the ports. */
const MICROTASKS = "reactor/timing/microtasks.ts";

/** Each is independent: of the engine, it may use the ports' types and microtasks only. */
const MECHANISMS = [
  "timing/microtasks",
  "timing/timer_wheel",
  "timing/rounds",
  "admission/abandoned",
  "admission/flushes",
  "admission/lane",
  "admission/limit",
  "admission/turn",
  "admission/waits",
  "memory/buffer_pool",
  "timing/min_rate",
]
  .map((name) => `reactor/${name}.ts`);

/** Every file of the project. */
const ALL = filesUnder("").filter((file) => !file.startsWith("bench/results/"));

const graphs = await Promise.all(ENTRIES.map(graphOf));
const files = new Set(graphs.flatMap((graph) => graph.files));
const imports = graphs.flatMap((graph) => graph.imports);

/** The imports that break a rule, as lines to read in a failure. */
function offending(breaks: (edge: Import) => boolean): string[] {
  const lines = imports.filter(breaks).map((edge) => `${edge.from} imports ${edge.to}`);
  return [...new Set(lines)].sort();
}

function isUnder(path: string, ...folders: string[]): boolean {
  return folders.some((folder) => path.startsWith(folder));
}

Deno.test("the graph of imports is not empty", () => {
  assert(imports.length > 20);
  assert(files.has("reactor/ports.ts"));
});

Deno.test("reactor/ imports nothing outside of reactor/", () => {
  const breaks = ({ from, to }: Import) => isUnder(from, "reactor/") && !isUnder(to, "reactor/");
  assertEquals(offending(breaks), []);
});

Deno.test("reactor/h1/ imports nothing but itself, the errors, and types of the ports", () => {
  const allowed = ({ to, typeOnly }: Import) =>
    isUnder(to, "reactor/h1/") || to === "reactor/errors.ts" ||
    (["reactor/ports.ts", "reactor/request_head.ts"].includes(to) && typeOnly);
  const breaks = (edge: Import) => isUnder(edge.from, "reactor/h1/") && !allowed(edge);
  assertEquals(offending(breaks), []);
});

Deno.test("a mechanism of the engine imports nothing but microtasks and types of the ports", () => {
  const breaks = ({ from, to, typeOnly }: Import) =>
    MECHANISMS.includes(from) && to !== MICROTASKS &&
    !(to === "reactor/ports.ts" && typeOnly);
  assertEquals(offending(breaks), []);
});

Deno.test("reactor/options/ imports nothing of the engine but itself, and types of a head", () => {
  const allowed = ({ to, typeOnly }: Import) =>
    isUnder(to, "reactor/options/") || (to === "reactor/request_head.ts" && typeOnly);
  const breaks = (edge: Import) => isUnder(edge.from, "reactor/options/") && !allowed(edge);
  assertEquals(offending(breaks), []);
});

Deno.test("only handlers/ and the engine itself reach into reactor/", () => {
  const breaks = ({ from, to }: Import) =>
    isUnder(to, "reactor/") && !isUnder(from, "reactor/", "handlers/", "cli/") && from !== "mod.ts";
  assertEquals(offending(breaks), []);
});

Deno.test("only the program imports mod.ts", () => {
  const breaks = ({ from, to }: Import) => to === "mod.ts" && !isUnder(from, "cli");
  assertEquals(offending(breaks), []);
});

Deno.test("nothing imports bench/ or tests/", () => {
  assertEquals(offending(({ to }) => isUnder(to, "bench/", "tests/")), []);
});

Deno.test("no imports form a circle, of types or of values, in the whole project", () => {
  const all = ALL.flatMap(importsOf);
  assert(all.length > 1_000, "Hardly any imports were found");
  assertEquals(circles(all), []);
});

Deno.test("circles() finds a circle, and importsOf() every kind of import", () => {
  const edge = (from: string, to: string) => ({ from, to, typeOnly: true });
  assertEquals(circles([edge("a", "b"), edge("b", "c"), edge("c", "a")]), ["a > b > c > a"]);
  const tos = importsOf("handlers/fetch/application.ts").map(({ to }) => to);
  for (const to of ["reactor/exchange.ts", "handlers/fetch/compression.ts"]) {
    assert(tos.includes(to), `Not found: ${to}`);
  }
});

/** The modules of shared types, which all of the engine may use. */
const VOCABULARY = ["states", "errors", "ports", "exchange", "observer", "request_head"]
  .map((name) => `reactor/${name}.ts`);

Deno.test("the modules of shared types import only each other, and what a field section is", () => {
  const breaks = ({ from, to }: Import) =>
    VOCABULARY.includes(from) && !VOCABULARY.includes(to) &&
    !(from === "reactor/request_head.ts" && to === "reactor/h1/field_section.ts");
  const edges = VOCABULARY.flatMap(importsOf);
  assert(edges.length > 5, "Hardly any imports were found");
  assertEquals(edges.filter(breaks), []);
});

Deno.test("no class of the engine inherits from a class of another file", () => {
  const heirs = filesUnder("reactor").flatMap((file) =>
    [...codeOf(file).matchAll(/\bclass \w+(?:<[^>]*>)? extends (\w+)/g)]
      .filter(([, parent]) => !["Error", "TypeError"].includes(parent!))
      .map(([heir]) => `${file}: ${heir}`)
  );
  const abstracts = filesUnder("reactor").filter((file) => /\babstract\b/.test(codeOf(file)));
  assertEquals([heirs, abstracts], [[], []]);
});

Deno.test("no two exports of the library and the program have the same name", () => {
  const exported = /^export (?:async )?(?:class|interface|type|function\*?|const|let) (\w+)/gm;
  const named = ["mod.ts", "cli.ts", ...FLOORS.flatMap((floor) => filesUnder(floor.slice(0, -1)))]
    .flatMap((file) =>
      [...new Set([...codeOf(file).matchAll(exported)].map(([, name]) => name!))]
        .map((name) => ({ name, file }))
    );
  const doubled = [...Map.groupBy(named, ({ name }) => name)]
    .filter(([, all]) => all.length > 1)
    .map(([name, all]) => `${name}: ${all.map(({ file }) => file).join(", ")}`);
  assert(named.length > 200, "Hardly any exports were found");
  assertEquals(doubled, []);
});

Deno.test("every file of the library and the program is in use", () => {
  const unused = FLOORS.flatMap((floor) => filesUnder(floor.slice(0, -1)))
    .filter((file) => !files.has(file));
  assertEquals(unused, []);
});

/** The circles in which imports run, each as one line. */
function circles(edges: readonly Import[]): string[] {
  const next = Map.groupBy(edges, (edge) => edge.from);
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (file: string, trail: readonly string[]) => {
    if (trail.includes(file)) found.add([...trail.slice(trail.indexOf(file)), file].join(" > "));
    if (trail.includes(file) || done.has(file)) return;
    for (const { to } of next.get(file) ?? []) walk(to, [...trail, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return [...found];
}
