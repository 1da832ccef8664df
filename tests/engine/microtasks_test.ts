/**
 * Tests what `reactor/timing/microtasks.ts` relies on in the runtime itself. If one fails after an
 * update of Deno, promises take more microtasks than before, or the runtime delivers what is ready
 * in another way: then change the constants and docs/performance.md, "Microtasks".
 *
 * @module
 */

import { fetchApplication } from "../../handlers/fetch/application.ts";
import { sendPlan, takeApart } from "../../handlers/fetch/response.ts";
import { nextMicrotask, soon, turnDelivered } from "../../reactor/timing/microtasks.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { within } from "../support/time.ts";
import { fromLatin1 } from "./fakes.ts";
import { type Line, onRig, type RigOptions } from "./rig.ts";

Deno.test("nextMicrotask() takes one microtask", async () => {
  const order: string[] = [];
  const before = Promise.resolve().then(() => order.push("queued before"));
  const waiting = (async () => {
    await nextMicrotask();
    order.push("waited");
  })();
  const after = Promise.resolve().then(() => order.push("queued after"));
  order.push("now");
  await Promise.all([before, waiting, after]);
  assertEquals(order, ["now", "queued before", "waited", "queued after"]);
});

/** Fewer than the 128 operations that the runtime delivers in one turn. */
const CONNECTIONS = 100;

/** The most async functions that may be between a continuation and the connection's own `read`. */
const MOST_LAYERS = 3;

Deno.test("turnDelivered(): all reads that are ready together have gone on by then", async () => {
  const pairs = await connected(CONNECTIONS);
  try {
    let largest = 0;
    for (let round = 0; round < 10; round++) {
      for (const { during, inAll } of await within(turnsOf(pairs), "the reads")) {
        assertEquals(during, inAll, "A continuation ran after turnDelivered()");
        largest = Math.max(largest, inAll);
      }
    }
    // Otherwise nothing was shown: the runtime did not deliver what is ready together in one turn.
    assert(largest > CONNECTIONS / 2, `At most ${largest} reads in one turn`);
  } finally {
    for (const { server, client } of pairs) {
      server.close();
      client.close();
    }
  }
});

interface Pair {
  readonly server: Deno.Conn;
  readonly client: Deno.Conn;
}

/** How many reads went on in one turn: until `turnDelivered()` resolved, and in all. */
interface TurnCount {
  readonly during: number;
  readonly inAll: number;
}

async function connected(count: number): Promise<Pair[]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    pairs.push({ client, server: await listener.accept() });
  }
  return pairs;
}

/** Sends a byte on each connection before the event loop goes on; counts what each turn brings. */
async function turnsOf(pairs: readonly Pair[]): Promise<TurnCount[]> {
  const turns: Promise<TurnCount>[] = [];
  let ran = 0;
  let counting = false;
  const count = async (): Promise<TurnCount> => {
    counting = true;
    const before = ran - 1;
    await turnDelivered();
    const during = ran - before;
    // The event loop goes on only when no microtask is left, so this is still the same turn.
    for (let i = 0; i < 100; i++) await undefined;
    counting = false;
    return { during, inAll: ran - before };
  };
  const reads = pairs.map(async ({ server }, index) => {
    await readThrough(server, index % (MOST_LAYERS + 1));
    ran++;
    if (!counting) turns.push(count());
  });
  const writes = pairs.map(({ client }) => client.write(new Uint8Array(1)));
  const arrived = performance.now() + 5;
  while (performance.now() < arrived);
  await Promise.all([...reads, ...writes]);
  return await Promise.all(turns);
}

/** A read with `layers` async functions between it and the caller. */
async function readThrough(conn: Deno.Conn, layers: number): Promise<number | null> {
  if (layers > 0) return await readThrough(conn, layers - 1);
  return await conn.read(new Uint8Array(8));
}

Deno.test("soon() waits for at most its number of microtasks, and no longer than needed", async () => {
  let asked = 0;
  await soon(() => ++asked === 2);
  assertEquals(asked, 2);
  await soon(() => {
    asked++;
    return false;
  });
  assert(asked < 20, `Asked ${asked} times`);
});

const BODIES: Record<string, () => BodyInit> = {
  "a string": () => "hello",
  "an empty string": () => "",
  "a long string": () => "hello".repeat(100_000),
  "bytes": () => new Uint8Array(10),
  "many bytes": () => new Uint8Array(1_000_000),
  "search parameters": () => new URLSearchParams({ a: "1" }),
};

for (const [name, body] of Object.entries(BODIES)) {
  Deno.test(`the stream over ${name} in a Response gives all and ends soon`, async () => {
    takeApart("public");
    try {
      const plan = sendPlan(new Response(body()));
      assert(plan.kind === "later");
      assertEquals((await plan.plan).kind, "whole");
    } finally {
      takeApart("auto");
    }
  });
}

type Handler = (request: Request) => Response | Promise<Response>;

function rigOf(handler: Handler): RigOptions {
  const application = fetchApplication({
    handler,
    onError: () => new Response("failed", { status: 500 }),
    addr: { transport: "tcp", hostname: "127.0.0.1", port: 8000 },
    defaultHost: "default",
    compressing: false,
    context: null,
  });
  return { application };
}

/** What each write to this client carries from now on. */
function writesOf({ wire }: Line): string[] {
  const writes: string[] = [];
  const write = wire.write.bind(wire);
  wire.write = (bytes) => {
    writes.push(fromLatin1(bytes));
    return write(bytes);
  };
  return writes;
}

const READY = Promise.resolve("ready");

const HANDLERS: Record<string, Handler> = {
  // deno-lint-ignore require-await
  "awaits nothing": async () => new Response("done"),
  "awaits two promises that are resolved": async () => {
    await READY;
    return new Response(await READY);
  },
  "awaits two async functions, each of which awaits another": async () => {
    await outer();
    return new Response(await outer());
  },
  "reads a body that is there": async (request) => new Response(await request.text()),
};

async function outer(): Promise<string> {
  return await inner();
}

async function inner(): Promise<string> {
  return await READY;
}

for (const [name, handler] of Object.entries(HANDLERS)) {
  Deno.test(`four answers of an async handler that ${name} go out in one write`, async () => {
    await onRig(rigOf(handler), async (rig) => {
      const line = await rig.connect();
      const writes = writesOf(line);
      await line.wire.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody".repeat(4));
      assertEquals(line.statuses(), [200, 200, 200, 200]);
      assertEquals(writes.length, 1);
    });
  });
}

const PIECE = new TextEncoder().encode("piece");

const STREAMS: Record<string, () => ReadableStream> = {
  "holds a piece from its start": () =>
    new ReadableStream({ start: (controller) => controller.enqueue(PIECE) }),
  "is pulled by an async function": () =>
    new ReadableStream({
      async pull(controller): Promise<void> {
        await READY;
        controller.enqueue(PIECE);
        controller.close();
      },
    }),
  "comes from an async generator": () =>
    ReadableStream.from((async function* () {
      yield PIECE;
    })()),
  "is encoded": () => ReadableStream.from(["piece"]).pipeThrough(new TextEncoderStream()),
};

for (const [name, stream] of Object.entries(STREAMS)) {
  Deno.test(`the head of a stream that ${name} goes out together with its first piece`, async () => {
    await onRig(rigOf(() => new Response(stream())), async (rig) => {
      const line = await rig.connect();
      const writes = writesOf(line);
      await line.wire.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      assertEquals([...(writes[0] ?? "").matchAll(/^HTTP|\r\n\r\n5\r\npiece/g)].length, 2);
    });
  });
}
