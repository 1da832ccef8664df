/**
 * The program with `--workers`: what it serves, what becomes of workers that fail, reloads, and the end.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { Program, runToEnd } from "../cli/child.ts";
import { freePort } from "../support/ports.ts";
import { selfSigned } from "../support/self_signed.ts";
import { pause } from "../support/time.ts";

/** An app whose every thread has a name of its own, and that fails when it is asked to. */
const APP = `
const thread = crypto.randomUUID();
let ready = 0;
export default {
  async fetch(request, info) {
    const { pathname } = new URL(request.url);
    if (pathname === "/exit") Deno.exit(3);
    if (pathname === "/throw") setTimeout(() => { throw new Error("boom"); });
    if (pathname === "/reject") Promise.reject(new Error("bang"));
    if (pathname === "/loop") for (;;);
    if (pathname === "/hang") return new Promise(() => {});
    if (pathname === "/ready") return new Response(null, { status: ++ready < 3 ? 503 : 204 });
    if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 1_000));
    return new Response(VERSION + " " + thread + " " + ready + " " + await request.text());
  },
};
`;

function appText(version: string): string {
  return `const VERSION = "${version}";${APP}`;
}

interface Site {
  readonly program: Program;
  readonly address: string;
  /** Where the app's file is. */
  readonly path: string;
  readonly folder: string;
}

/** Runs `call` with a program that serves the app in workers. */
async function withWorkers(
  args: readonly string[],
  call: (site: Site) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/app.js`;
  try {
    await Deno.writeTextFile(path, appText("v1"));
    await using program = new Program(["--workers", "2", "--port", "0", ...args, path]);
    const address = await program.address();
    await call({ program, address, path, folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** One request on a connection of its own. */
async function ask(address: string, path = "/", init: RequestInit = {}): Promise<string> {
  const headers = { connection: "close" };
  const signal = AbortSignal.timeout(5_000);
  const response = await fetch(new URL(path, address), { ...init, headers, signal });
  return await response.text();
}

/** The threads that answer so many requests, by version. */
async function threads(address: string, requests = 40): Promise<Map<string, Set<string>>> {
  const answers = await Promise.all(Array.from({ length: requests }, () => ask(address)));
  const found = new Map<string, Set<string>>();
  for (const answer of answers) {
    const [version = "", thread = ""] = answer.split(" ");
    found.set(version, (found.get(version) ?? new Set()).add(thread));
  }
  return found;
}

async function ended(program: Program): Promise<{ stdout: string; stderr: string }> {
  program.send("SIGTERM");
  const { code, stdout, stderr } = await program.end();
  assertEquals(code, 0, stderr);
  return { stdout, stderr };
}

Deno.test("workers: two threads answer on one port, and end with one report", async () => {
  await withWorkers([], async ({ program, address }) => {
    assertMatch(program.summary, /^Weir serves .*app\.js with .*, in 2 workers$/);
    const found = await threads(address);
    assertEquals([...found.keys()], ["v1"]);
    assertEquals(found.get("v1")?.size, 2);
    const { stdout, stderr } = await ended(program);
    assertMatch(stdout, /^Weir draining [^\n]*\nWeir stopped: \d+ connections drained [^\n]*\n$/);
    assertEquals(stderr, "");
  });
});

Deno.test("workers: auto is the number of cores that the process may use", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/app.js`, appText("v1"));
    const shell = 'exec taskset -c 0 "$@"';
    await using program = new Program(
      ["--workers", "auto", "--port", "0", `${folder}/app.js`],
      { shell },
    );
    await program.address();
    assertMatch(program.summary, /in a worker$/);
    await ended(program);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const path of ["/exit", "/throw", "/reject"]) {
  Deno.test(`workers: after ${path} another worker takes the place, and the others serve on`, async () => {
    await withWorkers([], async ({ program, address }) => {
      const before = (await threads(address)).get("v1")!;
      await ask(address, path).catch(() => "");
      assertMatch(await ask(address), /^v1 /);
      for (let fresh = 0; fresh < 1;) {
        await pause(100);
        fresh = (await threads(address)).get("v1")!.difference(before).size;
      }
      assertEquals((await threads(address)).get("v1")!.intersection(before).size, 1);
      const { stderr } = await ended(program);
      assertMatch(
        stderr,
        path === "/exit"
          ? /^weir: Worker \d has ended by itself\nweir: Another worker starts in 100 ms\n$/
          : /^weir: Nobody caught an error in worker \d, which finishes what it has: b\w+\nweir: Another worker starts in 100 ms\n$/,
      );
    });
  });
}

Deno.test("workers: an error that nobody caught costs no request that was under way", async () => {
  await withWorkers([], async ({ program, address }) => {
    const slow = Array.from({ length: 10 }, () => ask(address, "/slow"));
    await pause(300);
    await Promise.all(Array.from({ length: 4 }, () => ask(address, "/throw")));
    for (const answer of await Promise.all(slow)) assertMatch(answer, /^v1 /);
    await ended(program);
  });
});

