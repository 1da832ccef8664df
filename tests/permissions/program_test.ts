/**
 * The program with the least that each of its flags needs; with anything less it does not start, and says
 * so in a line.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { freePort } from "../support/ports.ts";
import { withProgram } from "../support/programs.ts";
import { LAST_GET } from "../support/requests.ts";
import { selfSigned } from "../support/self_signed.ts";
import { until } from "../support/time.ts";
import { Program } from "../cli/child.ts";
import { unixFlags } from "./bare.ts";

const BARE = ["run", "--no-prompt"];

/** The status line that the program's address answers with, and its end after SIGTERM. */
async function answer(
  flags: readonly string[],
  args: readonly string[],
  ask: (address: string) => Promise<string>,
): Promise<void> {
  await using program = new Program(args, { flags: [...BARE, ...flags] });
  assertEquals(await ask(await program.address()), "Hello World!\r\n");
  program.send("SIGTERM");
  const { code, stderr } = await program.end();
  assertEquals([code, stderr], [0, ""]);
}

async function refused(flags: readonly string[], args: readonly string[]): Promise<void> {
  await using program = new Program(args, { flags: [...BARE, ...flags] });
  const { code, stdout, stderr } = await program.end();
  assertEquals([code, stdout], [1, ""], flags.join(" "));
  assertMatch(stderr, /^weir: Cannot [^\n]* access [^\n]*\n$/, flags.join(" "));
}

async function over(address: string): Promise<string> {
  return await (await fetch(address)).text();
}

for (const args of [["--help"], ["--version"]]) {
  Deno.test(`${args} needs no permission`, async () => {
    await using program = new Program(args, { flags: BARE });
    assertEquals((await program.end()).code, 0);
  });
}

Deno.test("--port and --hostname need the network of that address", async () => {
  const port = freePort();
  const args = ["--port", `${port}`];
  await answer([`--allow-net=127.0.0.1:${port}`], args, over);
  await refused([], args);
  await refused(["--allow-read", "--allow-write", `--allow-net=127.0.0.1:${port - 1}`], args);
});

Deno.test("--health and --status need the network of both addresses", async () => {
  const [port, other] = [freePort(), freePort()];
  const args = ["--port", `${port}`, "--health", `--status=${other}`];
  const net = `--allow-net=127.0.0.1:${port}`;
  await answer([`${net},127.0.0.1:${other}`], args, async (address) => {
    assertEquals((await (await fetch(`${address}/readyz`)).text()).length > 0, true);
    const page = await fetch(`http://127.0.0.1:${other}/_weir/`);
    assertMatch(await page.text(), /<title>/);
    return await over(address);
  });
  await refused([net], args);
});

withProgram("openssl", "--cert and --key need reading of these two files besides", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [cert, key] = await selfSigned(folder);
    const port = freePort();
    const args = ["--port", `${port}`, "--cert", cert, "--key", key];
    const net = `--allow-net=127.0.0.1:${port}`;
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(cert)] });
    await answer([net, `--allow-read=${cert},${key}`], args, async (address) => {
      return await (await fetch(address, { client })).text();
    });
    await refused([net], args);
    await refused([net, `--allow-read=${cert}`], args);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--unix needs its path three times: to listen, to read and to write", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/weir.sock`;
    const args = ["--unix", path];
    const flags = unixFlags(path);
    await answer(flags, args, async () => {
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(new TextEncoder().encode(LAST_GET));
      const text = await new Response(conn.readable).text();
      assert(text.startsWith("HTTP/1.1 200 "), text);
      return text.slice(text.indexOf("\r\n\r\n") + 4);
    });
    for (const missing of flags) await refused(flags.filter((flag) => flag !== missing), args);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("--log needs nothing, --log-file writing of that file, for as long as it runs", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/access.log`;
    const port = freePort();
    const net = `--allow-net=127.0.0.1:${port}`;
    const args = ["--port", `${port}`, "--log-file", path];
    await using logging = new Program(["--port", `${port}`, "--log"], { flags: [...BARE, net] });
    assertEquals(await over(await logging.address()), "Hello World!\r\n");
    logging.send("SIGTERM");
    const { code, stderr } = await logging.end();
    assertMatch(`${code} ${stderr}`, /^0 127\.0\.0\.1 - - [^\n]*\n$/);
    await using program = new Program(args, { flags: [...BARE, net, `--allow-write=${path}`] });
    const address = await program.address();
    await over(address);
    await Deno.rename(path, `${folder}/old`);
    program.send("SIGHUP");
    await until(() => existsSync(path), "the new file");
    await over(address);
    program.send("SIGTERM");
    assertEquals([(await program.end()).stderr, Deno.readTextFileSync(path) !== ""], ["", true]);
    await refused([net], args);
    await refused([net, "--allow-read", `--allow-write=${folder}/other`], args);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

function existsSync(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
