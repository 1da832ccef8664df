/**
 * Programs with workers as one file: a bundle says at the start that it has no file for threads, or leaves Weir
 * out and works. What `deno compile` takes along, it finds by following imports.
 *
 * @module
 */

import { assertEquals, assertMatch } from "../support/assert.ts";
import { run } from "../support/programs.ts";

const MOD = new URL("../../mod.ts", import.meta.url);
const CONFIG = new URL("../../deno.json", import.meta.url);

const HANDLER = `export default () => new Response("from a thread");`;

const WORKERS = `
import { workers } from "@weir/weir";
const pool = workers(new URL("./handler.ts", import.meta.url), { max: 1 });
console.log(await (await pool(new Request("http://h/"))).text());
await pool.close();`;

const PARALLEL = `
import { serveParallel } from "@weir/weir";
const options = { count: 1, serve: { hostname: "127.0.0.1", port: 0 } };
const server = await serveParallel(new URL("./handler.ts", import.meta.url), options);
console.log(await (await fetch("http://127.0.0.1:" + server.addr.port)).text());
await server.shutdown();`;

const LINE =
  /TypeError: Cannot start threads: a bundle has no file for them to begin with; [^\n]*\n/;

/** A folder with a program, a handler's module, and a config in which Weir has its name. */
class ProgramFolder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync();

  constructor(program: string) {
    const { imports } = JSON.parse(Deno.readTextFileSync(CONFIG));
    const config = JSON.stringify({ imports: { ...imports, "@weir/weir": MOD.href } });
    Deno.writeTextFileSync(`${this.path}/deno.json`, config);
    Deno.writeTextFileSync(`${this.path}/app.ts`, program);
    Deno.writeTextFileSync(`${this.path}/handler.ts`, HANDLER);
  }

  /** Bundles the program into `app.js`. */
  async bundle(...flags: readonly string[]): Promise<void> {
    const { path } = this;
    const paths = ["--config", `${path}/deno.json`, "--output", `${path}/app.js`, `${path}/app.ts`];
    const args = ["bundle", "--quiet", "--platform=deno", ...flags, ...paths];
    const { code, stderr } = await run(Deno.execPath(), args, { ms: 60_000 });
    assertEquals(code, 0, stderr);
  }

  async run(name: string) {
    const config = ["--config", `${this.path}/deno.json`];
    const args = ["run", "-A", "--quiet", "--unstable-net", ...config, `${this.path}/${name}`];
    return await run(Deno.execPath(), args, { ms: 60_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

for (const [name, program] of Object.entries({ workers: WORKERS, serveParallel: PARALLEL })) {
  Deno.test(`${name}: a bundle with Weir in it says at once why there are no threads`, async () => {
    await using folder = new ProgramFolder(program);
    await folder.bundle();
    const { code, stdout, stderr } = await folder.run("app.js");
    assertMatch(stderr, LINE);
    assertEquals([code, stdout], [1, ""]);
  });

  Deno.test(`${name}: a bundle with Weir left out works`, async () => {
    await using folder = new ProgramFolder(program);
    await folder.bundle("--external", "@weir/weir");
    const { code, stdout, stderr } = await folder.run("app.js");
    assertEquals([stdout, code], ["from a thread\n", 0], stderr);
  });
}

Deno.test("what threads begin with is found by following imports, as deno compile does", async () => {
  const { code, stdout } = await run(Deno.execPath(), ["info", "--json", MOD.href]);
  assertEquals(code, 0);
  const { modules } = JSON.parse(stdout) as {
    modules: { specifier: string; dependencies?: Dependency[] }[];
  };
  const imported = new Set(
    modules.flatMap(({ dependencies = [] }) => dependencies.flatMap(codeOf)),
  );
  for (const entry of ["handlers/workers/bootstrap.ts", "handlers/parallel/module_entry.ts"]) {
    assertEquals(imported.has(new URL(`../../${entry}`, import.meta.url).href), true, entry);
  }
});

interface Dependency {
  /** The value import; missing where only types are imported. */
  readonly code?: { readonly specifier: string };
}

function codeOf({ code }: Dependency): string[] {
  return code === undefined ? [] : [code.specifier];
}
