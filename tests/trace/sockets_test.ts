/**
 * The trace of real connections, from the client's first byte to whatever ended it.
 *
 * @module
 */

// Resets connections, which Deno.Conn cannot.
import { connect } from "node:net";
import { serve, type ServeHandler, type Server, type TraceEvent } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { GET, request } from "../support/requests.ts";
import { until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const MIB = 1024 * 1024;

/** A connection's life as its trace shows it: states, and drops between them. */
interface Life {
  readonly steps: readonly string[];
  readonly reason: string | null;
  readonly discarded: number;
  readonly bytesOut: number;
}

/** What the trace tells, up to its end, of the connection whose client port `act` gives. */
async function lifeOf(
  handler: ServeHandler<Deno.NetAddr>,
  act: (server: Server<Deno.NetAddr>) => Promise<number>,
): Promise<Life> {
  const timeouts = { head: 200, linger: 500 };
  const quiet = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = serve({ ...quiet, timeouts }, handler);
  const events = server.trace();
  try {
    return await within(follow(events, await act(server)), "the connection's end");
  } finally {
    await server.shutdown({ deadline: 0, grace: 0 });
  }
}

/** The same for a client that `act` does not have to close. */
function lifeOfClient(
  handler: ServeHandler<Deno.NetAddr>,
  act: (client: WireClient) => Promise<void>,
): Promise<Life> {
  return lifeOf(handler, async (server) => {
    using client = await WireClient.connect(server.addr.port);
    await act(client);
    return client.localAddr.port;
  });
}

async function follow(events: AsyncIterable<TraceEvent>, port: number): Promise<Life> {
  const steps: string[] = [];
  for await (const event of events) {
    assert(event.type !== "lost");
    assertEquals(event.peer, { transport: "tcp", hostname: "127.0.0.1", port });
    if (event.type === "drop") {
      const { reason, code, droppedBytes, droppedRequests } = event;
      const size = droppedBytes > MIB ? "MiBs" : droppedBytes;
      steps.push(`drop ${code ?? reason} ${size} ${droppedRequests}`);
      // Drops in several pieces are shown as one.
      if (steps.at(-2)?.startsWith(`drop ${reason}`)) steps.pop();
      continue;
    }
    steps.push(event.newState);
    const { closeReason, bytesDiscarded, bytesOut } = event;
    if (event.newState !== "closed") continue;
    return { steps, reason: closeReason, discarded: bytesDiscarded, bytesOut };
  }
  throw new Error(`The trace ended after ${steps.join(", ")}`);
}

Deno.test("a client that is reset while its handler is at work shows in the trace", async () => {
  let calls = 0;
  const handler = () => ++calls === 1 ? new Response("hello") : new Promise<Response>(() => {});
  const life = await lifeOf(handler, async (server) => {
    const socket = connect(server.addr.port, "127.0.0.1");
    socket.write(GET + GET + "more");
    await until(() => [...server.connections].some(({ bytesOut }) => bytesOut > 0), "the answer");
    const { localPort } = socket;
    socket.resetAndDestroy();
    return localPort!;
  });
  const first = ["idle", "head", "handling", "writing"];
  assertEquals(life.steps, [...first, "head", "handling", "drop closed 4 1", "closed"]);
  assertEquals([life.reason, life.discarded], ["peer_reset", 4]);
});

Deno.test("a client that times out in the head shows in the trace", async () => {
  const begun = "GET / HTTP/1.1\r\nHos";
  const life = await lifeOfClient(() => new Response(), async (client) => {
    await client.send(begun);
    assertEquals((await client.response()).status, 408);
  });
  const drop = `drop head_timeout ${begun.length} 0`;
  assertEquals(life.steps, ["idle", "head", "writing", drop, "lingering", "closed"]);
  assertEquals([life.reason, life.discarded], ["head_timeout", begun.length]);
});

Deno.test("a client that sends more than is read shows in the trace", async () => {
  const body = "x".repeat(3 * MIB);
  const life = await lifeOfClient(() => new Response("enough"), async (client) => {
    const sending = client.sendWhileOpen(request({ method: "POST", body }));
    assertEquals((await client.response()).text, "enough");
    await sending;
  });
  const states = life.steps.filter((step) => !step.startsWith("drop"));
  assertEquals(states, ["idle", "head", "handling", "writing", "lingering", "closed"]);
  assert(life.steps.some((step) => step.startsWith("drop lingering")), life.steps.join(", "));
  assertEquals(life.reason, "asked");
  assertEquals(life.discarded, 3 * MIB);
});

Deno.test("a client that leaves in the middle of its answer shows in the trace", async () => {
  const large = new Uint8Array(64 * MIB);
  const life = await lifeOfClient(() => new Response(large), async (client) => {
    await client.send(GET);
    await client.readOnce();
  });
  assertEquals(life.steps, ["idle", "head", "handling", "writing", "drop closed 0 1", "closed"]);
  assertEquals(life.reason, "peer_reset");
  assert(life.bytesOut < large.length, `${life.bytesOut} bytes`);
});

Deno.test("a request, an idle time and a shutdown show in the trace", async () => {
  const server = serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(),
  );
  const events = server.trace({ events: ["state"] });
  using client = await WireClient.connect(server.addr.port);
  await client.ask(GET);
  await server.shutdown();
  const life = await follow(events, client.localAddr.port);
  const steps = ["idle", "head", "handling", "writing", "idle", "lingering", "closed"];
  assertEquals([life.steps, life.reason], [steps, "shutdown"]);
});
