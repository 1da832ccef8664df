/**
 * nginx and HAProxy in front of Weir, configured as docs/behind_a_proxy.md says, and clients that lie.
 *
 * @module
 */

import type { ServeHandlerInfo, ServeOptions } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { type Running, start, type StartOptions, WEIR } from "../support/servers.ts";
import { curlFrom2, documented, haproxyBy, nginxBy } from "./fronts.ts";

type Options = Pick<ServeOptions, "trustedProxies" | "forwardedFields">;

const TRUSTED: Options = { trustedProxies: ["127.0.0.1"] };

/** What a client may send to pass for another. */
const LIES = [
  "X-Forwarded-For: 198.51.100.1",
  "X-Forwarded-Proto: ftp",
  "X-Forwarded-Host: evil.example",
  'Forwarded: for=198.51.100.1;proto=ftp;host="evil.example"',
  'Forwarded: for="',
].flatMap((field) => ["-H", field]);

/** Answers with what it knows of the client. */
function tells(options: Options): Running {
  const handler = (_: Request, info: unknown) => {
    const { client, remoteAddr } = info as ServeHandlerInfo<Deno.NetAddr>;
    const { address, port, protocol, host } = client;
    const known = [address, port === null ? "-" : "port", protocol, host, remoteAddr.hostname];
    return new Response(known.join(" "));
  };
  return start(WEIR, handler as Deno.ServeHandler, options as StartOptions);
}

withProgram("nginx", "nginx by the page says who the client is, whatever that sends", async () => {
  await using running = tells(TRUSTED);
  const block = documented("nginx", "X-Forwarded-For");
  await using nginx = await nginxBy(block, running.port);
  const expected = `127.0.0.2 - http 127.0.0.1:${nginx.port} 127.0.0.1`;
  assertEquals(await curlFrom2(nginx.port), expected);
  assertEquals(await curlFrom2(nginx.port, ...LIES), expected);
});

withProgram("nginx", "nginx behind nginx adds to what the first one says", async () => {
  await using running = tells(TRUSTED);
  const block = documented("nginx", "X-Forwarded-For");
  const inner = block.replace("$remote_addr", "$proxy_add_x_forwarded_for")
    .replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto $http_x_forwarded_proto")
    .replace("X-Forwarded-Host $http_host", "X-Forwarded-Host $http_x_forwarded_host");
  await using second = await nginxBy(inner, running.port);
  await using first = await nginxBy(block, second.port);
  const expected = `127.0.0.2 - http 127.0.0.1:${first.port} 127.0.0.1`;
  assertEquals(await curlFrom2(first.port, ...LIES), expected);
});

withProgram(
  "haproxy",
  "HAProxy by the page says who the client is, whatever that sends",
  async () => {
    await using running = tells(TRUSTED);
    const block = documented("haproxy", "X-Forwarded-For");
    await using haproxy = await haproxyBy(block, running.port);
    const expected = `127.0.0.2 - http 127.0.0.1:${haproxy.port} 127.0.0.1`;
    assertEquals(await curlFrom2(haproxy.port), expected);
    assertEquals(await curlFrom2(haproxy.port, ...LIES), expected);
  },
);

withProgram(
  "haproxy",
  "HAProxy's option forwardfor adds a line, and the last one counts",
  async () => {
    await using running = tells(TRUSTED);
    const block = documented("haproxy", "X-Forwarded-For");
    const change = (text: string) =>
      text.replace(/http-request set-header X-Forwarded-For.*/, "option forwardfor");
    await using haproxy = await haproxyBy(block, running.port, change);
    const expected = `127.0.0.2 - http 127.0.0.1:${haproxy.port} 127.0.0.1`;
    assertEquals(await curlFrom2(haproxy.port, ...LIES), expected);
  },
);

withProgram("haproxy", "HAProxy by the page says it in Forwarded", async () => {
  await using running = tells({ ...TRUSTED, forwardedFields: "forwarded" });
  const block = documented("haproxy", "set-header Forwarded");
  await using haproxy = await haproxyBy(block, running.port);
  const expected = `127.0.0.2 port http 127.0.0.1:${haproxy.port} 127.0.0.1`;
  assertEquals(await curlFrom2(haproxy.port, ...LIES), expected);
  const adding = (text: string) => text.replace("set-header Forwarded", "add-header Forwarded");
  await using other = await haproxyBy(block, running.port, adding);
  assertEquals(
    await curlFrom2(other.port, ...LIES),
    `127.0.0.2 port http 127.0.0.1:${other.port} 127.0.0.1`,
  );
});

withProgram("curl", "a client that comes past the proxy is not believed", async () => {
  for (const options of [TRUSTED, {}, { trustedProxies: [] }]) {
    await using running = tells(options);
    assertEquals(
      await curlFrom2(running.port, ...LIES),
      `127.0.0.2 port http 127.0.0.1:${running.port} 127.0.0.2`,
    );
  }
});
