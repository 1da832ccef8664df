/**
 * With OpenTelemetry off, none of it runs: only one dynamic import of the library reaches it, and a
 * process that serves has run none of it.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { deno } from "../house/sources.ts";
import { ChildServer } from "../support/programs.ts";
import { request } from "../support/requests.ts";
import { WireClient } from "../support/wire.ts";
import { Collector } from "./collector.ts";

interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/** The files that the library imports, with dynamic imports or without. */
async function reached({ dynamic }: { dynamic: boolean }): Promise<string[]> {
  const { out } = await deno("info", "--json", "mod.ts");
  const { roots, modules }: Graph = JSON.parse(out);
  const all = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set(roots);
  for (const specifier of found) {
    for (const { code, isDynamic = false } of all.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && (dynamic || !isDynamic)) found.add(code.specifier);
    }
  }
  return [...found].filter(isTelemetry).map((specifier) => specifier.replace(/.*\//, ""));
}

function isTelemetry(specifier: string): boolean {
  return /opentelemetry|\/handlers\/otel\//.test(specifier);
}

Deno.test("only a dynamic import leads to OpenTelemetry", async () => {
  assertEquals(await reached({ dynamic: false }), ["telemetry.ts"]);
  const all = await reached({ dynamic: true });
  assert(all.includes("instrumentation.ts") && all.includes("api@1.10.0"), `${all}`);
});

const FIXTURE = decodeURIComponent(new URL("../permissions/fixture.ts", import.meta.url).pathname);

/** The files that a server runs to answer one request, with this environment. */
async function ran(env: Record<string, string>): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const flags = ["run", "--no-prompt", "--quiet", "--allow-net=127.0.0.1"];
    const options = JSON.stringify({ hostname: "127.0.0.1", port: 0 });
    const args = [...flags, `--coverage=${folder}`, FIXTURE, options];
    await using child = ChildServer.spawn(Deno.execPath(), args, { env });
    using client = await WireClient.connect(await child.port());
    assertEquals((await client.ask(request())).text, "hello");
    const { code, stderr } = await child.exit();
    assertEquals([code, stderr], [0, ""]);
    const files: string[] = [];
    for await (const { name } of Deno.readDir(folder)) {
      if (!name.endsWith(".json")) continue;
      const { url }: { url: string } = JSON.parse(await Deno.readTextFile(`${folder}/${name}`));
      files.push(url.replace(/.*\//, ""));
    }
    return files.sort();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a server runs nothing of OpenTelemetry unless it is on", async () => {
  await using collector = new Collector();
  const off = await ran({ OTEL_DENO: "false" });
  const on = await ran(collector.env);
  const parts = ["call_span.ts", "conventions.ts", "instrumentation.ts", "meters.ts"];
  assertEquals(off.filter((file) => parts.includes(file)), []);
  assertEquals(on.filter((file) => parts.includes(file)), parts);
  assert(off.includes("telemetry.ts") && off.includes("reactor.ts"), `${off}`);
});
