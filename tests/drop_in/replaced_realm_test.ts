/**
 * A program may have replaced parts of the language before it calls `serve`. Deno.serve keeps its own
 * copies of nearly all of them. Weir is a program like any other: it is served as long as the language does
 * not run through the replaced part by itself, that is in loops, spreads and awaits; whoever replaces
 * methods such as `String.prototype.slice` has to keep their meaning.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { DENO, type Peer, WEIR } from "../support/servers.ts";
import { within } from "../support/time.ts";
import { fromLatin1, latin1 } from "../support/wire.ts";

const PROGRAM = new URL("fixtures/replaced_realm.ts", import.meta.url).pathname;

/** What is asked, and what must be in the answer. */
const ASKED: Readonly<Record<string, readonly [raw: string, wanted: string]>> = {
  "GET": [request({ target: "/t" }), "\r\n\r\ntext"],
  "fields": [request({ target: "/h", fields: ["X: y"] }), "x-a: b"],
  "POST": [request({ target: "/p", body: "hello" }), "\r\n\r\nhello"],
  "POST in chunks": [
    request({ method: "POST", target: "/p", fields: ["Transfer-Encoding: chunked"] }) +
    "5\r\nhello\r\n0\r\n\r\n",
    "\r\n\r\nhello",
  ],
  "a stream": [request({ target: "/s" }), "\r\n0\r\n\r\n"],
  "an upgrade": [request({ target: "/u", fields: ["Connection: upgrade", "Upgrade: x"] }), "raw"],
  "a bad request": ["GET  / HTTP/1.1\r\n\r\n", " 400 "],
};

const SERVED = [
  "nothing",
  "Array's iterator",
  "Map's iterator",
  "Set's iterator",
  "Promise.prototype.then",
  "Promise.prototype.catch and finally",
  "Function.prototype.apply and bind",
  "RegExp's symbols",
  "JSON",
] as const;

/** Deno.serve still serves these, Weir cannot. */
const NOT_BY_WEIR = [
  "String's methods",
  "Array's methods",
  "Uint8Array's methods",
  "Map's and Set's methods",
] as const;

/** The runtime itself fails in such a realm. */
const NOT_AT_ALL = ["Function.prototype.call"] as const;

for (const part of SERVED) {
  for (const peer of [DENO, WEIR]) {
    Deno.test(`${peer.name}: serves a program that replaced ${part}`, async () => {
      await using program = new Program(peer, part);
      await program.servesAll();
      assertEquals(await program.end(), { code: 0, last: "ended\n" });
    });
  }
}

for (const part of [...NOT_BY_WEIR, ...NOT_AT_ALL]) {
  Deno.test(`weir: does not serve a program that replaced ${part}`, async () => {
    await using program = new Program(WEIR, part);
    let failed = false;
    try {
      await program.servesAll();
    } catch {
      failed = true;
    }
    assertEquals(failed, true, "It does: move it to those that are served");
  });
}

/** One such program, and what it says. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #words: ReadableStreamDefaultReader<string>;

  constructor(peer: Peer, part: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", "--allow-net=127.0.0.1", PROGRAM, peer.name, part],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#words = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  async servesAll(): Promise<void> {
    const { value } = await within(this.#words.read(), "the port");
    for (const [name, [raw, wanted]] of Object.entries(ASKED)) {
      assertStringIncludes(await ask(Number(value), raw, wanted), wanted, name);
    }
  }

  /** Has it shut down. */
  async end(): Promise<{ readonly code: number; readonly last: string | undefined }> {
    await this.#child.stdin.close();
    const { value } = await within(this.#words.read(), "the end");
    const { code } = await within(this.#child.status, "the program to end");
    return { code, last: value };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#child.stdin.close();
    } catch {
      // It was closed by `end`.
    }
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#words.cancel();
    await this.#child.status;
  }
}

/** What comes until `wanted` is among it, or the connection ends. */
async function ask(port: number, raw: string, wanted: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(latin1(raw));
  const into = new Uint8Array(4096);
  let text = "";
  while (!text.includes(wanted) && !text.startsWith("HTTP/1.1 5")) {
    const count = await within(conn.read(into), `an answer with ${JSON.stringify(wanted)}`);
    if (count === null) break;
    text += fromLatin1(into.subarray(0, count));
  }
  return text;
}
