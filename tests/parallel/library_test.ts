/**
 * `serveParallel` in a program of its own, since sharing a port needs a flag that the tests do not have; and
 * what it says of options that mean nothing, which needs none.
 *
 * @module
 */

import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../support/assert.ts";
import { type ParallelOptions, serveParallel } from "../../mod.ts";
import { Program } from "../cli/child.ts";

const FILE = "tests/parallel/fixtures/library.ts";
const FLAGS = ["run", "--no-prompt", "--unstable-net", "--allow-net=127.0.0.1", "--allow-read"];

/** What the fixture says of a call with these options. */
async function sayings(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  await using program = new Program(args, { file: FILE, flags: FLAGS });
  const { stdout, stderr, code } = await program.end();
  assertEquals(code, 0, stderr);
  return { stdout, stderr };
}

Deno.test("serveParallel: serves, sums up, reloads and ends", async () => {
  const { stdout, stderr } = await sayings("whole");
  const lines = stdout.trim().split("\n");
  assertEquals(lines.slice(0, 4), [
    "workers 1,2, serving",
    "v 20 answers by 2 threads",
    "healthy ok, 21 answers counted",
    "workers 3,4",
  ]);
  assertMatch(lines[4]!, /^drained \d+, ended$/);
  // The access log.
  assertMatch(stderr, /"GET \/readyz HTTP\/1\.1" 200 3/);
});

Deno.test("serveParallel: a module that cannot be loaded rejects, and the process ends by itself", async () => {
  const { stdout } = await sayings("missing");
  assertMatch(stdout, /^rejected: .*no_such_module\.ts/);
});

Deno.test("serveParallel: an error that its handler makes is answered by the module's onError", async () => {
  const { stdout } = await sayings("onError");
  assertEquals(stdout, "418 handled: no\n");
});

Deno.test("serveParallel: without --unstable-net it rejects, and says what it needs", async () => {
  const call = () => serveParallel("file:///app.ts", { port: 0 });
  const { message } = await assertRejects(call, Error);
  assertStringIncludes(message, "needs the flag --unstable-net");
});

const REFUSED: [options: Record<string, unknown>, message: string][] = [
  [{ workers: 0 }, "Cannot use option 'workers'"],
  [{ workers: 1.5 }, "Cannot use option 'workers'"],
  [{ workers: "many" }, "Cannot use option 'workers'"],
  [{ startTimeout: -1 }, "Cannot use option 'startTimeout'"],
  [{ readyPath: "ready" }, "Cannot use option 'readyPath'"],
  [{ onError: () => new Response() }, "Cannot use option 'onError' in workers"],
  [{ signal: AbortSignal.abort() }, "Cannot use option 'signal' in workers"],
  [{ path: "/tmp/x" }, "Cannot use option 'path' in workers"],
  [{ queue: { lane: () => "normal" } }, "Cannot use option 'queue' in workers"],
  [{ timeouts: { head: -1 } }, "Cannot use option 'timeouts.head'"],
  [{ port: 70_000 }, "Invalid port"],
  [{ shutdown: { deadline: -1 } }, "Cannot use option"],
];

for (const [options, message] of REFUSED) {
  Deno.test(`serveParallel: ${Object.keys(options)} is refused`, async () => {
    const call = () => serveParallel("file:///app.ts", options as ParallelOptions);
    assertStringIncludes((await assertRejects(call, Error)).message, message);
  });
}
