/**
 * Streams at random through nginx, which speaks to Weir on connections that it keeps: what one of them
 * takes for a body the other must not take for a request, whatever the handler reads of it. With another
 * count: `deno task test tests/fuzz/behind_nginx_test.ts -- --streams=50000`.
 *
 * @module
 */

import fc from "fast-check";
import { numberArg } from "../lifecycle/child.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { start, WEIR } from "../support/servers.ts";
import { eachOf, within } from "../support/time.ts";
import { fromLatin1, latin1 } from "../support/wire.ts";
import { Nginx } from "./nginx.ts";
import { escaped } from "./reading.ts";
import { type Stream, stream } from "./streams.ts";

const STREAMS = numberArg("streams", 2_000);
const SEED = numberArg("seed", crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1);
const PATIENCE_MS = 20_000;

/** What is wrong with a request at Weir, as nginx's own fields tell. */
function contradiction({ method, url, headers }: Request): string | null {
  const uri = headers.get("x-uri");
  if (uri === null) return `${method} ${url} was never asked for`;
  if (headers.get("x-method") !== method) return `${method} is not ${headers.get("x-method")}`;
  return uri.startsWith("/") && url !== `http://h${uri}` ? `${url} is not ${uri}` : null;
}

class Server {
  readonly asked = new Set<string>();
  readonly wrong: string[] = [];

  readonly handle = async (request: Request): Promise<Response> => {
    const id = request.headers.get("x-asked") ?? "nobody";
    const what = this.asked.has(id) ? `${id} came twice` : contradiction(request);
    if (what !== null) this.wrong.push(what);
    this.asked.add(id);
    // Every other body is left unread.
    const body = id.charCodeAt(0) % 2 === 0 ? await request.text() : "";
    return new Response(`${body.length}`, { headers: { "x-served": id } });
  };
}

/** Sends a stream and its end; returns all that came back. */
async function exchange(nginx: Nginx, { bytes }: Stream): Promise<string> {
  using conn = await nginx.connect();
  const answers = within(new Response(conn.readable).bytes(), escaped(bytes), PATIENCE_MS);
  await send(conn, latin1(bytes));
  return fromLatin1(await answers);
}

async function send(conn: Deno.UnixConn, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    await conn.closeWrite();
  } catch (error) {
    // nginx has refused the stream and closed.
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.NotConnected)) {
      throw error;
    }
  }
}

/** Answers that went to the wrong request. */
function strayed(answers: string): string[] {
  return answers.split("HTTP/1.1 ").filter((answer) => {
    const served = /^x-served: (\w+)\r$/im.exec(answer)?.[1];
    return served !== undefined && served !== /^x-asked: (\w+)\r$/im.exec(answer)?.[1];
  });
}

withProgram(
  "nginx",
  `${STREAMS} streams through nginx end at the requests that it saw`,
  async () => {
    console.log(`  -- --seed=${SEED}`);
    const server = new Server();
    await using running = start(WEIR, server.handle, {
      onError: (error) =>
        new Response(null, { status: (error as { status?: number }).status ?? 500 }),
    });
    await using nginx = await Nginx.start(running.port);
    const streams = fc.sample(stream, { seed: SEED, numRuns: STREAMS });
    let answered = 0;
    await eachOf(streams, async (each) => {
      const answers = await exchange(nginx, each);
      answered += answers.match(/^x-served: /gm)?.length ?? 0;
      assertEquals(strayed(answers), [], escaped(each.bytes));
      assertEquals(server.wrong, [], escaped(each.bytes));
    }, { width: 16 });
    console.log(`  ${server.asked.size} requests, ${answered} answers`);
    assert(server.asked.size > STREAMS / 2, "Hardly any request came through");
  },
);
