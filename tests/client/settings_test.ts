/**
 * The program's settings of proxies: what flags, variables and files may say, and what comes of it.
 *
 * @module
 */

import { fromConfigFile } from "../../cli/settings/config_file.ts";
import { fromEnvironment } from "../../cli/settings/environment.ts";
import { Misuse } from "../../cli/settings/errors.ts";
import { ADDRESSES, PROXIES } from "../../cli/settings/proxies.ts";
import { givenSettings, resolveSettings } from "../../cli/settings/settings.ts";
import { deno } from "../house/sources.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

const TEXTS: readonly (readonly [text: string, proxies: unknown, addresses: unknown])[] = [
  ["loopback", ["loopback"], ["loopback"]],
  ["loopback, 10.0.0.0/8,::1", ["loopback", "10.0.0.0/8", "::1"], [
    "loopback",
    "10.0.0.0/8",
    "::1",
  ]],
  ["2", 2, undefined],
  ["0", undefined, undefined],
  ["-1", undefined, undefined],
  ["", undefined, undefined],
  ["loopback,", undefined, undefined],
  ["10.0.0.0/33", undefined, undefined],
  ["proxy.example", undefined, undefined],
];

for (const [text, proxies, addresses] of TEXTS) {
  Deno.test(`the text "${text}" as proxies`, () => {
    assertEquals([PROXIES.parse(text), ADDRESSES.parse(text)], [proxies, addresses] as never);
    if (proxies === undefined) return;
    assertEquals(PROXIES.read(proxies), proxies as never);
    assertEquals(PROXIES.parse(PROXIES.format(proxies as never)), proxies as never);
  });
}

const GIVEN: readonly (readonly [variables: Record<string, string>, options: object])[] = [
  [{}, {}],
  [{ WEIR_TRUSTED_PROXIES: "1" }, { trustedProxies: 1 }],
  [{ WEIR_TRUSTED_PROXIES: "private", WEIR_FORWARDED_FIELDS: "forwarded" }, {
    trustedProxies: ["private"],
    forwardedFields: "forwarded",
  }],
  [{ WEIR_PROXY_PROTOCOL: "unix", WEIR_PROXY_PROTOCOL_OTHERS: "plain" }, {
    proxyProtocol: { from: ["unix"], timeout: 5_000, others: "plain" },
  }],
];

for (const [variables, expected] of GIVEN) {
  Deno.test(`the variables ${JSON.stringify(variables)}`, async () => {
    const names = Object.keys(variables);
    const layer = await fromEnvironment({ get: (name) => variables[name], names: () => names });
    for (const options of [givenSettings([layer]), resolveSettings([layer]).settings.options]) {
      const { trustedProxies, forwardedFields, proxyProtocol } = options;
      const found = { trustedProxies, forwardedFields, proxyProtocol };
      assertEquals(JSON.stringify(found), JSON.stringify({ ...NONE, ...expected }));
    }
  });
}

const NONE = { trustedProxies: undefined, forwardedFields: undefined, proxyProtocol: undefined };

Deno.test("a config file says the same in JSON", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/weir.json`;
  const proxyProtocol = { from: ["10.0.0.0/8"], timeout: "3s" };
  await Deno.writeTextFile(path, JSON.stringify({ trustedProxies: ["unix"], proxyProtocol }));
  const { options } = resolveSettings([await fromConfigFile(path)]).settings;
  assertEquals([options.trustedProxies, options.proxyProtocol], [
    ["unix"],
    { from: ["10.0.0.0/8"], timeout: 3_000, others: "refuse" },
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a time-out without proxies is a mistake", async () => {
  const variables: Record<string, string> = { WEIR_PROXY_PROTOCOL_TIMEOUT: "3s" };
  const names = Object.keys(variables);
  const layer = await fromEnvironment({ get: (name) => variables[name], names: () => names });
  const error = assertThrows(() => resolveSettings([layer]), Misuse);
  assertStringIncludes(error.message, "WEIR_PROXY_PROTOCOL_TIMEOUT");
});

Deno.test("the program takes the flags, and refuses what is no address", async () => {
  const app = "tests/support/fixtures/one_answer.ts";
  const wrong = await deno("run", "-A", "cli.ts", "--trusted-proxies", "10.0.0.0/33", app);
  assertEquals(wrong.code, 2, wrong.text);
  assertStringIncludes(wrong.text, "--trusted-proxies");
  const flags = ["--trusted-proxies", "2", "--proxy-protocol", "loopback"];
  const right = await deno("run", "-A", "cli.ts", ...flags, "--print-config");
  assertEquals(right.code, 0, right.text);
  assertStringIncludes(right.text, "loopback");
});
