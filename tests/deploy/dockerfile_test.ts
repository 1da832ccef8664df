import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { freePort, listening } from "../support/ports.ts";
import { within } from "../support/time.ts";
import { commands, Image, only, stages, words } from "./dockerfile.ts";
import { captured, deployed, ROOT } from "./files.ts";

Deno.test("the image is built, serves, says whether it is alive, and drains on its STOPSIGNAL", async () => {
  const port = freePort();
  await using image = await Image.build(port);
  const { entrypoint, cmd, healthcheck } = commands();
  const isHealthy = async () => (await image.command(healthcheck).output()).code;
  assertEquals(await isHealthy(), 1);

  const child = image.command([...entrypoint, ...cmd]).spawn();
  const output = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  try {
    await within(listening(port), "the image's program to listen");
    const answer = await fetch(`http://127.0.0.1:${port}/path`);
    assertEquals(await answer.text(), "Hello from /path\n");
    // Loaded only now, and only from what the image has.
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    assertStringIncludes(await metrics.text(), "weir_connections");
    assertEquals(await isHealthy(), 0);

    child.kill(only(stages().last, "STOPSIGNAL") as Deno.Signal);
    // A container that drains is alive: nobody must kill it.
    assertEquals(await isHealthy(), 0);
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    assertEquals([ready.status, await ready.text()], [503, "leaving\n"]);
    const { code } = await within(child.status, "the image's program to end");
    assertEquals(code, 0);
    assertEquals(await isHealthy(), 1);
  } catch (error) {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    throw error;
  } finally {
    const [stdout, stderr] = await output;
    assertEquals(stderr, "", stdout);
  }
});

Deno.test("the image's user is not root, and a number", () => {
  assertMatch(only(stages().last, "USER"), /^[1-9]\d*:[1-9]\d*$/);
});

Deno.test("the image asks nobody, loads nothing and may do only what is listed", () => {
  const { entrypoint, healthcheck } = commands();
  for (const line of [entrypoint, healthcheck]) {
    for (const flag of ["--no-prompt", "--cached-only", "--frozen"]) {
      assert(line.includes(flag), flag);
    }
    assert(!line.some((word) => /^(-A|--allow-all|--allow-\w+)$/.test(word)), line.join(" "));
  }
});

Deno.test("every command of the Dockerfile does without a shell", () => {
  const { build, last } = stages();
  const run = [...build, ...last].filter(({ name }) =>
    /^(RUN|CMD|ENTRYPOINT|HEALTHCHECK)$/.test(name)
  );
  assertEquals(run.length, 5);
  for (const { text } of run) words(text);
});

Deno.test("the image has the Deno that README names", () => {
  const named = captured(deployed("Dockerfile"), /^ARG DENO_VERSION=(.*)$/);
  assertStringIncludes(Deno.readTextFileSync(`${ROOT}README.md`), `deno@${named} task serve`);
});
