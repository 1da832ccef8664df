/**
 * What a server without event streams loads: nothing of the encoder; and what one with them may do: nothing
 * more than any other.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { run } from "../support/programs.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;

/** Prints what an event stream gives. */
const PROGRAM = `
  import { eventStream, serve } from ${JSON.stringify(MOD)};
  const server = serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    if (!request.url.endsWith("/events")) return new Response("plain");
    return eventStream(request, async function* () {
      yield { id: 1, data: "hello" };
    });
  });
  const url = "http://127.0.0.1:" + server.addr.port;
  await (await fetch(url)).text();
  const text = await (await fetch(url + "/events")).text();
  console.log(JSON.stringify(text));
  await server.shutdown();
`;

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const FLAGS = ["run", "--no-prompt", `--config=${CONFIG}`, "--allow-net=127.0.0.1", "--ext=js"];

Deno.test("an event stream needs no permission but the network", async () => {
  const { code, stdout, stderr } = await run(Deno.execPath(), [...FLAGS, "-"], { stdin: PROGRAM });
  assertEquals([code, stderr], [0, ""] as unknown[]);
  assertEquals(JSON.parse(stdout), "retry: 2000\n\n\nid: 1\ndata: hello\n\n");
});

Deno.test("the encoder is loaded with the first stream, and not before", async () => {
  // The runtime says which modules it loads.
  const loads = async (program: string) => {
    const { code, stderr } = await run(Deno.execPath(), [...FLAGS, "--log-level=debug", "-"], {
      stdin: program,
    });
    assertEquals(code, 0);
    return stderr.includes("eventsource-encoder/1.0.2/dist/index.js");
  };
  const without = PROGRAM.replace('fetch(url + "/events")', "fetch(url)");
  assertEquals([await loads(without), await loads(PROGRAM)], [false, true]);
});
