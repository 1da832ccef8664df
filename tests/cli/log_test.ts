import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { LAST_GET, request } from "../support/requests.ts";
import { eachOf, until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { Program, runToEnd } from "./child.ts";

const FIXTURE = { file: "tests/cli/fixture.ts" };

async function inFolder(act: (folder: string, path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await act(folder, `${folder}/access.log`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function linesOf(path: string): string[] {
  try {
    return Deno.readTextFileSync(path).split("\n").slice(0, -1);
  } catch {
    return [];
  }
}

/** Sends some requests and returns how many were answered with 200. */
async function load(address: string, connections: number): Promise<number> {
  let answers = 0;
  await eachOf(Array.from({ length: connections }), async () => {
    using client = await WireClient.connect(Number(new URL(address).port));
    await client.send(request().repeat(4) + LAST_GET);
    const { text } = await client.remains();
    answers += text.match(/HTTP\/1\.1 200 /g)?.length ?? 0;
  });
  return answers;
}

for (
  const [flag, line] of [["--log", /^127\.0\.0\.1 - - /], ["--log=json", /^\{"time":"/]] as const
) {
  Deno.test(`the program logs to stderr with ${flag}`, async () => {
    await using program = new Program(["--port", "0", flag]);
    assertEquals(await load(await program.address(), 40), 200);
    program.send("SIGTERM");
    const { code, stdout, stderr } = await program.end();
    assertEquals(code, 0);
    const lines = stderr.split("\n").slice(0, -1);
    assertEquals(lines.length, 200);
    for (const each of lines) assertMatch(each, line);
    assertMatch(stdout, /^Weir draining [^\n]*\nWeir stopped: [^\n]*\n$/);
  });
}

Deno.test("the program loses no line when SIGHUP rotates its log file under load", async () => {
  await inFolder(async (folder, path) => {
    await using program = new Program(["--port", "0", "--log-file", path]);
    const address = await program.address();
    const loading = load(address, 800);
    for (let turn = 0; turn < 3; turn++) {
      await until(() => linesOf(path).length > 300, "lines in the file");
      await Deno.rename(path, `${folder}/old.${turn}`);
      program.send("SIGHUP");
    }
    const answers = await loading;
    program.send("SIGTERM");
    const { code, stderr } = await program.end();
    assertEquals([code, stderr, answers], [0, "", 4_000]);
    const files = [path, ...[0, 1, 2].map((turn) => `${folder}/old.${turn}`)].map(linesOf);
    assertEquals(files.flat().length, answers);
    assert(files.every((lines) => lines.length > 0));
  });
});

Deno.test("a second signal loses no line", async () => {
  await inFolder(async (_folder, path) => {
    await using program = new Program(["--port", "0", "--log=json", "--log-file", path], FIXTURE);
    const address = await program.address();
    using client = await WireClient.connect(Number(new URL(address).port));
    await client.send(request() + request({ target: "/hang" }));
    assertEquals((await client.response()).status, 200);
    program.send("SIGINT");
    assertMatch(await program.line(), /^Weir draining/);
    program.send("SIGINT");
    assertEquals((await program.end()).code, 130);
    const told = linesOf(path).map((line) => JSON.parse(line))
      .map(({ target, status, reason }) => `${target} ${status} ${reason}`);
    assertEquals(told, ["/ 200 null", "/hang 444 shutdown"]);
  });
});

Deno.test("the program keeps its log file when SIGHUP finds none to open", async () => {
  await inFolder(async (folder, path) => {
    await using program = new Program(["--port", "0", "--log-file", path]);
    const address = await program.address();
    await Deno.rename(path, `${folder}/old`);
    await Deno.mkdir(path);
    program.send("SIGHUP");
    assertEquals(await load(address, 2), 10);
    program.send("SIGTERM");
    const { code, stderr } = await program.end();
    assertEquals([code, linesOf(`${folder}/old`).length], [0, 10]);
    assertMatch(stderr, /^Cannot reopen the access log '[^\n]*Is a directory[^\n]*\n$/);
  });
});

Deno.test("the program keeps the permission to write only for a log file", async () => {
  await inFolder(async (_folder, path) => {
    const kept = { "--log": ["net"], [`--log-file=${path}`]: ["net", "write"] };
    for (const [flag, names] of Object.entries(kept)) {
      await using program = new Program(["--port", "0", flag], FIXTURE);
      assertEquals(await (await fetch(await program.address())).json(), names);
    }
  });
});

Deno.test("the program ends with 1 when it cannot open its log file, and with 2 for a bad format", async () => {
  const missing = await runToEnd("--port", "0", "--log-file", "/nowhere/access.log");
  assertEquals([missing.code, missing.stdout], [1, ""]);
  assertMatch(
    missing.stderr,
    /^weir: Cannot open the log file '\/nowhere\/access\.log': No such [^\n]*\n$/,
  );
  const bad = await runToEnd("--log=clf");
  assertEquals([bad.code, bad.stdout], [2, ""]);
  assertStringIncludes(bad.stderr, "'--log' takes one of common, combined, json, not 'clf'");
});

Deno.test("SIGHUP ends the program when it has no log file", async () => {
  await using program = new Program(["--port", "0", "--log"]);
  await program.address();
  program.send("SIGHUP");
  assertEquals((await program.end()).signal, "SIGHUP");
});
