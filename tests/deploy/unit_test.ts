import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Program } from "../cli/child.ts";
import { freePort } from "../support/ports.ts";
import { isInstalled, run, withProgram } from "../support/programs.ts";
import { until } from "../support/time.ts";
import { milliseconds, ROOT } from "./files.ts";
import { localCommand, localUnit, type Setting, value, values } from "./unit.ts";

/** The unit's place on this machine, with a program in it. */
class Home implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly setting: Setting = { port: freePort(), logs: this.folder, app: this.folder };

  constructor() {
    Deno.copyFileSync(`${ROOT}examples/hello.ts`, `${this.folder}/app.ts`);
  }

  get log(): string {
    return `${this.folder}/access.log`;
  }

  get url(): string {
    return `http://127.0.0.1:${this.setting.port}/`;
  }

  /** The unit's command, started; `shell` is what a shell does before it becomes the program. */
  async start(shell = ""): Promise<Program> {
    const command = localCommand(this.setting);
    const at = command.findIndex((word) => word.endsWith("cli.ts"));
    const program = new Program(command.slice(at + 1), {
      file: command[at]!,
      flags: command.slice(0, at),
      shell,
    });
    await program.address();
    return program;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

withProgram("systemd-analyze", "systemd knows every line of the unit", async () => {
  await using home = new Home();
  const file = `${home.folder}/weir.service`;
  await Deno.writeTextFile(file, localUnit(home.setting));
  const { code, stderr } = await run("systemd-analyze", ["verify", "--man=no", file]);
  assertEquals([code, stderr], [0, ""]);

  const security = await run("systemd-analyze", ["security", "--offline=true", file]);
  const exposure = /Overall exposure level for weir\.service: ([\d.]+)/.exec(security.stdout)?.[1];
  assert(Number(exposure) <= 2, `The exposure level is ${exposure}`);
});

Deno.test("the unit's command serves, opens its log again on ExecReload, ends on KillSignal", async () => {
  await using home = new Home();
  await using program = await home.start();
  assertEquals(await (await fetch(home.url)).text(), "Hello from /\n");
  await until(() => linesOf(home.log) === 1, "a line in the log");

  assertEquals(value("ExecReload"), "/bin/kill -HUP $MAINPID");
  await Deno.rename(home.log, `${home.log}.1`);
  program.send("SIGHUP");
  await until(() => linesOf(home.log) === 0, "a new log");
  await (await fetch(home.url)).text();
  await until(() => linesOf(home.log) === 1, "a line in the new log");
  assertEquals(linesOf(`${home.log}.1`), 1);

  const began = performance.now();
  program.send(value("KillSignal") as Deno.Signal);
  const { code, signal } = await program.end();
  assertEquals([code, signal], [0, null]);
  assert(performance.now() - began < milliseconds(value("TimeoutStopSec")));
});

withProgram(
  "strace",
  "the unit allows every system call and socket that the program uses",
  async () => {
    assert(isInstalled("systemd-analyze"), 'Program "systemd-analyze" is not installed');
    await using home = new Home();
    const trace = `${home.folder}/trace`;
    await using program = await home.start(`exec strace -D -f -qq -o ${trace} "$@"`);
    for (const path of ["", "metrics", "readyz"]) await (await fetch(home.url + path)).text();
    program.send("SIGTERM");
    assertEquals((await program.end()).code, 0);

    const text = await Deno.readTextFile(trace);
    const used = new Set([...text.matchAll(/^\d+\s+([a-z]\w*)\(/gm)].map(([, name]) => name!));
    for (const call of ["execve", "accept4", "mmap"]) {
      assert(
        used.has(call),
        `No ${call} in the trace`,
      );
    }
    const allowed = await callsOf(value("SystemCallFilter").split(" "));
    assertEquals([...used].filter((call) => !allowed.has(call)), []);

    const families = new Set([...text.matchAll(/\bsocket\((AF_\w+)/g)].map(([, name]) => name!));
    const known = value("RestrictAddressFamilies").split(" ");
    assertEquals([...families].filter((family) => !known.includes(family)), []);
  },
);

Deno.test("the unit lets V8 write and execute memory", () => {
  assertEquals(values("MemoryDenyWriteExecute"), []);
});

function linesOf(path: string): number | null {
  try {
    return Deno.readTextFileSync(path).split("\n").length - 1;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The system calls of groups such as `@system-service`, and of the groups in these. */
async function callsOf(groups: readonly string[]): Promise<Set<string>> {
  const { stdout } = await run("systemd-analyze", ["syscall-filter", ...groups]);
  const names = stdout.split("\n").filter((line) => /^ +[@a-z]/.test(line)).map((line) =>
    line.trim()
  );
  const inner = names.filter((name) => name.startsWith("@"));
  assertStringIncludes(stdout, groups[0]!);
  const calls = new Set(names.filter((name) => !name.startsWith("@")));
  if (inner.length > 0) { for (const call of await callsOf(inner)) calls.add(call); }
  return calls;
}
