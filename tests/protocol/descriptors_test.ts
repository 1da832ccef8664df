/**
 * A process that has hardly any descriptors, and a storm of connections as soon as it listens: the storm does
 * not end it, and signals end it as always.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { fixture } from "../support/programs.ts";
import { selfSigned } from "../support/self_signed.ts";
import { pause, within } from "../support/time.ts";

const DESCRIPTORS = 64;
const CLIENTS = 100;

/** From the start until the runtime needs its handling of signals, and more, in milliseconds. */
const STORM_MS = 1_500;

const SERVER = fixture("storm_server.ts");

/** How a server is started, given a folder for its files: the arguments of `deno`. */
const WAYS: Readonly<Record<string, (folder: string) => string[] | Promise<string[]>>> = {
  "deno run": () => ["run", "--no-prompt", "--allow-net=127.0.0.1", SERVER, "tcp"],
  "deno eval": () => ["eval", `await import(${JSON.stringify(`file://${SERVER}`)})`, "tcp"],
  "a unix socket": (folder) => {
    const path = `${folder}/socket`;
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    return ["run", "--no-prompt", "--allow-net", ...flags, SERVER, "unix", path];
  },
  "a worker": () => ["run", "--no-prompt", "--allow-net", "--allow-read", SERVER, "worker"],
  TLS: async (folder) => {
    const files = await selfSigned(folder);
    return ["run", "--no-prompt", "--allow-net", `--allow-read=${folder}`, SERVER, "tls", ...files];
  },
};

/** The first line that the child prints. */
async function firstLine(child: Deno.ChildProcess): Promise<string> {
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await within(reader.read(), "the server to listen");
  await reader.cancel();
  return value;
}

for (const [way, argumentsFor] of Object.entries(WAYS)) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.test(`${way}: a storm does not end it, ${signal} does`, async () => {
      const folder = await Deno.makeTempDir();
      const args = await argumentsFor(folder);
      const child = new Deno.Command("sh", {
        args: ["-c", `ulimit -n ${DESCRIPTORS}; exec deno "$@"`, "sh", ...args],
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const errors = new Response(child.stderr).text();
      let ended: Deno.CommandStatus | null = null;
      const ending = child.status.then((status) => ended = status);
      try {
        const line = await firstLine(child);
        assertMatch(line, /^ready \d+\n$/);
        const port = Number(line.split(" ")[1]);
        const target = way === "a unix socket"
          ? { transport: "unix" as const, path: `${folder}/socket` }
          : { hostname: "127.0.0.1", port };
        const storm = await Promise.allSettled(
          Array.from({ length: CLIENTS }, () => Deno.connect(target as Deno.ConnectOptions)),
        );
        await pause(STORM_MS);
        assertEquals(ended, null, "The storm has ended it");
        for (const each of storm) if (each.status === "fulfilled") each.value.close();
        child.kill(signal);
        await within(ending, `${signal} to end it`);
        assertEquals((await ending).signal, signal);
        assertMatch(await errors, /^Cannot accept connections at present: Too many open files/);
      } finally {
        if (ended === null) child.kill("SIGKILL");
        await ending;
        await errors;
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}
