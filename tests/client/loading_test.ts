/**
 * What a server that believes no proxy loads of all this: what checks the options, and nothing that reads
 * what proxies say.
 *
 * @module
 */

import { deno } from "../house/sources.ts";
import { assertEquals } from "../support/assert.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier: string };
    readonly isDynamic?: boolean;
  }[];
}

/** The modules that an import of `entry` loads at once, as the end of their paths. */
async function loadedWith(
  entry: string,
  { later }: { readonly later: boolean },
): Promise<string[]> {
  const { out } = await deno("info", "--json", entry);
  const { modules }: { modules: Module[] } = JSON.parse(out);
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set(
    modules.filter(({ specifier }) => specifier.endsWith(`/${entry}`))
      .map(({ specifier }) => specifier),
  );
  for (const specifier of reached) {
    for (const { code, isDynamic } of byName.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && (later || !isDynamic)) reached.add(code.specifier);
    }
  }
  return [...reached].flatMap((name) =>
    /\/((?:handlers\/client|reactor\/proxy_protocol)\/.*)$/.exec(name)?.[1] ?? []
  ).sort();
}

Deno.test("what reads the fields and headers of proxies is loaded by those servers alone that need it", async () => {
  const atOnce = await loadedWith("mod.ts", { later: false });
  assertEquals(atOnce, [
    "handlers/client/client_source.ts",
    "handlers/client/trust.ts",
    "reactor/proxy_protocol/ip_address.ts",
    "reactor/proxy_protocol/proxied_listener.ts",
  ]);
  const all = await loadedWith("mod.ts", { later: true });
  const later = all.filter((name) => !atOnce.includes(name));
  assertEquals(later, [
    "handlers/client/forwarded.ts",
    "handlers/client/hop.ts",
    "handlers/client/trusted_client.ts",
    "handlers/client/x_forwarded.ts",
    "reactor/proxy_protocol/crc32c.ts",
    "reactor/proxy_protocol/header.ts",
    "reactor/proxy_protocol/proxied_conn.ts",
  ]);
});
