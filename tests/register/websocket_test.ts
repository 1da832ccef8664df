/**
 * `Deno.upgradeWebSocket` in a program that runs with the preload, which is one file here: the package that
 * frames messages is in it, whatever the import map of the program knows.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { bundleRegister, runPreloaded, TemporaryFolder, withPreloaded } from "./preloaded.ts";

/** Echoes. Deno has no option `headers`, and ignores it; crossws gives it. */
const serverWith = (options: string) => `
const server = Deno.serve({ hostname: "127.0.0.1", port: 0${options} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 10, headers: {} });
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
const client = new WebSocket("ws://127.0.0.1:" + server.addr.port);
client.onopen = () => client.send("echo");
client.onmessage = ({ data }) => {
  console.log(data);
  console.log("open");
};
client.onclose = ({ code }) => console.log("closed with", code);
`;

Deno.test("preload: a socket of Weir's is one, and ends with the server's shutdown", async () => {
  await using folder = new TemporaryFolder();
  const flags = ["run", "-A", `--preload=${await bundleRegister(folder)}`];
  await withPreloaded(serverWith(""), async (program) => {
    await program.printed(/echo\nopen/);
    program.kill("SIGTERM");
    const { code, output } = await program.end();
    assertMatch(output, /closed with 1001/);
    assertEquals(code, 0, output);
  }, { flags });
});

Deno.test("preload: a socket of a server that Deno serves itself is Deno's", async () => {
  await using folder = new TemporaryFolder();
  const flags = ["run", "-A", `--preload=${await bundleRegister(folder)}`];
  const source = serverWith(`, [Symbol("kLoadBalanced")]: true`) + `
    client.addEventListener("message", async () => {
      client.close();
      await server.shutdown();
    });`;
  const { code, output } = await runPreloaded(source, { flags });
  assertMatch(output, /^weir: Deno itself serves this one/m);
  assertMatch(output, /^echo$/m);
  assertEquals(code, 0, output);
});

Deno.test("preload: a request that is no handshake fails as it does in Deno", async () => {
  const source = `
    for (const own of [{}, { [Symbol("kLoadBalanced")]: true }]) {
      const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, ...own }, (request) => {
        try {
          Deno.upgradeWebSocket(request);
        } catch (error) {
          return new Response(error.message);
        }
      });
      console.log(await (await fetch("http://127.0.0.1:" + server.addr.port)).text());
      await server.shutdown();
    }`;
  const { output } = await runPreloaded(source);
  const [weirs, denos] = output.split("\n").filter((line) => line.startsWith("Invalid Header"));
  assertEquals(weirs, denos);
  assertMatch(weirs ?? "", /'upgrade' header must contain 'websocket'/);
});
