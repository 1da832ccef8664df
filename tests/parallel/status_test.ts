/**
 * The status page of a program with workers: it shows the connections of all, closes one in any, and goes on
 * when one does not answer or is replaced.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { Program } from "../cli/child.ts";
import { WireClient } from "../support/wire.ts";
import { within } from "../support/time.ts";

const TOKEN = "a-token-that-nobody-guesses";

interface Row {
  readonly id: number;
  readonly worker: number | null;
}

interface Snapshot {
  readonly rows: readonly Row[];
  readonly workers: { readonly all: number; readonly answered: number } | null;
  readonly states: Readonly<Record<string, number>>;
}

/** The snapshots of the page, one by one. */
async function* snapshots(page: string): AsyncGenerator<Snapshot> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(new URL("events", page), { headers });
  assertEquals(response.status, 200);
  let text = "";
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const [, data] = /^event: snapshot\ndata: (.*)$/m.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (data !== undefined) yield JSON.parse(data);
    }
  }
}

/** The first snapshot of which `condition` holds. */
async function until(
  all: AsyncGenerator<Snapshot>,
  condition: (snapshot: Snapshot) => boolean,
  what: string,
): Promise<Snapshot> {
  while (true) {
    const { value } = await within(all.next(), what);
    assert(value !== undefined, `The page ended: ${what}`);
    if (condition(value)) return value;
  }
}

/** The program with its page; `call` gets both addresses. */
async function withPage(
  call: (program: Program, address: URL, page: string) => Promise<void>,
): Promise<void> {
  const app = new URL("../roll/app.js", import.meta.url).pathname;
  await using program = new Program(
    ["--workers", "2", "--port", "0", "--status=0", app],
    { shell: `export WEIR_STATUS_TOKEN=${TOKEN}; exec "$@"` },
  );
  const address = new URL(await program.address());
  const [, page] = /^Weir status page on (\S+)$/.exec(await program.line()) ?? [];
  assert(page !== undefined);
  await call(program, address, page);
  program.send("SIGTERM");
  const { code, stderr } = await program.end();
  assertEquals([code, stderr], [0, ""]);
}

Deno.test("workers' status: connections of all workers, also after a reload", async () => {
  await withPage(async (program, address, page) => {
    const clients: WireClient[] = [];
    try {
      const all = snapshots(page);
      for (let at = 0; at < 20; at++) {
        const client = await WireClient.connect(Number(address.port));
        clients.push(client);
        await client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      }
      const { rows, workers } = await until(
        all,
        ({ rows }) => rows.length === 20,
        "all connections",
      );
      assertEquals(workers, { all: 2, answered: 2 });
      assertEquals(new Set(rows.map(({ worker }) => worker)), new Set([1, 2]));

      const [row] = rows;
      const response = await fetch(new URL("close", page), {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: new URLSearchParams({ id: `${row!.id}`, worker: `${row!.worker}` }),
      });
      assertEquals([response.status, await response.text()], [202, "Closing\n"]);
      await until(all, ({ rows }) => rows.length === 19, "one connection less");

      program.send("SIGHUP");
      assertMatch(await program.line(), /loads/);
      assertMatch(await program.line(), /reloaded/);
      const fresh = await WireClient.connect(Number(address.port));
      clients.push(fresh);
      await fresh.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      const after = await until(all, ({ rows }) => rows.length === 1, "the new workers");
      assert([3, 4].includes(after.rows[0]!.worker!));
      await all.return(undefined);
    } finally {
      for (const client of clients) client[Symbol.dispose]();
    }
  });
});