Deno.test("workers: SIGHUP loads the code anew, without a failed request", async () => {
  await withWorkers([], async ({ program, address, path }) => {
    let failed = 0;
    let stop = false;
    const versions = new Set<string>();
    const client = async () => {
      while (!stop) {
        try {
          const body = "x".repeat(1_000);
          const answer = await ask(address, "/", { method: "POST", body });
          if (!answer.endsWith(body)) failed++;
          versions.add(answer.slice(0, 2));
        } catch {
          failed++;
        }
        await pause(20);
      }
    };
    const clients = Array.from({ length: 4 }, client);
    const slow = ask(address, "/slow");
    await Deno.writeTextFile(path, appText("v2"));
    program.send("SIGHUP");
    assertEquals(await program.line(), "Weir loads new workers");
    assertMatch(await slow, /^v1 /);
    assertEquals(await program.line(), "Weir has reloaded: workers 3, 4 serve");
    stop = true;
    await Promise.all(clients);
    assertEquals([failed, [...versions].sort()], [0, ["v1", "v2"]]);
    assertEquals([...(await threads(address)).keys()], ["v2"]);
    assertEquals((await ended(program)).stderr, "");
  });
});

Deno.test("workers: code that does not load leaves the workers before", async () => {
  await withWorkers([], async ({ program, address, path }) => {
    const before = (await threads(address)).get("v1")!;
    await Deno.writeTextFile(path, "export default {\n");
    program.send("SIGHUP");
    assertEquals(await program.line(), "Weir loads new workers");
    await pause(500);
    assertEquals((await threads(address)).get("v1"), before);
    await Deno.writeTextFile(path, appText("v3"));
    program.send("SIGHUP");
    assertEquals(await program.line(), "Weir loads new workers");
    assertMatch(await program.line(), /^Weir has reloaded/);
    assertEquals([...(await threads(address)).keys()], ["v3"]);
    const { stderr } = await ended(program);
    assertMatch(
      stderr,
      /^weir: Cannot reload, the workers before serve on: Cannot load '[^']*app\.js': [^\n]*\n$/,
    );
  });
});

Deno.test("workers: an app is asked for its ready path before it serves", async () => {
  await withWorkers(["--ready-path", "/ready"], async ({ program, address }) => {
    assertMatch(await ask(address), /^v1 \S+ 3 $/);
    await ended(program);
  });
});

Deno.test("workers: /metrics is the sum of all, and no counter falls at a reload or a loss", async () => {
  await withWorkers(["--metrics", "--health"], async ({ program, address }) => {
    const total = async () => {
      const text = await ask(address, "/metrics");
      const [, count] = /^weir_http_requests_total\{class="2xx"\} (\d+)$/m.exec(text) ?? [];
      return Number(count);
    };
    await threads(address, 40);
    assertEquals(await total(), 40);
    assertEquals(await ask(address, "/readyz"), "ok\n");
    program.send("SIGHUP");
    await program.line();
    await program.line();
    // The scrape before, and the question whether it is ready.
    assertEquals(await total(), 42);
    await ask(address, "/exit").catch(() => "");
    // What the lost worker answered after its last scrape is lost with it.
    assert(await total() >= 42);
    await ended(program);
  });
});

Deno.test("workers: the access log is one file in the order of time, and a reload opens it again", async () => {
  const log = await Deno.makeTempFile();
  try {
    await withWorkers(["--log=json", "--log-file", log], async ({ program, address }) => {
      await threads(address, 60);
      await pause(700);
      const lines = (await Deno.readTextFile(log)).trim().split("\n").map((line) =>
        JSON.parse(line)
      );
      assertEquals(lines.length, 60);
      const times = lines.map(({ time }) => time);
      assertEquals(times, times.toSorted());
      await Deno.rename(log, `${log}.1`);
      program.send("SIGHUP");
      await program.line();
      await program.line();
      await threads(address, 10);
      await ended(program);
      const after = (await Deno.readTextFile(log)).trim().split("\n");
      assertEquals(after.length, 10);
    });
  } finally {
    await Deno.remove(log).catch(() => {});
    await Deno.remove(`${log}.1`).catch(() => {});
  }
});

Deno.test("workers: the trace is one, and says which worker", async () => {
  await withWorkers(["--trace=json"], async ({ program, address }) => {
    // More would fill the pipe, which is read at the end.
    await threads(address, 20);
    const { stdout } = await ended(program);
    const events = stdout.split("\n").filter((line) => line.startsWith("{")).map((line) =>
      JSON.parse(line)
    );
    assertEquals(new Set(events.map(({ worker }) => worker)), new Set([1, 2]));
  });
});

