/**
 * The program with something to serve: modules in every shape, folders, and all that can be wrong with
 * either, as one line and the right status.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { freePort, listening } from "../support/ports.ts";
import { withProgram } from "../support/programs.ts";
import { selfSigned } from "../support/self_signed.ts";
import { pause, until, within } from "../support/time.ts";
import { Program, runToEnd } from "./child.ts";

/** Runs `call` in a folder of its own. */
async function inFolder(call: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await call(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A module with this text, as the path of its file. */
async function moduleIn(folder: string, text: string, name = "app.ts"): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}`, text);
  return `${folder}/${name}`;
}

/** What the program's address answers, and its end after SIGTERM. */
async function answer(args: readonly string[]): Promise<string> {
  await using program = new Program(["--port", "0", ...args]);
  const response = await fetch(await program.address());
  const text = `${response.status} ${await response.text()}`;
  program.send("SIGTERM");
  const { code, stderr } = await program.end();
  assertEquals(code, 0, stderr);
  return text;
}

const SERVING: [name: string, text: string, answer: string][] = [
  ["an object with fetch", "export default { fetch: () => new Response('a') }", "200 a"],
  ["a function", "export default () => new Response('b')", "200 b"],
  [
    "an async function",
    "export default async () => await Promise.resolve(new Response('c'))",
    "200 c",
  ],
  [
    "an instance whose fetch needs this",
    "class App { #text = 'd'; fetch() { return new Response(this.#text); } }\nexport default new App();",
    "200 d",
  ],
  [
    "a Hono app",
    "import { Hono } from 'hono';\nconst app = new Hono();\napp.get('/', (c) => c.text('e'));\nexport default app;",
    "200 e",
  ],
  [
    "an object with onError",
    "export default { fetch() { throw new Error('x'); }, onError: (e) => new Response(e.message, { status: 501 }) }",
    "501 x",
  ],
  [
    "a handler that asks for its address",
    "export default (_, info) => new Response(info.remoteAddr.hostname)",
    "200 127.0.0.1",
  ],
  [
    "a module that waits",
    "await new Promise((r) => setTimeout(r, 50));\nexport default () => new Response('f')",
    "200 f",
  ],
  [
    "a module that may read and write as the program does",
    "export default () => new Response(['read', 'write', 'net'].map((name) => Deno.permissions.querySync({ name }).state).join())",
    "200 granted,granted,granted",
  ],
];

for (const [name, text, expected] of SERVING) {
  Deno.test(`the program serves ${name}`, () =>
    inFolder(async (folder) => {
      assertEquals(await answer([await moduleIn(folder, text, "app.js")]), expected);
    }));
}

Deno.test("the program serves the example, a path with odd characters, and a URL", () =>
  inFolder(async (folder) => {
    assertEquals(await answer(["examples/hello.ts"]), "200 Hello from /\n");
    const odd = await moduleIn(folder, "export default () => new Response('x')", "a b#c?d%41.js");
    assertEquals(await answer([odd]), "200 x");
    const url = "data:text/javascript,export default () => new Response('y')";
    assertEquals(await answer([url]), "200 y");
  }));

Deno.test("a module's port and hostname hold, unless a flag says otherwise; onListen hears of it", () =>
  inFolder(async (folder) => {
    const app = await moduleIn(
      folder,
      "export default { port: 0, hostname: '127.0.0.2', fetch: () => new Response(), " +
        "onListen: ({ hostname, port }) => console.error(`${hostname} ${port > 0}`) }",
    );
    await using program = new Program([app]);
    assertMatch(await program.address(), /^http:\/\/127\.0\.0\.2:\d+\/$/);
    program.send("SIGTERM");
    assertEquals((await program.end()).stderr, "127.0.0.2 true\n");
    await using other = new Program([app, "--hostname", "127.0.0.1"]);
    assertMatch(await other.address(), /^http:\/\/127\.0\.0\.1:\d+\/$/);
  }));

Deno.test("the program serves a folder, and can read files alone then", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/index.html`, "<p>site");
    await Deno.writeTextFile(`${folder}/.secret`, "x");
    await using program = new Program(["--port", "0", folder]);
    const address = await program.address();
    assertStringIncludes(program.summary, folder);
    const page = await fetch(address);
    assertEquals([await page.text(), page.headers.get("content-type")?.slice(0, 9)], [
      "<p>site",
      "text/html",
    ]);
    const secret = await fetch(`${address}.secret`);
    await secret.body?.cancel();
    assertEquals(secret.status, 404);
    program.send("SIGTERM");
    assertEquals((await program.end()).code, 0);
  }));

