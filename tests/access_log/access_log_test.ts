import {
  AccessLog,
  type AccessLogOptions,
  serve,
  type ServeHandler,
  type Server,
} from "../../mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../support/assert.ts";
import { LAST_GET, request } from "../support/requests.ts";
import { eachOf, until } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

interface Site {
  readonly port: number;
  readonly server: Server<Deno.NetAddr>;
  readonly folder: string;
  readonly path: string;
  readonly log: AccessLog;
  /** The lines of a file, by default of the log's. */
  readonly lines: (path?: string) => string[];
}

/** A server with a log in a folder of its own. */
async function logging(
  format: AccessLogOptions["format"] & string,
  act: (site: Site) => Promise<void>,
  handler: ServeHandler<Deno.NetAddr> = () => new Response("hello"),
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/access.log`;
  const log = new AccessLog({ format, to: { path } });
  const server = serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  log.observe(server);
  const lines = (of = path) => Deno.readTextFileSync(of).split("\n").slice(0, -1);
  try {
    await act({ port: server.addr.port, server, folder, path, log, lines });
  } finally {
    await server.shutdown({ deadline: 0, grace: 0 });
    await log.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function exchange(port: number, raw: string): Promise<string> {
  using client = await WireClient.connect(port);
  await client.sendWhileOpen(raw);
  await client.closeWrite().catch(() => {});
  return (await client.remains()).text;
}

Deno.test("AccessLog writes a line for an answer into its file", async () => {
  await logging("combined", async ({ port, log, lines }) => {
    const fields = ["Connection: close", "Referer: http://a/", "User-Agent: one"];
    await exchange(port, request({ target: "/x?y", fields }));
    await log.close();
    assertMatch(
      lines().join("\n"),
      /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}(:\d\d){3} \+0000\] "GET \/x\?y HTTP\/1\.1" 200 5 "http:\/\/a\/" "one"$/,
    );
  });
});

Deno.test("AccessLog writes at the end of the file", async () => {
  await logging("common", async ({ port, path, log, lines }) => {
    Deno.writeTextFileSync(path, "before\n", { append: true });
    await exchange(port, LAST_GET);
    await log.close();
    assertEquals([lines()[0], lines().length], ["before", 2]);
  });
});

/** What a client may try to get into the log, as the value of a field or as a target. */
const NASTY_VALUES: readonly [value: string, logged: string][] = [
  ['" 200 5 "-" "', "\\x22 200 5 \\x22-\\x22 \\x22"],
  ["\\x22", "\\x5Cx22"],
  ["a\tb", "a\\x09b"],
  ["\x9b2J\xff", "\\x9B2J\\xFF"],
  ["%0d%0aforged", "%0d%0aforged"],
];

for (const [value, logged] of NASTY_VALUES) {
  Deno.test(`AccessLog writes a User-Agent of ${JSON.stringify(value)} safely`, async () => {
    await logging("combined", async ({ port, log, lines }) => {
      const fields = ["Connection: close", `User-Agent: ${value}`];
      assertMatch(await exchange(port, request({ fields })), /^HTTP\/1\.1 200 /);
      await log.close();
      assertEquals(lines().length, 1);
      assert(lines()[0]!.endsWith(` "GET / HTTP/1.1" 200 5 "-" "${logged}"`), lines()[0]);
    });
  });
}

/** Heads that the server refuses, or takes; none may become more than a line. */
const NASTY_HEADS: readonly string[] = [
  'GET /"x"\\ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  "GET /\x1b[2J HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /a\n127.0.0.1 - - HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\rb\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\nb\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\x1b[2Jb\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: a\0b\r\n\r\n",
  "\x16\x03\x01\x02\x00\r\n\r\n",
  `GET /${"x".repeat(9_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
];

for (const format of ["common", "combined", "json"] as const) {
  Deno.test(`AccessLog makes one line of printable ASCII of each nasty head (${format})`, async () => {
    await logging(format, async ({ port, log, lines }) => {
      for (const head of NASTY_HEADS) assertMatch(await exchange(port, head), /^HTTP\/1\.1 \d/);
      await log.close();
      assertEquals(lines().length, NASTY_HEADS.length);
      for (const line of lines()) assertMatch(line, /^[ -~]+$/);
      if (format === "json") { for (const line of lines()) JSON.parse(line); }
    });
  });
}

Deno.test("AccessLog has as many lines as there were answers, refused ones among them", async () => {
  await logging("common", async ({ port, log, lines }) => {
    let answers = 0;
    await eachOf(Array.from({ length: 600 }).keys(), async (at) => {
      const raw = request().repeat(7) + (at % 3 === 0 ? "GET  / HTTP/1.1\r\n\r\n" : LAST_GET);
      const text = await exchange(port, raw);
      answers += text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0;
    });
    await log.close();
    assertEquals([answers, log.lost], [4_800, 0]);
    assertEquals(lines().length, answers);
    assertEquals(lines().filter((line) => line.endsWith('"-" 400 0')).length, 200);
  });
});

Deno.test("AccessLog loses no line when its file is rotated under load", async () => {
  await logging("json", async ({ port, folder, path, log, lines }) => {
    let [answers, turns, busy] = [0, 0, true];
    const load = eachOf(Array.from({ length: 1_500 }), async () => {
      const text = await exchange(port, request().repeat(3) + LAST_GET);
      answers += text.match(/HTTP\/1\.1 200 /g)?.length ?? 0;
    });
    load.finally(() => busy = false);
    while (busy) {
      const before = answers;
      await until(() => answers > before + 300 || !busy, "answers");
      await Deno.rename(path, `${folder}/old.${turns++}`);
      log.reopen();
    }
    await load;
    await log.close();
    const all = [path, ...Array.from({ length: turns }, (_, at) => `${folder}/old.${at}`)]
      .flatMap((file) => lines(file));
    assert(turns > 3, `${turns} turns`);
    assertEquals([all.length, answers, log.lost], [6_000, 6_000, 0]);
    for (const line of all) JSON.parse(line);
  });
});

Deno.test("AccessLog keeps its file when it cannot be opened again", async () => {
  await logging("common", async ({ port, folder, path, log, lines }) => {
    const said: string[] = [];
    const { error } = console;
    console.error = (line: string) => void said.push(line);
    try {
      await Deno.rename(path, `${folder}/old`);
      await Deno.mkdir(path);
      log.reopen();
    } finally {
      console.error = error;
    }
    assertEquals(said.length, 1);
    assertMatch(
      said[0]!,
      /^Cannot reopen the access log '.*access\.log', the old file stays in use: Is a/,
    );
    await exchange(port, LAST_GET);
    await log.close();
    assertEquals(lines(`${folder}/old`).length, 1);
  });
});

Deno.test("AccessLog logs several servers, and nothing after close()", async () => {
  await logging("common", async ({ port, log, lines }) => {
    const other = serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response(),
    );
    const stop = log.observe(other);
    await exchange(port, LAST_GET);
    await exchange(other.addr.port, LAST_GET);
    stop();
    await exchange(other.addr.port, LAST_GET);
    await log.close();
    await exchange(port, LAST_GET);
    await other.shutdown();
    assertEquals([lines().length, log.lost], [2, 0]);
  });
});

const BAD: readonly [options: object, name: string, text: RegExp][] = [
  [{ formt: "json" }, "TypeError", /'log\.formt': no such option/],
  [{ format: "clf" }, "TypeError", /'log\.format': expected one of .*, received "clf"/],
  [{ to: "stdout" }, "TypeError", /'log\.to': expected an object, received "stdout"/],
  [{ to: { file: "x" } }, "TypeError", /'log\.to\.file': no such option/],
  [{ to: {} }, "TypeError", /'log\.to\.path': expected the path of a file, received undefined/],
  [{ to: { path: "" } }, "TypeError", /'log\.to\.path'/],
  [{ to: { path: "/nowhere/access.log" } }, "NotFound", /'\/nowhere\/access\.log'/],
  [{ to: { path: "/" } }, "IsADirectory", /Is a directory/],
];

for (const [options, name, text] of BAD) {
  Deno.test(`new AccessLog(${JSON.stringify(options)}) throws`, () => {
    const error = assertThrows(() => new AccessLog(options as AccessLogOptions)) as Error;
    assertMatch(error.message, text);
    assertEquals(error.name, name);
  });
}
