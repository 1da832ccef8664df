/**
 * What a signal does to a program that runs with the preload.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type RunningProgram, withPreloaded } from "./preloaded.ts";

/** Serves; `/slow` answers when half a second has passed. */
const SERVER = `
const server = Deno.serve({ hostname: "127.0.0.1", port: 0 }, async (request) => {
  if (!request.url.endsWith("/slow")) return new Response("fast");
  console.log("asked");
  await new Promise((resolve) => setTimeout(resolve, 500));
  return new Response("slow");
});
`;

/** Sends `signal` while a request is in flight; resolves with its answer. */
async function signalInFlight(program: RunningProgram, signal: Deno.Signal): Promise<string> {
  const answer = fetch(`http://127.0.0.1:${await program.port()}/slow`);
  await program.printed(/asked/);
  program.kill(signal);
  return await (await answer).text();
}

interface Row {
  readonly name: string;
  readonly source: string;
  readonly signal?: Deno.Signal;
  readonly code: number;
  /** What the program prints before it ends. */
  readonly prints?: RegExp;
  readonly drained: boolean;
}

const LISTENS = (register: string) => `
import process from "node:process";
const onSignal = async () => {
  console.log("own listener");
  await server.shutdown();
  Deno.exit(7);
};
${register}
${SERVER}
`;

const IN_FLIGHT: readonly Row[] = [
  { name: "SIGTERM drains", source: SERVER, code: 0, drained: true },
  { name: "SIGINT drains", source: SERVER, signal: "SIGINT", code: 0, drained: true },
  {
    name: "what comes after server.finished still runs",
    source: `${SERVER}
await server.finished;
await new Promise((resolve) => setTimeout(resolve, 100));
console.log("closed the database");`,
    code: 0,
    prints: /closed the database/,
    drained: true,
  },
  {
    name: "a timer of the program does not keep it alive",
    source: `setInterval(() => {}, 1000);${SERVER}`,
    code: 0,
    drained: true,
  },
  {
    name: "the status that the program sets is kept",
    source: `${SERVER}await server.finished;Deno.exitCode = 3;`,
    code: 3,
    drained: true,
  },
  {
    name: "two servers drain",
    source: `${SERVER}Deno.serve({ port: 0, hostname: "127.0.0.1" }, () => new Response());`,
    code: 0,
    drained: true,
  },
  {
    name: "a listener of Deno.addSignalListener keeps control",
    source: LISTENS(`Deno.addSignalListener("SIGTERM", onSignal);`),
    code: 7,
    prints: /own listener/,
    drained: false,
  },
  {
    name: "a listener added after the server began keeps control",
    source: `${LISTENS("")}Deno.addSignalListener("SIGTERM", onSignal);`,
    code: 7,
    prints: /own listener/,
    drained: false,
  },
  {
    name: "a listener of process.on keeps control",
    source: LISTENS(`process.on("SIGTERM", onSignal);`),
    code: 7,
    prints: /own listener/,
    drained: false,
  },
  {
    name: "a listener of process.once keeps control, though it is gone when it is called",
    source: LISTENS(`process.once("SIGTERM", onSignal);`),
    code: 7,
    prints: /own listener/,
    drained: false,
  },
  {
    name: "a listener for another signal leaves this one to the preload",
    source: LISTENS(`Deno.addSignalListener("SIGUSR1", onSignal);`),
    code: 0,
    drained: true,
  },
  {
    name: "a listener that removes itself and sends the signal again, as signal-exit does",
    source: `${SERVER}
const onSignal = () => {
  console.log("cleaned up");
  Deno.removeSignalListener("SIGTERM", onSignal);
  Deno.kill(Deno.pid, "SIGTERM");
};
Deno.addSignalListener("SIGTERM", onSignal);`,
    code: 0,
    prints: /cleaned up/,
    drained: true,
  },
  {
    name: "a listener that was removed leaves the signal to the preload",
    source: LISTENS(`process.on("SIGTERM", onSignal);process.off("SIGTERM", onSignal);`),
    code: 0,
    drained: true,
  },
];

for (const { name, source, signal = "SIGTERM", code, prints, drained } of IN_FLIGHT) {
  Deno.test(`preload: ${name}; the request in flight is answered`, async () => {
    await withPreloaded(source, async (program) => {
      assertEquals(await signalInFlight(program, signal), "slow");
      const end = await program.end();
      assertEquals([end.code, end.signal], [code, null], end.output);
      if (prints !== undefined) assertMatch(end.output, prints);
      assertEquals(end.output.includes("draining"), drained, end.output);
    });
  });
}

Deno.test("preload: a second signal ends the program at once", async () => {
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
    const source = SERVER.replace("500", "60_000");
    await withPreloaded(source, async (program) => {
      const answer = fetch(`http://127.0.0.1:${await program.port()}/slow`);
      const lost = answer.then(() => false, () => true);
      await program.printed(/asked/);
      program.kill(signal);
      await program.printed(/draining/);
      program.kill(signal);
      assertEquals((await program.end()).code, code);
      assertEquals(await lost, true);
    });
  }
});

Deno.test("preload: without a server a signal does what it always does", async () => {
  const rows = {
    "none was started": `console.log("ready");setInterval(() => {}, 1000);`,
    "it has ended": `${SERVER}
await server.shutdown();
console.log("ready");
setInterval(() => {}, 1000);`,
  };
  for (const [name, source] of Object.entries(rows)) {
    await withPreloaded(source, async (program) => {
      await program.printed(/ready/);
      program.kill("SIGTERM");
      assertEquals((await program.end()).signal, "SIGTERM", name);
    });
  }
});

Deno.test("preload: a server that Deno serves itself is drained as well", async () => {
  const source = SERVER.replace("port: 0", 'port: 0, [Symbol("kLoadBalanced")]: true');
  await withPreloaded(source, async (program) => {
    assertEquals(await signalInFlight(program, "SIGTERM"), "slow");
    const end = await program.end();
    assertEquals(end.code, 0);
    assertStringIncludes(end.output, "Deno itself serves this one");
  });
});
