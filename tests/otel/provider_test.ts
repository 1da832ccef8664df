/** Providers that are not Deno's. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { ChildServer } from "../support/programs.ts";
import { request } from "../support/requests.ts";
import { WireClient } from "../support/wire.ts";

const PROGRAM = decodeURIComponent(new URL("./bad_provider.ts", import.meta.url).pathname);

Deno.test("a provider that fails is reported, and fails no request", async () => {
  const flags = ["run", "--no-prompt", "--quiet", "--allow-net=127.0.0.1"];
  const env = { OTEL_DENO: "false" };
  await using child = ChildServer.spawn(Deno.execPath(), [...flags, PROGRAM], { env });
  using client = await WireClient.connect(await child.port());
  for (let count = 0; count < 2; count++) {
    assertEquals((await client.ask(request())).text, "hello");
  }
  const { code, stderr } = await child.exit();
  assertEquals(code, 0);
  assertMatch(stderr, /^OpenTelemetry's provider failed: Error: The provider is broken\n/);
  assert(!stderr.includes("An observer failed"), stderr);
});
