/**
 * Settings of the operator for a program that knows nothing of Weir: from the environment and a file.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { WireClient } from "../support/wire.ts";
import { REGISTER, RunningProgram, runPreloaded, TemporaryFolder } from "./preloaded.ts";

const SERVER = `
const server = Deno.serve({ hostname: "127.0.0.1", port: 0 }, async (request) => {
  if (request.url.endsWith("/slow")) await new Promise((resolve) => setTimeout(resolve, 60_000));
  return new Response("hello");
});
`;

/** Runs `SERVER` in a folder with these files. */
async function withServer(
  { files = {}, ...options }: {
    files?: Readonly<Record<string, string>>;
    env?: Readonly<Record<string, string>>;
    source?: string;
    permissions?: readonly string[];
  },
  body: (program: RunningProgram) => Promise<void>,
): Promise<void> {
  await using folder = new TemporaryFolder();
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  folder.write("app.ts", options.source ?? SERVER);
  const permissions = options.permissions ?? ["-A"];
  const args = ["run", "--no-prompt", ...permissions, `--preload=${REGISTER}`, "app.ts"];
  await using program = new RunningProgram(args, folder.path, { env: options.env ?? {} });
  await body(program);
}

/** The status that a head gets which never ends. */
async function statusOfSlowHead(program: RunningProgram): Promise<number> {
  using client = await WireClient.connect(await program.port());
  await client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  return (await client.response()).status;
}

Deno.test("preload: a time-out from the environment holds, as does one from a file", async () => {
  const rows: readonly Parameters<typeof withServer>[0][] = [
    { env: { WEIR_TIMEOUT_HEAD: "300ms" } },
    { files: { "weir.json": `{ "timeouts": { "head": "300ms" } }` } },
    { files: { "deno.json": `{ "weir": { "timeouts": { "head": "300ms" } } }` } },
    // The environment wins over the file.
    {
      env: { WEIR_TIMEOUT_HEAD: "300ms" },
      files: { "weir.json": `{ "timeouts": { "head": "1h" } }` },
    },
    // Both win over what the program says, each time-out for itself.
    {
      env: { WEIR_TIMEOUT_HEAD: "300ms" },
      source: SERVER.replace("port: 0", "port: 0, timeouts: { head: 3_600_000, idle: 5_000 }"),
    },
  ];
  for (const row of rows) {
    await withServer(row, async (program) => {
      assertEquals(await statusOfSlowHead(program), 408, JSON.stringify(row));
    });
  }
});

Deno.test("preload: what the program says of Weir holds where no setting is given", async () => {
  const source = `${SERVER}
    console.log(JSON.stringify(server.options.timeouts));
    await server.shutdown();`
    .replace("port: 0", "port: 0, timeouts: { idle: 5_000 }, limits: { connections: 7 }");
  const { output } = await runPreloaded(source, { env: { WEIR_TIMEOUT_HEAD: "300ms" } });
  assertMatch(output, /"head":300,"idle":5000,/);
});

Deno.test("preload: PORT is the program's, whatever it means to it", async () => {
  await withServer({ env: { PORT: "tcp://10.0.0.1:80" } }, async (program) => {
    assertEquals(await (await fetch(`http://127.0.0.1:${await program.port()}`)).text(), "hello");
  });
});

Deno.test("preload: settings that may not be read count as absent, without a prompt", async () => {
  const row = {
    env: { WEIR_TIMEOUT_HEAD: "nonsense" },
    files: { "weir.json": "nonsense" },
    permissions: ["--allow-net=127.0.0.1"],
  };
  await withServer(row, async (program) => {
    assertEquals(await (await fetch(`http://127.0.0.1:${await program.port()}`)).text(), "hello");
  });
});

Deno.test("preload: settings that mean nothing end the program before it begins", async () => {
  const rows = [
    { env: { WEIR_TIMEOUT_HEAD: "soon" }, says: "Variable 'WEIR_TIMEOUT_HEAD' takes a time" },
    { env: { WEIR_TIMEOUT_HEDA: "5s" }, says: "Unknown variable 'WEIR_TIMEOUT_HEDA'" },
    { files: { "weir.json": `{ "timeouts": { "heads": "5s" } }` }, says: "'timeouts.heads'" },
    { files: { "weir.json": "[]" }, says: "have to be an object" },
  ];
  for (const { says, ...row } of rows) {
    await withServer({ ...row, source: `console.log("begun");${SERVER}` }, async (program) => {
      const { code, output } = await program.end();
      assertEquals([code, output.trim().split("\n").length], [2, 1], output);
      assertMatch(output, /^weir: /);
      assertStringIncludes(output, says);
    });
  }
});

Deno.test("preload: the deadline of a shutdown holds for a signal and for the program's own call", async () => {
  const rows: Readonly<Record<string, string>> = {
    "a signal": SERVER,
    "a signal, with a server that Deno serves itself": SERVER.replace(
      "port: 0",
      'port: 0, [Symbol("kLoadBalanced")]: true',
    ),
    "the program's own call": `${SERVER}
      Deno.addSignalListener("SIGTERM", async () => {
        await server.shutdown();
        Deno.exit(0);
      });`,
  };
  const env = { WEIR_SHUTDOWN_DEADLINE: "200ms", WEIR_SHUTDOWN_GRACE: "100ms" };
  for (const [name, source] of Object.entries(rows)) {
    await withServer({ env, source }, async (program) => {
      const port = await program.port();
      const lost = fetch(`http://127.0.0.1:${port}/slow`)
        .then(async (answer) => (await answer.body?.cancel(), answer.status), () => "cut");
      using client = await WireClient.connect(port);
      assertEquals((await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).status, 200);
      const begun = performance.now();
      program.kill("SIGTERM");
      assertEquals((await program.end()).code, 0, name);
      assertEquals(performance.now() - begun < 5_000, true, name);
      assertEquals([503, "cut"].includes(await lost), true, name);
    });
  }
});