Deno.test("workers: a worker in an endless loop is reported and replaced, and the others serve on", async () => {
  await withWorkers(
    ["--timeout-handler", "500ms", "--shutdown-deadline", "500ms"],
    async ({ program, address }) => {
      const looping = ask(address, "/loop").catch(() => "");
      // Connections that the kernel gives to the thread in the loop wait; all others are answered.
      const answered = async () => {
        const asked = Array.from(
          { length: 20 },
          () =>
            fetch(address, { headers: { connection: "close" }, signal: AbortSignal.timeout(500) })
              .then((response) => response.text()).catch(() => ""),
        );
        return (await Promise.all(asked)).filter((text) => text.startsWith("v1")).length;
      };
      assert(await answered() > 0);
      await looping;
      await pause(8_000);
      assert(await answered() > 0);
      program.send("SIGTERM");
      const { code, stderr } = await program.end();
      assertEquals(code, 0);
      assertMatch(
        stderr,
        /^weir: Worker \d has not come back to its event loop for \d+ ms; another one takes its place\nweir: Another worker starts in 100 ms\n/,
      );
    },
  );
});

Deno.test("workers: a second signal cuts what is under way", async () => {
  await withWorkers([], async ({ program, address }) => {
    const hanging = ask(address, "/hang").catch(() => "cut");
    await pause(200);
    program.send("SIGTERM");
    assertMatch(await program.line(), /^Weir draining/);
    program.send("SIGTERM");
    const { code } = await program.end();
    assertEquals([code, await hanging], [143, "cut"]);
  });
});

Deno.test("workers: TLS works as without", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [cert, key] = await selfSigned(folder);
    const tls = ["--cert", cert, "--key", key];
    const caCerts = [await Deno.readTextFile(cert)];
    await withWorkers(tls, async ({ program, address }) => {
      using client = Deno.createHttpClient({ caCerts });
      const response = await fetch(address, { client } as RequestInit);
      assertMatch(await response.text(), /^v1 /);
      await ended(program);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("workers: hello and folders can be served too", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/index.html`, "a page");
    for (const [target, text] of [[[], /Hello/], [[folder], /a page/]] as const) {
      await using program = new Program(["--workers", "2", "--port", "0", ...target]);
      assertMatch(await ask(await program.address()), text);
      await ended(program);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("workers: what is wrong at the start ends the program with one line", async () => {
  const folder = await Deno.makeTempDir();
  const rows: [args: string[], text: string, status: number, line: RegExp][] = [
    [
      [],
      "throw new Error('no database')",
      1,
      /^weir: Cannot load '.*': no database \(app\.js:1:7\)\n$/,
    ],
    [[], "export default 5", 1, /^weir: Cannot serve '.*': expected a default export/],
    [
      [],
      "await new Promise(() => setInterval(() => {}, 1000))",
      1,
      /: it was not ready within 500 ms\n$/,
    ],
    [[], "for (;;);", 1, /^weir: The app was not ready within 1500 ms\n$/],
    [[], "Deno.exit(5)", 1, /^weir: /],
    [
      ["--ready-path", "/x"],
      "export default () => new Response('', { status: 404 })",
      1,
      /not ready within/,
    ],
    [
      ["--ready-path", "x"],
      "export default () => new Response()",
      2,
      /takes a path such as \/ready/,
    ],
    [["--unix", "/tmp/x"], "export default () => new Response()", 2, /exclude each other/],
    [["--workers", "0"], "export default () => new Response()", 2, /'--workers' takes/],
  ];
  try {
    for (const [args, text, status, line] of rows) {
      await Deno.writeTextFile(`${folder}/app.js`, text);
      const workers = args.includes("--workers") ? [] : ["--workers", "2"];
      const { code, stdout, stderr } = await runToEnd(
        "--port",
        "0",
        "--timeout-start",
        "500ms",
        ...workers,
        ...args,
        `${folder}/app.js`,
      );
      assertEquals([code, stdout], [status, ""], text + stderr);
      assertMatch(stderr, line);
      assertEquals(stderr.split("\n").length, 2, stderr);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("workers: a port that is taken is one line", async () => {
  const port = freePort();
  using _taken = Deno.listen({ hostname: "127.0.0.1", port });
  const { code, stderr } = await runToEnd("--workers", "2", "--port", `${port}`);
  assertEquals(code, 1);
  assertStringIncludes(stderr, `weir: Cannot listen on 127.0.0.1:${port}: `);
});

Deno.test("workers: without --unstable-net the program says what it needs", async () => {
  const flags = ["run", "--no-prompt", "--allow-net", "--allow-read"];
  await using program = new Program(["--workers", "2", "--port", "0"], { flags });
  const { code, stderr } = await program.end();
  assertEquals([code, stderr], [
    1,
    "weir: Workers share a port, which needs the flag --unstable-net of Deno\n",
  ]);
});
