/**
 * graphql-ws's own server for Deno, unchanged, with its own client: a query and a subscription over one
 * WebSocket of Weir's.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { bundleRegister, RunningProgram, TemporaryFolder } from "./preloaded.ts";

const PACKAGES = { "graphql": "16.15.0", "graphql-ws": "6.4.2" };

const PROGRAM = `
import { createClient } from "graphql-ws";
import { makeHandler } from "graphql-ws/use/deno";
import { buildSchema } from "graphql";

const schema = buildSchema("type Query { hello: String } type Subscription { count: Int }");
const roots = {
  query: { hello: () => "world" },
  subscription: { async *count() { for (let count = 1; count <= 3; count++) yield { count }; } },
};
const handle = makeHandler({ schema, roots });
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  const options = { protocol: "graphql-transport-ws", idleTimeout: 12 };
  const { socket, response } = Deno.upgradeWebSocket(request, options);
  handle(socket);
  return response;
});
const url = "ws://127.0.0.1:" + server.addr.port;
const client = createClient({ url, retryAttempts: 0 });
for (const query of ["{ hello }", "subscription { count }"]) {
  for await (const { data } of client.iterate({ query })) console.log(JSON.stringify(data));
}
await client.dispose();
// Only Weir's server gives a report.
console.log(typeof await server.shutdown());
`;

Deno.test("preload: graphql-ws serves a query and a subscription, unchanged", async () => {
  await using folder = new TemporaryFolder();
  folder.write("package.json", JSON.stringify({ type: "module", dependencies: PACKAGES }));
  folder.write("app.mjs", PROGRAM);
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  const { code: installed, stderr } = await run("npm", ["--prefix", folder.path, ...install], {
    ms: 60_000,
  });
  assertEquals(installed, 0, stderr);
  const args = ["run", "-A", `--preload=${await bundleRegister(folder)}`, "app.mjs"];
  await using program = new RunningProgram(args, folder.path);
  const { code, output } = await program.end();
  assertEquals(output.trim().split("\n"), [
    '{"hello":"world"}',
    '{"count":1}',
    '{"count":2}',
    '{"count":3}',
    "object",
  ]);
  assertEquals(code, 0);
});
