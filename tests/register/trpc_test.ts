/**
 * tRPC with its own client: over HTTP by its fetch adapter, unchanged, and over WebSockets by the adapter that
 * docs/websocket.md shows.
 *
 * @module
 */

import { textOf } from "../house/sources.ts";
import { assertEquals } from "../support/assert.ts";
import { runInstalled } from "./installed.ts";

const PACKAGES = { "@trpc/server": "11.25.2", "@trpc/client": "11.25.2" };

/** The router that both tests ask. `subscription` goes on from the last id that the client has seen. */
const ROUTER = `
import { initTRPC, tracked, TRPCError } from "@trpc/server";

const trpc = initTRPC.context().create();
const text = (value) => String(value);
let sum = 0;
export const router = trpc.router({
  hello: trpc.procedure.input(text).query(({ input }) => "hello " + input),
  slow: trpc.procedure.query(async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return "slow";
  }),
  add: trpc.procedure.input(Number).mutation(({ input }) => sum += input),
  fail: trpc.procedure.query(() => {
    throw new TRPCError({ code: "FORBIDDEN", message: "not you" });
  }),
  who: trpc.procedure.query(({ ctx }) => ctx.who),
  count: trpc.procedure.input((value) => value ?? {}).subscription(async function* ({ input, signal }) {
    signal.addEventListener("abort", () => console.log("left"));
    for (let count = Number(input.lastEventId ?? 0) + 1; count <= 3; count++) {
      yield tracked(String(count), count);
    }
    if (input.stays) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }),
});
`;

/** What a client does with each link; prints a line for each answer. */
const ASKING = `
const print = (...words) => console.log(words.join(" "));
async function ask(client) {
  print(await client.hello.query("you"), await client.add.mutate(2), await client.add.mutate(3));
  await client.fail.query().catch((error) => print(error.data.code, error.message));
  print(await client.who.query());
}
const subscribe = (client, stays) => new Promise((resolve) => {
  const subscription = client.count.subscribe({ stays }, {
    onData({ id, data }) {
      print("event", id, data);
      if (data < 3) return;
      subscription.unsubscribe();
      resolve();
    },
    onError: (error) => print("error", error.message),
  });
});
`;

const OVER_HTTP = `
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpSubscriptionLink } from "@trpc/client";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { router } from "./router.js";
${ASKING}
let requests = 0;
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (req) => {
  requests++;
  const createContext = () => ({ who: req.headers.get("x-who") });
  return fetchRequestHandler({ endpoint: "/trpc", req, router, createContext });
});
const url = "http://127.0.0.1:" + server.addr.port + "/trpc";
const options = { url, headers: { "x-who": "me" } };
const clientOf = (link) => createTRPCClient({ links: [link] });
await ask(clientOf(httpBatchLink(options)));
const streaming = clientOf(httpBatchStreamLink(options));
const before = requests;
const order = [];
await Promise.all([
  streaming.slow.query().then((answer) => order.push(answer)),
  streaming.hello.query("again").then((answer) => order.push(answer)),
]);
print(order.join(), "in", requests - before);
await subscribe(clientOf(httpSubscriptionLink({ url })), true);
// Only Weir's server gives a report; the subscription was left.
print((await server.shutdown()).forced);
`;

const OVER_SOCKETS = `
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { router } from "./router.js";
import { SocketServer } from "./socket_server.ts";
${ASKING}
const sockets = new SocketServer();
const createContext = ({ req, info }) => ({ who: req.url + " " + info.connectionParams?.name });
const handler = applyWSSHandler({ wss: sockets, router, createContext, keepAlive: { enabled: true } });
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, sockets.handler);
const url = "ws://127.0.0.1:" + server.addr.port + "/trpc";
let opened = 0;
const socket = createWSClient({
  url,
  connectionParams: { name: "me" },
  retryDelayMs: () => 10,
  onOpen: () => opened++,
});
const client = createTRPCClient({ links: [wsLink({ client: socket })] });
await ask(client);
await subscribe(client, true);
print("clients", sockets.clients.size);
handler.broadcastReconnectNotification();
while (opened < 2) await new Promise((resolve) => setTimeout(resolve, 10));
print(await client.hello.query("again"));
await socket.close();
print((await server.shutdown()).forced, sockets.clients.size);
`;

/** The adapter, as the page has it. */
function socketServer(): string {
  const [, text = ""] = /```ts ignore\n(\/\/ socket_server\.ts\n[^]*?)```/.exec(
    textOf("docs/websocket.md"),
  ) ?? [];
  return text;
}

interface Row {
  readonly name: string;
  readonly app: string;
  readonly lines: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    name: "tRPC's fetch adapter answers queries, mutations, streamed batches and subscriptions",
    app: OVER_HTTP,
    lines: [
      "hello you 2 5",
      "FORBIDDEN not you",
      "me",
      "hello again,slow in 1",
      "event 1 1",
      "event 2 2",
      "event 3 3",
      "left",
      "0",
    ],
  },
  {
    name: "tRPC's WebSocket adapter works by the adapter of the page",
    app: OVER_SOCKETS,
    lines: [
      "hello you 2 5",
      "FORBIDDEN not you",
      "/trpc?connectionParams=1 me",
      "event 1 1",
      "event 2 2",
      "event 3 3",
      "clients 1",
      "left",
      "hello again",
      "0 0",
    ],
  },
];

for (const { name, app, lines } of ROWS) {
  Deno.test(`preload: ${name}`, async () => {
    const files = { "router.js": ROUTER, "socket_server.ts": socketServer(), "app.js": app };
    const { code, output } = await runInstalled({ packages: PACKAGES, files, main: "app.js" });
    assertEquals(output.trim().split("\n"), lines);
    assertEquals(code, 0);
  });
}