/** A module that cannot be served, and what the line names. */
const BROKEN: [name: string, text: string, named: string][] = [
  ["throws", "\n\n  throw new Error('boom\\nmore')", "boom (app.js:3:9)"],
  ["throws no error", "throw 'boom'", "Cannot load"],
  ["throws null", "throw null", "Cannot load"],
  ["rejects", "await Promise.reject(new TypeError('late'))", "late"],
  ["is not JavaScript", "export default {", "Cannot load"],
  ["imports what is not there", "import './missing.js'; export default () => {}", "missing.js"],
  ["imports what nothing knows", "import 'unknown'; export default () => {}", "unknown"],
  ["never gets ready", "await new Promise(() => {})", "not ready within 200 ms"],
  ["has no default export", "export const app = 1", "no default export"],
  ["exports a number", "export default 5", "a number"],
  ["exports null", "export default null", "null"],
  ["exports a string", "export default 'x'", "a string"],
  ["exports an object without fetch", "export default {}", "no 'fetch'"],
  ["exports an array", "export default []", "no 'fetch'"],
  ["exports a fetch that is none", "export default { fetch: 5 }", "'fetch' is a number"],
  ["has an onError that is none", "export default { fetch() {}, onError: 1 }", "'onError'"],
  ["has an onListen that is none", "export default { fetch() {}, onListen: {} }", "'onListen'"],
  ["has a port that is none", "export default { fetch() {}, port: 'x' }", "'port' takes"],
  ["has a port out of range", "export default { fetch() {}, port: 65536 }", "not 65536"],
  ["has a hostname that is none", "export default { fetch() {}, hostname: 5 }", "'hostname'"],
  ["has a getter that throws", "export default { get fetch() { throw new Error('g'); } }", "g"],
];

for (const [name, text, named] of BROKEN) {
  Deno.test(`a module that ${name} is one line and status 1, and nothing listens`, () =>
    inFolder(async (folder) => {
      const app = await moduleIn(folder, text, "app.js");
      const { code, stdout, stderr } = await runToEnd("--timeout-start", "200ms", app);
      assertEquals([code, stdout], [1, ""], stderr);
      assertMatch(stderr, /^weir: Cannot (load|serve) '[^\n]*\n$/);
      assertStringIncludes(stderr, named);
    }));
}

Deno.test("what cannot be served is one line and status 1", () =>
  inFolder(async (folder) => {
    const loop = `${folder}/loop`;
    await Deno.symlink(loop, loop);
    const pipe = `${folder}/pipe`;
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    for (
      const [target, named] of [
        [`${folder}/missing.ts`, "No such file"],
        [loop, "symbolic links"],
        [pipe, "neither a file nor a folder"],
        ["", "Cannot serve ''"],
        ["a\nb\x1b[2J.ts", "'a\\x0ab\\x1b[2J.ts': No such file"],
        ["http://127.0.0.1:1/app.ts", "Cannot load"],
        ["nosuch:thing", "Cannot load"],
      ] as const
    ) {
      const { code, stdout, stderr } = await runToEnd(target);
      assertEquals([code, stdout], [1, ""], stderr);
      assertMatch(stderr, /^weir: [^\n]+\n$/);
      assertStringIncludes(stderr, named);
    }
  }));

Deno.test("a folder and a module that may not be read are one line and status 1", () =>
  inFolder(async (folder) => {
    const app = await moduleIn(folder, "export default () => new Response()");
    for (const target of [folder, app]) {
      const flags = ["run", "--no-prompt", "--allow-net", "--allow-read", `--deny-read=${folder}`];
      await using program = new Program([target, "--port", "0"], { flags });
      const { code, stdout, stderr } = await program.end();
      assertEquals([code, stdout], [1, ""], stderr);
      assertMatch(stderr, /^weir: Cannot (serve|load) [^\n]*read access[^\n]*\n$/);
    }
  }));

withProgram(
  "openssl",
  "a key that is not the certificate's is one line and status 1",
  () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/other`);
      const [cert] = await selfSigned(folder);
      const [, key] = await selfSigned(`${folder}/other`);
      const { code, stdout, stderr } = await runToEnd("--port", "0", "--cert", cert, "--key", key);
      assertEquals([code, stdout], [1, ""]);
      assertMatch(stderr, /^weir: Cannot listen on [^\n]+\n$/);
    }),
);

Deno.test("a config file and a variable hold, and are refused in one line", () =>
  inFolder(async (folder) => {
    const file = await moduleIn(folder, '{ "port": 0, "health": true }', "weir.json");
    await using program = new Program(["--config", file]);
    const response = await fetch(`${await program.address()}healthz`);
    assertEquals(response.status, 200);
    await response.body?.cancel();
    assertStringIncludes(program.summary, "/healthz");
    await Deno.writeTextFile(file, '{ "prot": 0 }');
    const refused = await runToEnd("--config", file);
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertMatch(refused.stderr, /^weir: Unknown setting 'prot' in [^\n]*'port'[^\n]*\n$/);
    assertEquals((await runToEnd("--config", folder)).code, 1);
    await using variable = new Program(["--port", "0"], { shell: 'WEIR_HEALTH=yes exec "$@"' });
    const { code, stderr } = await variable.end();
    assertEquals(code, 2);
    assertMatch(stderr, /^weir: Variable 'WEIR_HEALTH' takes [^\n]*\n$/);
  }));

Deno.test("without permissions no variable and no file is looked at", async () => {
  await using program = new Program(["--port", "0"], {
    flags: ["run", "--no-prompt", "--allow-net"],
    shell: 'WEIR_PORT=nonsense exec "$@"',
  });
  assertMatch(await program.address(), /^http:/);
});

Deno.test("--print-config says what holds and from where, and listens on nothing", async () => {
  const { code, stdout, stderr } = await runToEnd("--print-config", "--timeout-head", "5s");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^timeouts\.head +5s +--timeout-head$/m);
  assertMatch(stdout, /^timeouts\.idle +75s +default$/m);
});

Deno.test("check sends one request without a network", () =>
  inFolder(async (folder) => {
    const app = await moduleIn(folder, "export default () => new Response('twelve bytes')");
    const flags = ["run", "--no-prompt", "--allow-read"];
    await using program = new Program(["check", app, "--queue", "8"], { flags });
    const { code, stdout, stderr } = await program.end();
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /answers GET \/ with 200, 12 bytes, in [\d.]+ ms\n/);
    assertMatch(stdout, /^queue\.maxActive +8 +--queue$/m);
    const broken = await moduleIn(folder, "export default () => { throw new Error('x'); }");
    const failed = await runToEnd("check", broken);
    assertEquals(failed.code, 1);
    assertStringIncludes(failed.stdout, "with 500");
    const stuck = await moduleIn(folder, "export default () => new Promise(() => {})");
    const late = await runToEnd("check", stuck, "--timeout-handler", "100ms");
    assertEquals(late.code, 1);
    assertStringIncludes(late.stdout, "with 503");
  }));

Deno.test("--quiet prints nothing but errors", async () => {
  // Its port is not printed, so it is told one.
  const port = freePort();
  await using program = new Program(["--quiet", "--port", `${port}`]);
  await within(listening(port), "the program to listen");
  program.send("SIGTERM");
  const { code, stdout, stderr } = await program.end();
  assertEquals([code, stdout, stderr], [0, "", ""]);
});

Deno.test("--open calls the system's opener with the address, and says so when it cannot", () =>
  inFolder(async (folder) => {
    const opener = await moduleIn(folder, `#!/bin/sh\necho "$1" > ${folder}/opened\n`, "xdg-open");
    await Deno.chmod(opener, 0o755);
    const flags = ["run", "--no-prompt", "--allow-net", "--allow-run"];
    const shell = `PATH=${folder}:$PATH exec "$@"`;
    await using program = new Program(["--open", "--port", "0"], { flags, shell });
    const address = await program.address();
    await until(() => {
      try {
        return Deno.readTextFileSync(`${folder}/opened`) === `${address}\n`;
      } catch {
        return false;
      }
    }, "the browser to be opened");
    await using other = new Program(["--open", "--port", "0"]);
    await other.address();
    other.send("SIGTERM");
    const { code, stderr } = await other.end();
    assertEquals(code, 0);
    assertMatch(stderr, /^weir: Cannot open a browser: [^\n]*run access[^\n]*\n$/);
  }));

