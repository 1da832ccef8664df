/**
 * Settings from the environment and from files: what holds of several, and what is refused. Each file is
 * also given to the JSON schema that editors use.
 *
 * @module
 */

import { Ajv } from "ajv";
import { fromConfigFile } from "../../cli/settings/config_file.ts";
import { type Environment, fromEnvironment } from "../../cli/settings/environment.ts";
import { Misuse, StartError } from "../../cli/settings/errors.ts";
import type { Layer } from "../../cli/settings/layers.ts";
import { formatSettings } from "../../cli/settings/print.ts";
import { configSchema } from "../../cli/settings/schema.ts";
import { givenSettings, resolveSettings } from "../../cli/settings/settings.ts";
import { SETTINGS } from "../../cli/settings/table.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../support/assert.ts";

const validate = new Ajv({ strict: false }).compile(configSchema());

function environmentOf(variables: Readonly<Record<string, string>>): Environment {
  return { get: (name) => variables[name], names: () => Object.keys(variables) };
}

/** Runs `call` in a folder that holds a file. */
async function withFile<T>(
  name: string,
  text: string,
  call: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/${name}`, text);
    return await call(`${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The values of a layer, without where they come from. */
function valuesOf(layer: Layer): Record<string, unknown> {
  return Object.fromEntries([...layer].map(([key, { value }]) => [key, value]));
}

const VARIABLES: [variables: Record<string, string>, values: Record<string, unknown>][] = [
  [{}, {}],
  [{ WEIR_PORT: "80" }, { port: 80 }],
  [{ PORT: "80" }, { port: 80 }],
  [{ PORT: "80", WEIR_PORT: "81" }, { port: 81 }],
  [{ WEIR_PORT: "" }, {}],
  [{ PORT: "" }, {}],
  [{ WEIR_TIMEOUT_HEAD: "5s" }, { "timeouts.head": 5_000 }],
  [{ WEIR_LIMIT_BODY: "1MiB" }, { "limits.bodyBytes": 1_048_576 }],
  [{ WEIR_QUEUE: "auto" }, { "queue.maxActive": "auto" }],
  [{ WEIR_SHUTDOWN_READY_DELAY: "1s" }, { "shutdown.readyDelay": 1_000 }],
  [{ WEIR_METRICS: "true", WEIR_HEALTH: "false" }, { metrics: true, health: false }],
  [{ WEIR_CONFIG: "weir.json" }, {}],
  [{ PATH: "/", OTHER_WEIR_X: "1" }, {}],
  [{ WEIR_PORT: "tcp://10.0.0.1:80", WEIR_PORT_80_TCP_ADDR: "x", WEIR_SERVICE_HOST: "y" }, {}],
  [{ WEIR_PORT: "tcp://10.0.0.1:80", PORT: "81" }, { port: 81 }],
];

for (const [variables, values] of VARIABLES) {
  Deno.test(`the settings of the environment ${JSON.stringify(variables)}`, async () => {
    assertEquals(valuesOf(await fromEnvironment(environmentOf(variables))), values);
  });
}

const BAD_VARIABLES: [variables: Record<string, string>, named: string][] = [
  [{ WEIR_PORT: "http" }, "'WEIR_PORT' takes a whole number from 0 to 65535, not 'http'"],
  [{ PORT: "tcp://1" }, "'PORT' takes"],
  [{ WEIR_TIMEOUT_HEAD: "5" }, "'WEIR_TIMEOUT_HEAD' takes a time with its unit"],
  [{ WEIR_METRICS: "1" }, "true or false"],
  [{ WEIR_TIMOUT_HEAD: "5s" }, "did you mean 'WEIR_TIMEOUT_HEAD'?"],
  [{ WEIR_: "5s" }, "Unknown variable 'WEIR_'"],
];

for (const [variables, named] of BAD_VARIABLES) {
  Deno.test(`the environment ${JSON.stringify(variables)} is refused`, async () => {
    const reading = () => fromEnvironment(environmentOf(variables));
    assertStringIncludes((await assertRejects(reading, Misuse)).message, named);
  });
}

const FILES: [text: string, values: Record<string, unknown>][] = [
  ["{}", {}],
  ['{ "$schema": "x" }', {}],
  ['{ "port": 80 }', { port: 80 }],
  ['{ "timeouts": {} }', {}],
  ['{ "timeouts": { "head": "5s", "idle": 1000, "handler": "off" } }', {
    "timeouts.head": 5_000,
    "timeouts.idle": 1_000,
    "timeouts.handler": 0,
  }],
  ['{ "limits": { "bodyBytes": "1MiB", "overConnections": "refuse" } }', {
    "limits.bodyBytes": 1_048_576,
    "limits.overConnections": "refuse",
  }],
  ['{ "queue": {} }', { "queue.maxActive": "auto" }],
  ['{ "queue": { "maxActive": 8 } }', { "queue.maxActive": 8 }],
  ['{ "status": true, "log": true, "trace": "json" }', {
    status: 8082,
    log: "common",
    trace: "json",
  }],
  ['// a comment\n{ "port": 80, /* and one */ }', { port: 80 }],
  ['{ "overrides": [{ "path": "/a", "limits": { "bodyBytes": 5 } }] }', {
    overrides: [{ path: "/a", limits: { bodyBytes: 5 }, timeouts: {} }],
  }],
];

for (const [text, values] of FILES) {
  Deno.test(`the settings of the file ${text}`, async () => {
    await withFile("weir.json", text, async (path) => {
      assertEquals(valuesOf(await fromConfigFile(path)), values);
    });
    if (!text.includes("comment")) {
      assert(validate(JSON.parse(text)), JSON.stringify(validate.errors));
    }
  });
}

const BAD_FILES: [text: string, named: string][] = [
  ["", "Cannot read"],
  ["nonsense", "Cannot read"],
  ["[]", "have to be an object, not []"],
  ["null", "have to be an object, not null"],
  ["5", "have to be an object, not 5"],
  ['{ "prot": 80 }', "'prot' in"],
  ['{ "prot": 80 }', "(did you mean 'port'?)"],
  ['{ "timeouts": { "haed": 80 } }', "(did you mean 'timeouts.head'?)"],
  ['{ "timeout": { "head": 80 } }', "Unknown setting 'timeout'"],
  ['{ "timeouts": 5 }', "have to be an object, not 5"],
  ['{ "timeouts": null }', "have to be an object, not null"],
  ['{ "timeouts.head": 5.5 }', "'timeouts.head' in"],
  ['{ "port": "http" }', 'not "http"'],
  ['{ "port": 65536 }', "not 65536"],
  ['{ "port": null }', "not null"],
  ['{ "metrics": "yes" }', "true or false"],
  ['{ "queue": { "lane": "x" } }', "'queue.lane'"],
  ['{ "queue": true }', "have to be an object, not true"],
  ['{ "overrides": [{ "path": 5 }] }', "'overrides' in"],
  ['{ "hostname": "" }', "'hostname' in"],
  ['{ "__proto__": 5 }', "'__proto__' in"],
  ['{ "constructor": 5 }', "'constructor' in"],
  [`{ "port": "${"9".repeat(1_000)}" }`, "…"],
];

for (const [text, named] of BAD_FILES) {
  Deno.test(`the file ${text.slice(0, 40)} is refused: ${named}`, async () => {
    await withFile("weir.json", text, async (path) => {
      const { message } = await assertRejects(() => fromConfigFile(path), Misuse);
      assertStringIncludes(message, named);
      assert(!message.includes("\n") && message.length < 500, message);
    });
  });
}

Deno.test("the schema refuses what the program refuses, as far as a schema can tell", () => {
  const beyond = ["", "nonsense", '{ "timeouts.head": 5.5 }', '{ "__proto__": 5 }'];
  for (const [text] of BAD_FILES) {
    if (beyond.includes(text) || text.length > 100) continue;
    assert(!validate(JSON.parse(text)), text);
  }
});

Deno.test("deno.json gives its key 'weir', and nothing without one", async () => {
  const read = (text: string) =>
    withFile("deno.json", text, async (path) => valuesOf(await fromConfigFile(path)));
  assertEquals(await read('{ "tasks": {}, "weir": { "port": 80 } }'), { port: 80 });
  assertEquals(await read('{ "tasks": {} }'), {});
  assertEquals(await read("not JSON at all"), {});
  await assertRejects(() => read('{ "weir": 5 }'), Misuse);
});

Deno.test("a file that cannot be read is said to be so, and nothing is read into memory", async () => {
  const reading = (path: string) => assertRejects(() => fromConfigFile(path), StartError);
  assertStringIncludes((await reading("/nowhere/weir.json")).message, "'/nowhere/weir.json'");
  assertStringIncludes((await reading("/")).message, "not a file");
  assertStringIncludes((await reading("/dev/zero")).message, "not a file");
  await withFile("weir.json", "", async (path) => {
    // A hole: it takes no room on the disk.
    await Deno.truncate(path, 1_073_741_824);
    assertStringIncludes((await reading(path)).message, "larger than 1048576 bytes");
    await Deno.remove(path);
    await Deno.symlink(path, path);
    assertStringIncludes((await reading(path)).message, "symbolic links");
  });
});

Deno.test("a flag wins over a variable, that over a file, that over the app, that over the default", () => {
  const layers = ["flag", "variable", "file", "app"].map((from, at) =>
    new Map(
      [0, 1, 2, 3].slice(0, at + 1).map((n) => [
        ["timeouts.head", "timeouts.idle", "timeouts.body", "port"][n]!,
        { value: at, from },
      ]),
    )
  );
  const { settings, inForce } = resolveSettings(layers);
  const { head, idle, body } = settings.options.timeouts!;
  assert(settings.place.kind === "tcp");
  assertEquals([head, idle, body, settings.place.port], [0, 1, 2, 3]);
  const lines = formatSettings(inForce).split("\n").map((line) => line.split(/\s{2,}/));
  const fromOf = (key: string) => lines.find(([each]) => each === key)?.[2];
  assertEquals(
    ["timeouts.head", "timeouts.idle", "timeouts.body", "port", "timeouts.write"].map(fromOf),
    ["flag", "variable", "file", "app", "default"],
  );
  assertEquals(lines.length, SETTINGS.length);
});

Deno.test("a socket's path of a better source wins over a port, and the other way about", () => {
  const unix = new Map([["unix", { value: "s", from: "weir.json" }]]);
  const port = new Map([["port", { value: 80, from: "PORT" }]]);
  assertEquals(resolveSettings([unix, port]).settings.place.kind, "unix");
  assertEquals(resolveSettings([port, unix]).settings.place.kind, "tcp");
});

Deno.test("givenSettings() has what was given, and no default", () => {
  assertEquals(givenSettings([new Map()]), { timeouts: {}, limits: {}, shutdown: {} });
  const layer = new Map([
    ["timeouts.head", { value: 5, from: "x" }],
    ["queue.maxWait", { value: 6, from: "x" }],
    ["compress", { value: true, from: "x" }],
  ]);
  const given = givenSettings([layer]);
  assertEquals(given.timeouts, { head: 5 });
  assertEquals([given.queue?.maxWait, given.queue?.maxActive], [6, "auto"]);
  assertEquals(given.automaticCompression, true);
});

Deno.test("no two settings share a flag, a key or a variable", () => {
  for (
    const names of [
      SETTINGS.map(({ key }) => key),
      SETTINGS.flatMap(({ flag }) => flag ?? []),
      SETTINGS.flatMap((setting) => setting.variable ?? []),
    ]
  ) assertEquals(new Set(names).size, names.length);
});
