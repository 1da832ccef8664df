/**
 * `Deno.serve` in a program that runs with the preload: in all its shapes, on Weir where Weir can serve it.
 *
 * @module
 */

import { parseServeAddress } from "../../cli/register/serve_address.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { selfSigned } from "../support/self_signed.ts";
import {
  REGISTER,
  runPreloaded,
  TemporaryFolder,
  withPreloaded,
  withProgramIn,
} from "./preloaded.ts";

/** Only a server of Weir has this property. */
const SHOW = `
function show(server) {
  console.log("on", "connections" in server ? "Weir" : "Deno", JSON.stringify(server.addr));
  return server;
}
`;

const OPTIONS = `{ hostname: "127.0.0.1", port: 0, onListen() {} }`;
const HELLO = `() => new Response("hello")`;

/** Programs that serve, each in another way; each ends by itself. */
const SHAPES: Readonly<Record<string, string>> = {
  "options and handler": `await show(Deno.serve(${OPTIONS}, ${HELLO})).shutdown();`,
  "options with a handler":
    `await show(Deno.serve({ ...${OPTIONS}, handler: ${HELLO} })).shutdown();`,
  "a handler in the first place, with a string for the port from the environment":
    `await show(Deno.serve({ ...${OPTIONS}, port: "0" }, ${HELLO})).shutdown();`,
  "Deno taken apart": `const { serve } = Deno; await show(serve(${OPTIONS}, ${HELLO})).shutdown();`,
  "globalThis.Deno": `await show(globalThis.Deno.serve(${OPTIONS}, ${HELLO})).shutdown();`,
  "a getter among the options":
    `class Given { get port() { return 0; } get hostname() { return "127.0.0.1"; } onListen() {} }
     await show(Deno.serve(new Given(), ${HELLO})).shutdown();`,
  "frozen options": `await show(Deno.serve(Object.freeze(${OPTIONS}), ${HELLO})).shutdown();`,
  "a unix socket": `await show(Deno.serve({ path: "./socket" }, ${HELLO})).shutdown();`,
};

for (const [name, source] of Object.entries(SHAPES)) {
  Deno.test(`preload: Weir serves ${name}`, async () => {
    const { code, output } = await runPreloaded(SHOW + source);
    assertMatch(output, /^on Weir /m);
    assertEquals(code, 0, output);
  });
}

