/**
 * A program with the types of Deno.serve compiles against Weir unchanged: the type checker runs this
 * test, the body only shows that the pieces also work together.
 *
 * @module
 */

import { assertEquals } from "../support/assert.ts";
import { LAST_GET } from "../support/requests.ts";
import { weirServe } from "../support/weir.ts";
import { WireClient } from "../support/wire.ts";

const tcpHandler: Deno.ServeHandler<Deno.NetAddr> = (_request, info) => {
  return new Response(info.remoteAddr.hostname);
};
const anyHandler: Deno.ServeHandler = (_request, info) => new Response(info.remoteAddr.transport);
const options: Deno.ServeTcpOptions = {
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ hostname, port, transport }) => void [hostname, port, transport],
  onError: (error) => new Response(String(error), { status: 500 }),
};
const init: Deno.ServeTcpOptions & Deno.ServeInit<Deno.NetAddr> = {
  ...options,
  handler: tcpHandler,
};

async function textFrom(addr: Deno.NetAddr): Promise<string> {
  using client = await WireClient.connect(addr.port);
  return (await client.ask(LAST_GET)).text;
}

Deno.test("weir: a program with the types of Deno.serve compiles and runs", async () => {
  await using first = weirServe(options, tcpHandler);
  await using second = weirServe(options, anyHandler);
  await using third = weirServe(init);
  assertEquals(await textFrom(first.addr), "127.0.0.1");
  assertEquals(await textFrom(second.addr), "tcp");
  assertEquals(await textFrom(third.addr), "127.0.0.1");
});
