/**
 * graphql-ws's own server for Deno, unchanged, with its own client: a query and a subscription over one
 * WebSocket of Weir's.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { runInstalled } from "./installed.ts";

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
  const files = { "app.mjs": PROGRAM };
  const { code, output } = await runInstalled({ packages: PACKAGES, files, main: "app.mjs" });
  assertEquals(output.trim().split("\n"), [
    '{"hello":"world"}',
    '{"count":1}',
    '{"count":2}',
    '{"count":3}',
    "object",
  ]);
  assertEquals(code, 0);
});