Deno.test("a shutdown says what it waits for when it takes longer than a second", () =>
  inFolder(async (folder) => {
    const app = await moduleIn(
      folder,
      "export default () => new Promise((r) => setTimeout(() => r(new Response('late')), 2500))",
    );
    await using program = new Program(["--port", "0", "--shutdown-deadline", "9s", app]);
    const late = fetch(await program.address());
    await pause(300);
    program.send("SIGTERM");
    assertMatch(await program.line(), /^Weir draining/);
    assertEquals(
      await program.line(),
      "Weir waits for 1 connection, 1 handler at work; 9 s left",
    );
    assertEquals(await (await late).text(), "late");
    const { code, stdout } = await program.end();
    assertEquals(code, 0);
    assertMatch(stdout, /^Weir stopped: 1 connections drained/);
  }));

Deno.test("the runtime's --watch starts the program again when the module changes", () =>
  inFolder(async (folder) => {
    const app = await moduleIn(folder, "export default () => new Response('one')");
    const flags = [
      "run",
      "--no-prompt",
      "--watch",
      "--no-clear-screen",
      "--allow-net",
      "--allow-read",
    ];
    await using program = new Program(["--port", "0", app], { flags });
    assertEquals(await (await fetch(await program.address())).text(), "one");
    await moduleIn(folder, "export default () => new Response('two')");
    for (const line of ["draining", "stopped"]) {
      assertStringIncludes(await program.line(), `Weir ${line}`);
    }
    assertEquals(await (await fetch(await program.address())).text(), "two");
    assert(program.running);
  }));
