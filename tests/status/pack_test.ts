import { assert, assertEquals } from "../support/assert.ts";
import { codeOf, filesUnder } from "../house/sources.ts";
import { pack, packed } from "./pack.ts";

Deno.test("the packed files are those of the page; else run tests/status/pack.ts", () => {
  assertEquals(packed() === pack(), true);
});

Deno.test("the page asks nobody but its own server, and carries no inline script or style", () => {
  const files: Record<string, string[]> = JSON.parse(packed());
  for (const [name, lines] of Object.entries(files)) {
    const text = lines.join("\n").replace(/\/\*[^]*?\*\//g, "");
    const foreign =
      /\b(?:src|href|action|url|import|from|fetch|EventSource)\b\W{1,4}(?:https?:)?\/\//;
    assert(!foreign.test(text), `${name} names another server`);
    assert(!/<[^>]*\s(?:on\w+|style)=/.test(text) || !name.endsWith(".html"), name);
    assert(!/<script(?![^>]*\ssrc=)|<style/.test(text) || !name.endsWith(".html"), name);
    if (!name.startsWith("uplot")) assert(!/innerHTML|insertAdjacentHTML|eval\(/.test(text), name);
  }
});

Deno.test("no file of the package imports text, which a registry refuses", () => {
  const published = ["mod.ts", "cli.ts", ...["cli", "handlers", "reactor"].flatMap(filesUnder)];
  assertEquals(published.filter((file) => /type:\s*"text"/.test(codeOf(file))), []);
});
