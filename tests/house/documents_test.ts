import { HELP } from "../../cli/help.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_SHUTDOWN,
  DEFAULT_TIMEOUTS,
} from "../../reactor/options/options.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { ROOT, textOf } from "./sources.ts";

const README = textOf("README.md");
const CONFIG = JSON.parse(textOf("deno.json"));
const DOCUMENTS = [
  "README.md",
  "CHANGELOG.md",
  "SECURITY.md",
  "docs/architecture.md",
  "docs/fuzzing.md",
  "docs/reference/cli.md",
];

/** What `pattern` captures, each once. */
function captures(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))];
}

Deno.test("README names only tasks that exist", () => {
  const named = captures(README, /\btask ([a-z][\w:-]*)/g);
  assert(named.includes("serve") && named.includes("test"));
  assertEquals(named.filter((task) => !(task in CONFIG.tasks)), []);
});

Deno.test("README says of every task that runs a program what it may do", () => {
  const flags = (text: string) =>
    captures(text, /(--allow-[\w-]+(?:=[^\s`]+)?|-P(?:=\w+)?|-A)(?=[\s`])/g);
  for (const [task, { command }] of Object.entries<{ command: string }>(CONFIG.tasks)) {
    if (task === "check") continue;
    const row = README.split("\n").find((line) => line.startsWith(`| \`deno task ${task}\``));
    assert(row !== undefined, `No row for ${task}`);
    assertEquals(flags(row).sort(), flags(`${command} `).sort(), row);
    assert(!flags(row).includes("-A"), `${task} may do everything`);
  }
});

Deno.test("README and the CI script name one version of Deno", () => {
  const versions = captures(README + textOf(".ci/run"), /\bdeno@(\d[\w.-]*)/g);
  assertEquals(versions.length, 1);
});

Deno.test("the CI script runs the test command that README gives", () => {
  const commands = captures(README, /^(npx -y deno@\S+ task test)$/gm);
  assertEquals(commands.length, 1);
  assertStringIncludes(textOf(".ci/run"), commands[0] ?? "");
});

Deno.test("README names only flags that the program has", () => {
  const flags = captures(HELP, /^ {2}--([a-z-]+)/gm);
  const section = README.slice(
    README.indexOf("## The program"),
    README.indexOf("## Programs that call"),
  );
  const named = captures(section, /`--([a-z-]+)/g);
  assert(named.length > 5);
  assertEquals(named.filter((flag) => !flags.includes(flag)), []);
});

Deno.test("README lists every time-out and limit with its default", () => {
  const defaults = { ...DEFAULT_TIMEOUTS, ...DEFAULT_LIMITS, ...DEFAULT_SHUTDOWN };
  for (const [name, value] of Object.entries(defaults)) {
    const row = README.split("\n").find((line) => line.startsWith(`| \`${name}\``));
    assert(row !== undefined, `No row for ${name}`);
    assertEquals(valueOf(row.split("|")[2] ?? ""), value, row);
  }
});

/** A default as the table writes it, in milliseconds, bytes or a count. */
function valueOf(cell: string): number | string {
  const [amount = "", unit = ""] = cell.trim().replaceAll(",", "").split(" ");
  if (amount === "off") return 0;
  if (amount.startsWith("`")) return amount.replaceAll("`", "").replaceAll('"', "");
  const scale = { s: 1000, KiB: 1024, MiB: 1024 * 1024, "B/s": 1, "": 1 }[unit];
  assert(scale !== undefined, `Unknown unit in ${cell}`);
  return Number(amount) * scale;
}

Deno.test("documents link only to files that exist", () => {
  for (const document of DOCUMENTS) {
    const folder = document.includes("/") ? document.slice(0, document.lastIndexOf("/") + 1) : "";
    for (const link of captures(textOf(document), /\]\((?!https?:)([^)#]+)/g)) {
      assert(exists(ROOT + folder + link), `${document} links to ${link}`);
    }
  }
});

Deno.test("docs/architecture.md names only files that exist", () => {
  const text = textOf("docs/architecture.md");
  const named = captures(text, /\b((?:reactor|handlers|cli|bench|tests)\/[\w/]*\w\.ts)\b/g);
  assert(named.length > 5);
  assertEquals(named.filter((file) => !exists(ROOT + file)), []);
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
