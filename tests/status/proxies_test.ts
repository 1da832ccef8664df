/**
 * The status page in a public server behind nginx on the same machine, where everybody comes from 127.0.0.1.
 *
 * @module
 */

import { serve, type Server, type ServeTcpOptions, StatusPage } from "../../mod.ts";
import { nginxBy } from "../client/fronts.ts";
import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";

const TOKEN = "a-token-of-enough-characters";

/** nginx as most people write it: the upstream's name becomes Host, and nothing tells of the client. */
const PLAIN = `server {
  listen 80;
  location / { proxy_pass http://127.0.0.1:8000; }
}`;

/** nginx that speaks TLS with its clients and says so; that part of it is not what is tried here. */
const TELLING = `server {
  listen 80;
  location / {
    proxy_pass http://127.0.0.1:8000;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
  }
}`;

/** A server that shows itself on a page among its paths. */
function mounted(page: StatusPage, options: ServeTcpOptions = {}): Server<Deno.NetAddr> {
  const server = serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...options },
    page.handler,
  );
  page.observe(server);
  return server;
}

/** The head and the body that curl gets, coming from this address of the machine. */
async function curl(from: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run("curl", [
    ...["--silent", "--show-error", "--include", "--max-time", "10", "--interface", from],
    ...args,
  ]);
  assertEquals(code, 0, stderr);
  return stdout;
}

withProgram(
  "nginx",
  "nginx that says nothing: nobody drains the server, whatever is sent",
  async () => {
    await using server = mounted(new StatusPage());
    await using nginx = await nginxBy(PLAIN, server.addr.port);
    const page = `http://127.0.0.1:${nginx.port}/_weir/`;
    // It cannot be told that this visitor comes by a proxy; so there is nothing to be had but a look.
    const html = await curl("127.0.0.2", page);
    assertMatch(html, /^HTTP\/1\.1 200 [^]*name="weir-secret" content=""/);
    const origin = `http://127.0.0.1:${server.addr.port}`;
    for (const secret of ["", "0".repeat(32)]) {
      const fields = [
        `Origin: ${origin}`,
        "Sec-Fetch-Site: same-origin",
        `X-Weir-Secret: ${secret}`,
      ];
      const answer = await curl(
        "127.0.0.2",
        ...fields.flatMap((field) => ["-H", field]),
        ...["-X", "POST", `${page}drain`],
      );
      assertMatch(answer, /^HTTP\/1\.1 403 /);
    }
    assertEquals(server.phase, "serving");
  },
);

withProgram(
  "nginx",
  "nginx that says nothing, before a server on all addresses: there is no look either",
  async () => {
    await using server = mounted(new StatusPage(), { hostname: "0.0.0.0" });
    await using nginx = await nginxBy(PLAIN, server.addr.port);
    for (const name of ["", "events", "page.js"]) {
      const answer = await curl("127.0.0.2", `http://127.0.0.1:${nginx.port}/_weir/${name}`);
      assertMatch(answer, /^HTTP\/1\.1 403 /);
    }
  },
);

withProgram(
  "nginx",
  "a trusted nginx: tries count for each client, and the cookie is for TLS alone",
  async () => {
    const page = new StatusPage({ token: TOKEN });
    await using server = mounted(page, { trustedProxies: ["127.0.0.1"] });
    await using nginx = await nginxBy(TELLING, server.addr.port);
    const link = (token: string) => `http://127.0.0.1:${nginx.port}/_weir/?token=${token}`;
    for (let at = 0; at < 10; at++) {
      assertMatch(await curl("127.0.0.2", link("wrong")), /^HTTP\/1\.1 403 /);
    }
    const refused = await curl("127.0.0.2", link(TOKEN));
    assertMatch(refused, /^HTTP\/1\.1 429 [^]*\r\nretry-after: \d+\r\n/i);
    const known = await curl("127.0.0.3", link(TOKEN));
    assertMatch(known, /^HTTP\/1\.1 303 /);
    const cookie = /\r\nset-cookie: ([^\r]*)/i.exec(known)![1]!;
    assert(/; Secure/.test(cookie) && /; HttpOnly/.test(cookie), cookie);
    const direct = await curl(
      "127.0.0.3",
      `http://127.0.0.1:${server.addr.port}/_weir/?token=${TOKEN}`,
    );
    assert(!/; Secure/.test(/\r\nset-cookie: ([^\r]*)/i.exec(direct)![1]!), direct);
  },
);
