/**
 * A server whose stderr nobody reads, and clients that make every request fail: it serves on, and it ends.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { GET } from "../support/requests.ts";
import { within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const PROGRAM = new URL("fixtures/failing.ts", import.meta.url).pathname;
const PRELOAD = new URL("../../register.ts", import.meta.url).pathname;

/** A program in a process of its own; its stderr is a pipe that nobody reads until it is asked for. */
class Unread implements AsyncDisposable {
  readonly child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #isOver = false;

  constructor(...args: readonly string[]) {
    this.child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--quiet", "--allow-net", "--allow-env", ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = this.child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** What it prints next on stdout. */
  async said(): Promise<string> {
    return (await within(this.#lines.read(), "the program to say something")).value ?? "";
  }

  async ends(): Promise<Deno.CommandStatus> {
    const status = await within(this.child.status, "the program to end", 15_000);
    this.#isOver = true;
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOver) this.child.kill("SIGKILL");
    await this.child.status;
    await this.#lines.cancel();
    if (!this.child.stderr.locked) await this.child.stderr.cancel();
  }
}

/** Requests that fail, one after the other; each is answered. */
async function flood(port: number, count: number): Promise<void> {
  using client = await WireClient.connect(port);
  for (let turn = 0; turn < count; turn++) {
    const { status } = await within(client.ask(GET), `answer ${turn} with stderr unread`, 5_000);
    assertEquals(status, 500);
  }
}

Deno.test("a flood of errors with an unread stderr holds nobody up, and comes out in the end", async () => {
  await using program = new Unread(PROGRAM, "rest");
  const port = Number(await program.said());
  await flood(port, 500);
  const reading = new Response(program.child.stderr).text();
  program.child.kill("SIGTERM");
  assertEquals((await program.ends()).code, 0);
  const text = await reading;
  assertMatch(text, /^The handler failed: Error: x{10000}\n/);
  const reports = text.match(/^The handler failed: /gm)!.length;
  const leftOut = [...text.matchAll(/^Weir has left out (\d+) more reports/gm)];
  assertEquals(leftOut.reduce((sum, [, count]) => sum + Number(count), reports), 500);
});

Deno.test("with an unread stderr a server ends, and so does its program", async () => {
  await using program = new Unread(PROGRAM, "exit");
  const port = Number(await program.said());
  await flood(port, 200);
  program.child.kill("SIGTERM");
  assertEquals((await program.ends()).code, 7);
});

Deno.test("with an unread stderr a preloaded program ends on a signal", async () => {
  await using folder = await temporary();
  const app = `${folder.path}/app.ts`;
  Deno.writeTextFileSync(
    app,
    `Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(port) }, () => {
      throw new Error("x".repeat(10_000));
    });`,
  );
  await using program = new Unread(`--preload=${PRELOAD}`, app);
  const port = Number(await program.said());
  await flood(port, 200);
  program.child.kill("SIGTERM");
  assertEquals((await program.ends()).code, 0);
});

for (const how of ["own", "bound"]) {
  Deno.test(`console.error replaced before the library is loaded (${how}) gets the reports`, async () => {
    await using program = new Unread(PROGRAM, how);
    const port = Number(await program.said());
    await flood(port, 1);
    assertMatch(await program.said(), /^collected/);
    program.child.kill("SIGTERM");
    assertEquals((await program.ends()).code, 0);
  });
}

/** A folder for the time of a test. */
async function temporary(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
