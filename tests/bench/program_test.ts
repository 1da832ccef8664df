import { OHA_MISSING } from "../../bench/oha.ts";
import { processTree, readProc } from "../../bench/proc.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { within } from "../support/time.ts";

const MAIN = new URL("../../bench/main.ts", import.meta.url).pathname;
const RESULTS = new URL("../../bench/results/", import.meta.url).pathname;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function bench(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", ...PERMISSIONS, MAIN, ...args],
    env,
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

const PERMISSIONS = ["--allow-run", "--allow-read", "--allow-write", "--allow-net=127.0.0.1"];

Deno.test("the bench says in one line what is wrong with its command line, and ends with 2", async () => {
  for (const args of [["--fast"], ["--case", "helo"], ["--rounds", "0"]]) {
    const { code, stdout, stderr } = await bench(args);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

Deno.test("the bench says in one line how to install oha, and ends with 3", async () => {
  const { code, stderr } = await bench(["--quick"], { PATH: RESULTS });
  assertEquals([code, stderr], [3, `${OHA_MISSING}\n`]);
});

Deno.test("the bench explains its flags", async () => {
  const { code, stdout } = await bench(["--help"]);
  assertEquals(code, 0);
  for (const flag of ["case", "peer", "rounds", "seconds", "quick", "check", "seed-table"]) {
    assertStringIncludes(stdout, `--${flag}`);
  }
});

withProgram(
  "oha",
  "an interrupted bench ends its children and cleans up after itself",
  async () => {
    const before = folders();
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--no-check", ...PERMISSIONS, MAIN]
        .concat("--case", "hello", "--peer", "deno", "--seconds", "30"),
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("[1/5]")) text += (await reader.read()).value ?? "";
    const port = await within(servedPort(child.pid), "the server of the bench");
    child.kill("SIGINT");
    assertEquals((await child.status).code, 130);
    await reader.cancel();
    assertEquals(folders(), before);
    assert(await refuses(port), "the server is still there");
  },
);

/** The folders of sessions that lie beside the results. */
function folders(): string[] {
  return [...Deno.readDirSync(RESULTS)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).sort();
}

/** The port of the server that the process has started, read from its command line. */
async function servedPort(pid: number): Promise<number> {
  for (;;) {
    for (const each of await processTree(pid)) {
      const line = await readProc([`/proc/${each}/cmdline`]) ?? "";
      const port = /deno_serve\.ts\0(\d+)/.exec(line)?.[1];
      if (port !== undefined) return Number(port);
    }
  }
}

async function refuses(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}
