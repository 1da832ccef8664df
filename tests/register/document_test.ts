import { assert, assertEquals } from "../support/assert.ts";
import { APPS } from "./frameworks/apps.ts";

const DOCS = new URL("../../docs/", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("preload.md", DOCS));

Deno.test("docs/preload.md lists each framework as it is tested: packages, build and run", () => {
  const rows = PAGE.slice(PAGE.indexOf("| framework")).split("\n").slice(2)
    .filter((line) => line.startsWith("|"));
  assertEquals(rows.length, APPS.length);
  for (const app of APPS) {
    const row = rows.find((line) => line.toLowerCase().startsWith(`| ${app.name} `));
    assert(row !== undefined, `No row for ${app.name}`);
    const [packages, build, command, end] = row.split("|").slice(2).map((cell) => cell.trim());
    for (const [, name, version] of packages!.matchAll(/`(@?[^`@]+)@([^`]+)`/g)) {
      assertEquals(app.packages[name!], version, name);
    }
    assertEquals(build, app.build === undefined ? "none" : `\`${app.build.join(" ")}\``);
    assertEquals(command, `\`${app.run.join(" ")}\``);
    assertEquals(end, app.endsItself ? "srvx itself" : "the preload");
  }
});

Deno.test("docs/preload.md links only to files that exist", () => {
  const links = [...PAGE.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
  assert(links.length > 0);
  for (const link of links) assert(Deno.statSync(new URL(link, DOCS)).isFile, link);
});
