import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Program } from "./child.ts";

const FIXTURE = { file: "tests/cli/fixture.ts" };

/** A request whose answer never comes, under way by the time this resolves. */
async function hang(address: string): Promise<{ ended: Promise<unknown> }> {
  const { hostname, port } = new URL(address);
  const conn = await Deno.connect({ hostname, port: Number(port) });
  // The answer to the first shows that the server has read the second: both come in one packet.
  const requests = "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /hang HTTP/1.1\r\nHost: a\r\n\r\n";
  await conn.write(new TextEncoder().encode(requests));
  assert(await conn.read(new Uint8Array(1024)) !== null);
  return { ended: new Response(conn.readable).text().catch((error) => error) };
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`the program ends with 0 and a report after ${signal}`, async () => {
    await using program = new Program(["--port", "0"]);
    const address = await program.address();
    await (await fetch(address)).text();
    program.send(signal);
    const { code, stdout, stderr } = await program.end();
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^Weir draining [^\n]*\nWeir stopped: \d+ connections drained [^\n]*\n$/);
  });
}

for (const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`the program ends with ${status} at a second ${signal}`, async () => {
    await using program = new Program(["--port", "0"], FIXTURE);
    const client = await hang(await program.address());
    program.send(signal);
    assertMatch(await program.line(), /^Weir draining for at most 20000 ms/);
    const before = performance.now();
    program.send(signal);
    const { code, stdout } = await program.end();
    assertEquals(code, status);
    assert(performance.now() - before < 5_000);
    assertMatch(stdout, /^Weir stopped: /);
    await client.ended;
  });
}

Deno.test("the program aborts handlers after --drain-ms and still ends with 0", async () => {
  await using program = new Program(["--port", "0", "--drain-ms", "50"], FIXTURE);
  const client = await hang(await program.address());
  program.send("SIGTERM");
  assertMatch(await program.line(), /^Weir draining for at most 50 ms/);
  const { code, stdout } = await program.end();
  assertEquals(code, 0);
  assertMatch(stdout, /\b1 handlers aborted, 1 connections cut\b/);
  await client.ended;
});
