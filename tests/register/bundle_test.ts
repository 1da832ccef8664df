/**
 * The preload as one file: what it may load later is in it, for programs whose import map knows none of it.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { bundleRegister, runPreloaded, TemporaryFolder } from "./preloaded.ts";

const SOURCE = `
const server = Deno.serve({ hostname: "127.0.0.1", port: 0 }, () => new Response("hello"));
console.log(server.options.timeouts.head);
console.log(await (await fetch("http://127.0.0.1:" + server.addr.port)).text());
await server.shutdown();`;

Deno.test("preload: the one file has OpenTelemetry's API", async () => {
  await using folder = new TemporaryFolder();
  const flags = ["run", "-A", `--preload=${await bundleRegister(folder)}`];
  const env = { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console" };
  const { code, output } = await runPreloaded(SOURCE, { flags, env });
  assertMatch(output, /SPAN .*GET .*Server[^]*scope: weir/);
  assertEquals(code, 0, output);
});

Deno.test("preload: the one file reads a config file with comments", async () => {
  await using folder = new TemporaryFolder();
  const flags = ["run", "-A", `--preload=${await bundleRegister(folder)}`];
  const file = folder.write("settings.json", `{ "timeouts": { "head": "3s" /* short */ } }`);
  const { code, output } = await runPreloaded(SOURCE, { flags, env: { WEIR_CONFIG: file } });
  assertMatch(output, /^3000\nhello$/m);
  assertEquals(code, 0, output);
});
