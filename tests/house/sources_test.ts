import { assert, assertEquals } from "../support/assert.ts";
import { codeOf, deno, filesUnder, ROOT, textOf } from "./sources.ts";

/** The engine's only access to the platform. */
const PORTS = "reactor/deno_ports.ts";
const ENGINE = filesUnder("reactor").filter((file) => file !== PORTS);

/** Lines of `files` whose code matches, as `file: line`. */
function findIn(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    codeOf(file).split("\n")
      .filter((line) => pattern.test(line))
      .map((line) => `${file}: ${line.trim()}`)
  );
}

Deno.test("codeOf() drops comments and keeps strings", () => {
  const code = codeOf("tests/house/sources.ts");
  assert(!code.includes("The project's own files"));
  assert(code.includes('"../../"'));
  assert(code.includes("function codeOf"));
});

Deno.test("reactor/ names the platform in its ports file alone", () => {
  assertEquals(findIn(ENGINE, /\b(Deno\.|setTimeout|setInterval|setImmediate|queueMicrotask)/), []);
  assert(findIn([PORTS], /\bDeno\./).length > 0);
});

Deno.test("reactor/ reads no clock and rolls no dice but through its ports", () => {
  assertEquals(findIn(ENGINE, /\bDate\.now|\bnew Date\b|\bMath\.random|\bperformance\b/), []);
});

Deno.test("microtasks are counted in one file", () => {
  const own = "reactor/timing/microtasks.ts";
  const others = ["reactor", "handlers", "cli"].flatMap(filesUnder).filter((file) => file !== own);
  const counting = new RegExp(
    [
      /\bawait\s+(undefined|null|void\b|\d|Promise\.resolve\()/,
      /\bPromise\.resolve\([^)]*\)\.then\b/,
      /\bqueueMicrotask\b|\bnextTick\b/,
      /\b(for|while)\b.*\b(nextMicrotask|turnDelivered|soon)\(/,
    ].map(({ source }) => source).join("|"),
  );
  assertEquals(findIn(others, counting), []);
  const lines = ["await undefined;", "await  null", "while (a) await nextMicrotask();"];
  assertEquals(lines.filter((line) => !counting.test(line)), []);
});

Deno.test("reactor/ type-checks without any platform", async () => {
  const { code, text } = await deno("check", "--config", "reactor/esnext.json", "reactor/");
  assert(code === 0, text);
});

Deno.test("reactor/ is checked as strictly without a platform as with it", () => {
  const ours = JSON.parse(textOf("deno.json"));
  const bare = JSON.parse(textOf("reactor/esnext.json"));
  assertEquals(bare.compilerOptions, { lib: ["esnext"], ...ours.compilerOptions });
  assertEquals(bare.exclude, ["deno_ports.ts"]);
  // The engine uses no package, so that it needs no import map.
  assertEquals(bare.imports, undefined);
});

Deno.test("nothing that the library holds prints, reads the environment or ends the process", () => {
  const library = ["mod.ts", ...filesUnder("reactor"), ...filesUnder("handlers")];
  assertEquals(
    findIn(library, /\bDeno\.(env|exit|args|stdout|stdin)\b|\bconsole\.(log|info)\b/),
    [],
  );
});

Deno.test("no file is too long to read", () => {
  const lengths = filesUnder("").map((file) => ({
    file,
    lines: textOf(file).trimEnd().split("\n").length,
  }));
  // A class may need more lines: a file that is longer than usual is named, not refused.
  for (const { file, lines } of lengths) {
    if (lines > 500 && !file.startsWith("tests/")) console.info(`  ${file}: ${lines} lines`);
  }
  const tests = lengths.filter(({ file }) => file.startsWith("tests/"));
  assertEquals(tests.filter(({ lines }) => lines > 800), []);
});

Deno.test("every file says at its top what it is", () => {
  const silent = ["mod.ts", "cli.ts", ...["reactor", "handlers", "cli"].flatMap(filesUnder)]
    .filter((file) => !/^\/\*\*\n \* \S[^]*?\n \* @module\n/.test(textOf(file)));
  assertEquals(silent, []);
});

Deno.test("no file names a place on somebody's machine", () => {
  const places = new RegExp(["/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/"].join("|"));
  const named = filesUnder("").filter((file) => places.test(textOf(file)));
  assertEquals(named, []);
  assert(ROOT.endsWith("/"));
});