Deno.test("preload: a handler alone is served on the default port", async () => {
  // The address is moved, so that the test needs no fixed port.
  const { code, output } = await runPreloaded(
    `${SHOW}await show(Deno.serve(${HELLO})).shutdown();`,
    { env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0" } },
  );
  assertMatch(output, /^on Weir .*"127\.0\.0\.1"/m);
  assertEquals(code, 0, output);
});

Deno.test("preload: what Deno.serve returns is whole", async () => {
  const { code, output } = await runPreloaded(`
    const server = Deno.serve(${OPTIONS}, ${HELLO});
    console.log(server.addr.transport, server.addr.hostname, server.addr.port > 0);
    server.unref();
    server.ref();
    console.log(await (await fetch("http://127.0.0.1:" + server.addr.port)).text());
    await server.shutdown();
    await server.finished;
    {
      await using disposed = Deno.serve(${OPTIONS}, ${HELLO});
      console.log("disposed of", disposed.addr.port > 0);
    }
    const controller = new AbortController();
    const aborted = Deno.serve({ ...${OPTIONS}, signal: controller.signal }, ${HELLO});
    controller.abort();
    await aborted.finished;
    Deno.serve(${OPTIONS}, ${HELLO}).unref();
    console.log(Deno.serve.name, Deno.serve.length);
  `);
  assertEquals(output, "tcp 127.0.0.1 true\nhello\ndisposed of true\nserve 2\n");
  assertEquals(code, 0);
});

Deno.test("preload: bad arguments fail as they fail in Deno.serve", async () => {
  const calls = [
    "Deno.serve()",
    "Deno.serve(null)",
    "Deno.serve({})",
    "Deno.serve({ port: 70000 }, f)",
  ];
  const source = `const f = () => new Response();
    ${
    calls.map((call) => `try { ${call} } catch (error) { console.log(error.name); }`).join("\n")
  }`;
  const plain = await runPreloaded(source, { flags: ["run", "-A"] });
  const preloaded = await runPreloaded(source);
  assertEquals(preloaded.output, plain.output);
  assertEquals(plain.output.trim().split("\n").length, calls.length);
});

Deno.test("preload: Weir's own time-outs hold for a program that knows nothing of them", async () => {
  // Longer than any URL that Weir takes, and shorter than what Deno.serve takes.
  const source = `Deno.serve({ hostname: "127.0.0.1", port: 0 }, ${HELLO});`;
  await withPreloaded(source, async (program) => {
    const answer = await fetch(`http://127.0.0.1:${await program.port()}/${"a".repeat(9_000)}`);
    await answer.body?.cancel();
    assertEquals(answer.status, 414);
  });
});

Deno.test("preload: Weir serves TLS with certificate and key", async () => {
  await using folder = new TemporaryFolder();
  const [cert, key] = await selfSigned(folder.path);
  const source = `${SHOW}
    const [cert, key] = ["${cert}", "${key}"].map((path) => Deno.readTextFileSync(path));
    const server = show(Deno.serve({ hostname: "127.0.0.1", port: 0, cert, key }, ${HELLO}));
    const client = Deno.createHttpClient({ caCerts: [cert] });
    const answer = await fetch("https://127.0.0.1:" + server.addr.port, { client });
    console.log(await answer.text());
    client.close();
    await server.shutdown();`;
  const { code, output } = await runPreloaded(source);
  assertMatch(output, /^on Weir /m);
  assertMatch(output, /^hello$/m);
  assertEquals(code, 0, output);
});

/** Options that Weir has not; the runtime decides what becomes of them. */
const PASSED_ON: Readonly<Record<string, string>> = {
  "alpnProtocols": `alpnProtocols: ["h2"]`,
  "certFile": `certFile: "cert.pem"`,
  "cid": `cid: -1`,
};

for (const [name, option] of Object.entries(PASSED_ON)) {
  Deno.test(`preload: a call with ${name} is passed on, with one line`, async () => {
    const call = `try {
      await show(Deno.serve({ hostname: "127.0.0.1", port: 0, ${option} }, ${HELLO})).shutdown();
    } catch (error) {
      console.log(error.message);
    }`;
    const plain = await runPreloaded(SHOW + call, { flags: ["run", "-A"] });
    const { code, output } = await runPreloaded(SHOW + call);
    const lines = output.split("\n");
    const said = lines.filter((line) => line.startsWith("weir: "));
    assertEquals(said.length, 1, output);
    assertStringIncludes(said[0]!, `weir: Deno itself serves this one: option '${name}'`);
    const rest = lines.filter((line) => !said.includes(line)).join("\n");
    assertEquals(portless(rest), portless(plain.output));
    assertEquals(code, plain.code);
  });
}

function portless(text: string): string {
  return text.replaceAll(/\d{4,5}/g, "PORT").replaceAll(/cid[^\n]*/g, "");
}

Deno.test("parseServeAddress() reads what the runtime reads", () => {
  const rows: Readonly<Record<string, ReturnType<typeof parseServeAddress>>> = {
    "tcp:127.0.0.1:8080": { kind: "tcp", hostname: "127.0.0.1", port: 8080 },
    "tcp:[::1]:80": { kind: "tcp", hostname: "::1", port: 80 },
    "unix:/run/a b.sock": { kind: "unix", path: "/run/a b.sock" },
    "unix:": { kind: "other" },
    "tcp:localhost:80": { kind: "other" },
    "tcp:127.0.0.1": { kind: "other" },
    "tcp:127.0.0.1:65536": { kind: "other" },
    "vsock:1:2": { kind: "other" },
    "duplicate,tcp:127.0.0.1:80": { kind: "other" },
    "nonsense": { kind: "other" },
  };
  for (const [value, address] of Object.entries(rows)) {
    assertEquals(parseServeAddress(value), address, value);
  }
});

Deno.test("preload: DENO_SERVE_ADDRESS moves the first server, as it does without the preload", async () => {
  await using folder = new TemporaryFolder();
  const rows: Readonly<Record<string, { prints: RegExp; on: string }>> = {
    "tcp:127.0.0.1:0": { prints: /"hostname":"127\.0\.0\.1"/, on: "Weir" },
    [`unix:${folder.path}/socket`]: { prints: /"transport":"unix"/, on: "Weir" },
    "nonsense": { prints: /"hostname":"0\.0\.0\.0"/, on: "Deno" },
  };
  const source = `${SHOW}
    const first = show(Deno.serve({ port: 0 }, ${HELLO}));
    const second = show(Deno.serve(${OPTIONS}, ${HELLO}));
    const third = show(Deno.serve({ ...${OPTIONS}, [Symbol("kLoadBalanced")]: true }, ${HELLO}));
    await Promise.all([first, second, third].map((server) => server.shutdown()));
    console.log(Deno.env.get("DENO_SERVE_ADDRESS"));`;
  for (const [value, { prints, on }] of Object.entries(rows)) {
    const { code, output } = await runPreloaded(source, { env: { DENO_SERVE_ADDRESS: value } });
    const [first, second, third] = output.split("\n").filter((line) => line.startsWith("on "));
    assertMatch(first ?? "", prints);
    assertStringIncludes(first ?? "", `on ${on}`);
    assertMatch(second ?? "", /^on Weir .*"hostname":"127\.0\.0\.1"/);
    assertMatch(third ?? "", /^on Deno .*"hostname":"127\.0\.0\.1"/);
    assert(output.endsWith(`${value}\n`), output);
    assertEquals(code, 0);
  }
});

Deno.test("preload: DENO_SERVE_AUTOMATIC_COMPRESSION counts where the call says nothing", async () => {
  const source = `
    const handler = () => new Response("a".repeat(5000), { headers: { "content-type": "text/plain" } });
    for (const own of [{}, { automaticCompression: false }]) {
      const server = Deno.serve({ ...${OPTIONS}, ...own }, handler);
      const conn = await Deno.connect({ port: server.addr.port, hostname: "127.0.0.1" });
      await conn.write(new TextEncoder().encode(
        "GET / HTTP/1.1\\r\\nHost: a\\r\\nAccept-Encoding: gzip\\r\\nConnection: close\\r\\n\\r\\n"));
      const text = await new Response(conn.readable).text();
      console.log(/content-encoding: gzip/i.test(text));
      await server.shutdown();
    }`;
  const { output } = await runPreloaded(source, {
    env: { DENO_SERVE_AUTOMATIC_COMPRESSION: "1" },
  });
  assertEquals(output, "true\nfalse\n");
});

Deno.test("preload: it needs no permission but the program's own, and asks for none", async () => {
  const source = `${SHOW}await show(Deno.serve(${OPTIONS}, ${HELLO})).shutdown();`;
  const flags = ["run", "--no-prompt", "--allow-net=127.0.0.1", `--preload=${REGISTER}`];
  const { code, output } = await runPreloaded(source, {
    flags,
    env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.2:0" },
  });
  assertMatch(output, /^on Weir .*"127\.0\.0\.1"/m);
  assertEquals(code, 0, output);
});

Deno.test("preload: it reaches the program, and not its workers", async () => {
  const source = `
    const code = "postMessage(Deno.serve.toString().includes('replacement'))";
    const worker = new Worker("data:text/javascript," + code, { type: "module" });
    worker.onmessage = ({ data }) => {
      console.log(Deno.serve.toString().includes("replacement"), data);
      worker.terminate();
    };`;
  const { output } = await runPreloaded(source);
  assertEquals(output, "true false\n");
});

Deno.test("preload: a worker that imports it serves on Weir, and drains", async () => {
  await using folder = new TemporaryFolder();
  folder.write(
    "worker.ts",
    `import "${REGISTER}";${SHOW}
     show(Deno.serve({ hostname: "127.0.0.1", port: 0 }, async () => {
       console.log("asked");
       await new Promise((resolve) => setTimeout(resolve, 300));
       return new Response("hello");
     }));`,
  );
  folder.write(
    "app.ts",
    `new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });`,
  );
  const args = ["run", "-A", `--preload=${REGISTER}`, "app.ts"];
  await withProgramIn(folder.path, args, async (program) => {
    const answer = fetch(`http://127.0.0.1:${await program.port()}`);
    await program.printed(/on Weir[^]*asked/);
    program.kill("SIGTERM");
    assertEquals(await (await answer).text(), "hello");
    assertEquals((await program.end()).code, 0);
  });
});

Deno.test("preload: the flag can stand in a task, and the task ends as the program does", async () => {
  await using folder = new TemporaryFolder();
  folder.write("app.ts", `${SHOW}show(Deno.serve({ hostname: "127.0.0.1", port: 0 }, ${HELLO}));`);
  const dev = `deno run -A --preload=${REGISTER} app.ts`;
  folder.write("deno.json", JSON.stringify({ tasks: { dev } }));
  await withProgramIn(folder.path, ["task", "dev"], async (program) => {
    await program.printed(/on Weir/);
    program.kill("SIGTERM");
    const { code, output } = await program.end();
    assertEquals(code, 0, output);
    assertStringIncludes(output, "weir: SIGTERM: draining");
  });
});

Deno.test("preload: tests that call Deno.serve pass, and leave nothing open", async () => {
  await using folder = new TemporaryFolder();
  const path = folder.write(
    "serve_test.ts",
    `const sanitizers = { sanitizeOps: true, sanitizeResources: true };
    Deno.test("serves", sanitizers, async () => {
      const server = Deno.serve(${OPTIONS}, ${HELLO});
      if (!("connections" in server)) throw new Error("Not on Weir");
      const answer = await fetch("http://127.0.0.1:" + server.addr.port);
      if (await answer.text() !== "hello") throw new Error("Wrong answer");
      await server.shutdown();
    });`,
  );
  const args = ["test", "--no-check", "-A", `--preload=${REGISTER}`, path];
  const { code, stdout, stderr } = await run(Deno.execPath(), args);
  assertEquals(code, 0, stdout + stderr);
  assertStringIncludes(stdout, "1 passed");
});

Deno.test("preload: deno serve ignores --preload, and is served by Weir if its module imports it", async () => {
  await using folder = new TemporaryFolder();
  const app = `export default { fetch: ${HELLO} };`;
  folder.write(
    "app.ts",
    `console.log("preloaded", Deno.serve.toString().includes("replacement"));${app}`,
  );
  folder.write("entry.ts", `import "${REGISTER}"; export { default } from "./app.ts";`);
  const flags = ["serve", "-A", "--host=127.0.0.1", "--port=0"];
  for (
    const [args, status] of [
      // A runtime that no longer ignores the flag makes this row fail: then docs/preload.md is to change.
      [[...flags, `--preload=${REGISTER}`, "app.ts"], 200],
      [[...flags, "entry.ts"], 414],
    ] as const
  ) {
    await withProgramIn(folder.path, args, async (program) => {
      const url = `http://127.0.0.1:${await program.port()}/`;
      assertEquals(await (await fetch(url)).text(), "hello");
      const long = await fetch(url + "a".repeat(9_000));
      await long.body?.cancel();
      assertEquals(long.status, status);
    });
  }
});

Deno.test("preload: the workers of deno serve --parallel are left to Deno, with a line", async () => {
  await using folder = new TemporaryFolder();
  folder.write("entry.ts", `import "${REGISTER}"; export default { fetch: ${HELLO} };`);
  const args = ["serve", "-A", "--parallel", "--host=127.0.0.1", "--port=0", "entry.ts"];
  await withProgramIn(folder.path, args, async (program) => {
    const url = `http://127.0.0.1:${await program.port()}/`;
    assertEquals(await (await fetch(url)).text(), "hello");
    assertStringIncludes(program.output, "weir: Deno itself serves this one: only Deno shares");
  }, { env: { DENO_JOBS: "2" } });
});

/** A module of the graph that `deno info` shows. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
  }[];
}

Deno.test("preload: what it loads is Weir's own server, and no package", async () => {
  const { stdout } = await run(Deno.execPath(), ["info", "--json", REGISTER]);
  const { modules }: { modules: Module[] } = JSON.parse(stdout);
  const loaded = new Set([new URL(`file://${REGISTER}`).href]);
  for (const specifier of loaded) {
    const { dependencies = [] } = modules.find((each) => each.specifier === specifier) ?? {};
    for (const { isDynamic, code } of dependencies) {
      if (code !== undefined && !isDynamic) loaded.add(code.specifier);
    }
  }
  assert(loaded.size > 50, "Hardly any modules were found");
  const others = [...loaded].filter((specifier) => !specifier.startsWith("file:"));
  assertEquals(others.filter((specifier) => !specifier.startsWith("node:")), []);
  const unused = /\/handlers\/(metrics|status|workers|access_log|files)\//;
  assertEquals([...loaded].filter((specifier) => unused.test(specifier)), []);
});
