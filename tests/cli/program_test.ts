import config from "../../deno.json" with { type: "json" };
import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { selfSigned } from "../support/self_signed.ts";
import { type Outcome, Program, runToEnd } from "./child.ts";

const FIXTURE = { file: "tests/cli/fixture.ts" };

/** Exactly one line on stderr, and nothing else said. */
function assertOneLine(outcome: Outcome, code: number, named: string): void {
  assertEquals([outcome.code, outcome.stdout], [code, ""], outcome.stderr);
  assertMatch(outcome.stderr, /^weir: [^\n]+\n$/);
  assertStringIncludes(outcome.stderr, named);
}

Deno.test("the program prints its address and says hello", async () => {
  await using program = new Program(["--port", "0"]);
  const address = await program.address();
  assertMatch(address, /^http:\/\/127\.0\.0\.1:[1-9]\d*\/$/);
  const response = await fetch(address);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/plain");
  assertEquals(response.headers.get("content-length"), "14");
  assertEquals(await response.text(), "Hello World!\r\n");
});

Deno.test("the program answers HEAD without a body and other methods with 501", async () => {
  await using program = new Program(["--port", "0"]);
  const address = await program.address();
  const head = await fetch(address + "any/path?query", { method: "HEAD" });
  assertEquals([head.status, head.headers.get("content-length")], [200, "14"]);
  assertEquals(await head.text(), "");
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    const other = await fetch(address, { method });
    assertEquals(other.status, 501);
    assertEquals(await other.text(), "501 Not Implemented\r\n");
  }
});

Deno.test("the program prints its help and its version", async () => {
  const help = await runToEnd("--help");
  assertEquals([help.code, help.stderr], [0, ""]);
  assertStringIncludes(help.stdout, "--drain-ms");
  const version = await runToEnd("--version");
  assertEquals([version.code, version.stderr], [0, ""]);
  assertEquals(version.stdout, `Weir ${config.version} (Deno ${Deno.version.deno})\n`);
});

Deno.test("the program ends with 2 when it is used wrongly", async () => {
  assertOneLine(await runToEnd("--prot", "80"), 2, "'--prot'");
  assertOneLine(await runToEnd("--port", "http"), 2, "'http'");
  assertOneLine(await runToEnd("a.ts", "b.ts"), 2, "'b.ts'");
});

Deno.test("the program ends with 1 when the port is taken", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  assertOneLine(await runToEnd("--port", `${port}`), 1, `Cannot listen on 127.0.0.1:${port}: `);
});

Deno.test("the program ends with 1 when it cannot have the address", async () => {
  // TEST-NET-1 of RFC 5737: no machine has it.
  assertOneLine(await runToEnd("--hostname", "192.0.2.1"), 1, "192.0.2.1:8081");
  assertOneLine(await runToEnd("--unix", "/nowhere/weir.sock"), 1, "unix:/nowhere/weir.sock");
});

Deno.test("the program ends with 1 when a certificate is no use", async () => {
  const missing = ["--port", "0", "--cert", "/nowhere/cert.pem", "--key", "/nowhere/key.pem"];
  assertOneLine(await runToEnd(...missing), 1, "certificate '/nowhere/cert.pem'");
  const noPem = ["--port", "0", "--cert", "deno.json", "--key", "deno.json"];
  assertOneLine(await runToEnd(...noPem), 1, "No certificates found");
});

withProgram("openssl", "the program serves HTTPS with --cert and --key", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [cert, key] = await selfSigned(folder);
    await using program = new Program(["--port", "0", "--cert", cert, "--key", key]);
    const address = await program.address();
    assertMatch(address, /^https:/);
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(cert)] });
    const response = await fetch(address, { client });
    assertEquals(await response.text(), "Hello World!\r\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the program serves on a unix socket and removes it at its end", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/weir.sock`;
    await using program = new Program(["--unix", path]);
    assertEquals(await program.address(), `unix:${path}`);
    using conn = await Deno.connect({ transport: "unix", path });
    await conn.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    assertMatch(await new Response(conn.readable).text(), /^HTTP\/1\.0 200 [^]*Hello World!\r\n$/);
    program.send("SIGTERM");
    assertEquals((await program.end()).code, 0);
    assertEquals([...Deno.readDirSync(folder)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the program keeps no permission but the network's once it listens", async () => {
  await using program = new Program(["--port", "0"], FIXTURE);
  const response = await fetch(await program.address());
  assertEquals(await response.json(), ["net"]);
});
