/**
 * Event streams through real proxies, configured as docs/behind_a_proxy.md says: each event comes by itself, so do
 * the heartbeat's comments, and a stream ends soon after its client has left the proxy.
 *
 * @module
 */

import type { ServerSentEvent } from "../../mod.ts";
import { documented, haproxyBy, nginxBy } from "../client/fronts.ts";
import { assert, assertMatch } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import type { ProxyProcess } from "../support/proxy_process.ts";
import { within } from "../support/time.ts";
import { StreamClient, streamServer } from "./stream_client.ts";

/** A proxy, and how often the server has to send for it to notice that its client has left. */
interface Front {
  readonly name: string;
  readonly program: string;
  readonly heartbeat: number;
  start(port: number): Promise<ProxyProcess>;
}

const HAPROXY = documented("haproxy", "X-Forwarded-For");
const FRONTS: readonly Front[] = [
  {
    name: "nginx",
    program: "nginx",
    heartbeat: 2_000,
    start: (port) => nginxBy(documented("nginx", "X-Forwarded-For $remote_addr"), port),
  },
  {
    name: "HAProxy, within two heartbeats",
    program: "haproxy",
    heartbeat: 100,
    start: (port) => haproxyBy(HAPROXY, port),
  },
];

const EVENTS = 5;
const NOTICED_MS = 500;
const PIECE_MS = 5_000;

/** Reads on until something has come; the heartbeat alone would let it read for ever. */
async function readTo(client: StreamClient, wanted: RegExp): Promise<void> {
  let text = "";
  const end = performance.now() + PIECE_MS;
  while (!wanted.test(text)) {
    const chunk = await within(client.chunk(), `${wanted} to come`, end - performance.now());
    if (chunk === null) throw new Error(`The stream ended with ${JSON.stringify(text)}`);
    text += chunk;
  }
}

for (const { name, program, heartbeat, start } of FRONTS) {
  withProgram(
    program,
    `events come one by one, and a client that leaves is noticed: ${name}`,
    async () => {
      const begun = Promise.withResolvers<(event: ServerSentEvent) => unknown>();
      const stopped = Promise.withResolvers<number>();
      await using server = streamServer(({ send, signal }) => {
        signal.addEventListener("abort", () => stopped.resolve(performance.now()));
        begun.resolve(send);
      }, { heartbeat });
      await using proxy = await start(server.addr.port);
      using client = await within(StreamClient.open({ addr: proxy }), "the head", PIECE_MS);
      assertMatch(client.head, /^HTTP\/1\.1 200 .*^content-type: text\/event-stream$/ims);
      const send = await within(begun.promise, "the source to begin", PIECE_MS);
      for (let id = 1; id <= EVENTS; id++) {
        // The next is sent only when this one has come: a proxy that gathers would wait for ever.
        send({ id, data: `event ${id}` });
        await readTo(client, new RegExp(`^data: event ${id}\n\n`, "m"));
      }
      await readTo(client, /^: ?\n/m);
      const left = performance.now();
      client.wire.close();
      const noticedMs = await within(stopped.promise, "the source to be stopped", PIECE_MS) - left;
      assert(noticedMs < NOTICED_MS, `${noticedMs} ms`);
    },
  );
}
