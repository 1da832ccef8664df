/**
 * The program with a log file that has no more room. A limit on the size of files stands for the full disk:
 * it needs no privilege, and can be lifted again. The signal that comes with it is ignored, as the error is
 * what is tested.
 *
 * @module
 */

import { Program } from "../cli/child.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { request } from "../support/requests.ts";
import { until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const LIMITED = { shell: `trap '' XFSZ; exec "$@"` };
const FULL = { shell: 'exec "$@" 2>/dev/full' };

async function limit(program: Program, bytes: number | "unlimited"): Promise<void> {
  const args = ["--pid", `${program.pid}`, `--fsize=${bytes}:unlimited`];
  const { code, stderr } = await run("prlimit", args);
  assertEquals([code, stderr], [0, ""]);
}

/** Asks `count` times, with a name of `nameBytes`; a line is four times as long as the name. */
async function ask(address: string, count: number, nameBytes = 1): Promise<void> {
  using client = await WireClient.connect(Number(new URL(address).port));
  const raw = request({ fields: [`User-Agent: ${'"'.repeat(nameBytes)}`] });
  for (let turn = 0; turn < count; turn++) assertEquals((await client.ask(raw)).status, 200);
}

function linesIn(path: string): string[] {
  return Deno.readTextFileSync(path).split("\n").slice(0, -1);
}

withProgram(
  "prlimit",
  "a full disk costs no answer, and no line once there is room again",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/access.log`;
      const args = ["--port", "0", "--log=combined", "--log-file", path];
      await using program = new Program(args, LIMITED);
      const address = await program.address();
      await limit(program, 1_000);
      await ask(address, 200);
      await until(() => Deno.statSync(path).size === 1_000, "the file to be full");
      await ask(address, 100);
      assertEquals(Deno.statSync(path).size, 1_000);
      await limit(program, "unlimited");
      await until(() => linesIn(path).length === 300, "all lines");
      await ask(address, 10);
      program.send("SIGTERM");
      const { code, stderr } = await program.end();
      assertEquals(code, 0);
      assertMatch(stderr, /^Cannot write the access log '[^\n]*', lines may be lost: [^\n]*\n$/);
      assertEquals(linesIn(path).length, 310);
      for (const line of linesIn(path)) assertMatch(line, /^127\.0\.0\.1 - - \[.*"\\x22"$/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

withProgram(
  "prlimit",
  "a disk that stays full loses lines, which are counted, and bounds the memory",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/access.log`;
      const args = ["--port", "0", "--log=combined", "--log-file", path];
      await using program = new Program(args, LIMITED);
      const address = await program.address();
      await limit(program, 1_000);
      // 40 lines of 100 KB can wait.
      await ask(address, 100, 25_000);
      await limit(program, "unlimited");
      await until(() => Deno.statSync(path).size > 4_000_000, "what waited to be written");
      await ask(address, 1);
      program.send("SIGTERM");
      const { code, stdout, stderr } = await program.end();
      assertEquals(code, 0);
      assertMatch(stderr, /^Cannot write the access log [^\n]*\n$/);
      const lost = Number(/^Weir lost (\d+) lines of the access log$/m.exec(stdout)?.[1]);
      assertEquals(linesIn(path).length + lost, 101);
      assert(lost > 50 && lost < 65, `${lost} lines lost`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("a stderr that is full costs no answer", async () => {
  await using program = new Program(["--port", "0", "--log=combined"], FULL);
  await ask(await program.address(), 300);
  program.send("SIGTERM");
  assertEquals((await program.end()).code, 0);
});

Deno.test("a stderr that nobody reads stops neither the answers nor the end", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "cli.ts", "--port", "0", "--log=combined"],
    cwd: new URL("../../", import.meta.url),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await within(stdout.read(), "the address");
  await ask(/http:\S+/.exec(value)![0], 40, 25_000);
  child.kill("SIGTERM");
  assertEquals((await within(child.status, "the end")).code, 0);
  let text = "";
  for (let next = await stdout.read(); !next.done; next = await stdout.read()) text += next.value;
  const lost = Number(/^Weir lost (\d+) lines of the access log$/m.exec(text)?.[1]);
  const written = (await new Response(child.stderr).text()).split("\n").length - 1;
  assert(lost > 0 && written + lost === 40, `${written} written, ${lost} lost`);
});
