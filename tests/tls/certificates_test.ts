/**
 * Which certificate a client gets: by server name, from the program's function, and after the server's
 * certificates were replaced.
 *
 * @module
 */

import type { Certificate, CertificateFor, Server } from "../../mod.ts";
import { CredentialStore } from "../../handlers/tls/credential_store.ts";
import type { Credentials } from "../../handlers/tls/credentials.ts";
import { UnknownServerName } from "../../handlers/tls/refusals.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "../support/assert.ts";
import { Office } from "./certificates.ts";
import { pair, sClient, subjectOf, tlsServer } from "./server.ts";

/** The common name of the certificate for a server name; "" asks for none. */
async function nameFor(server: Server<Deno.NetAddr>, serverName: string): Promise<string> {
  return subjectOf(
    await sClient(server, serverName === "" ? ["-noservername"] : ["-servername", serverName]),
  );
}

const BY_NAME: readonly (readonly [serverName: string, certificate: string])[] = [
  ["", "own"],
  ["unknown.test", "own"],
  ["a.test", "a"],
  ["A.TEST", "a"],
  ["www.a.test", "a"],
  ["b.test", "own"],
  ["x.b.test", "wild"],
  ["x.y.b.test", "own"],
  ["special.b.test", "special"],
  ["shared.test", "a"],
];

Deno.test("a client gets the certificate for the server name that it asks for", async () => {
  await using office = new Office();
  const own = await office.make({ name: "own" });
  const names: readonly (readonly [name: string, alternatives: string[]])[] = [
    ["a", ["DNS:a.test", "DNS:www.a.test", "DNS:shared.test"]],
    ["wild", ["DNS:*.b.test", "DNS:shared.test"]],
    ["special", ["DNS:special.b.test"]],
  ];
  const certificates = await Promise.all(
    names.map(([name, alternatives]) => office.make({ name, alternatives })),
  );
  await using server = tlsServer({ cert: own.cert, key: own.key, tls: { certificates } });
  for (const [serverName, certificate] of BY_NAME) {
    assertEquals(await nameFor(server, serverName), certificate, serverName);
  }
});

Deno.test("without cert and key the first of the list is the default", async () => {
  await using office = new Office();
  const [one, two] = await Promise.all([
    office.make({ name: "one", alternatives: ["DNS:one.test"] }),
    office.make({ name: "two", alternatives: ["DNS:two.test"] }),
  ]);
  await using server = tlsServer({ tls: { certificates: [one, two] } });
  const got = await Promise.all(
    ["", "two.test", "three.test"].map((name) => nameFor(server, name)),
  );
  assertEquals(got, ["one", "two", "one"]);
});

Deno.test("certificateFor is asked once for a name that nobody else has", async () => {
  await using office = new Office();
  const [own, found] = await Promise.all([
    office.make({ name: "own", alternatives: ["DNS:own.test"] }),
    office.make({ name: "found", alternatives: ["DNS:found.test"] }),
  ]);
  const asked: string[] = [];
  const certificateFor: CertificateFor = async (serverName) => {
    asked.push(serverName);
    await new Promise((resolve) => setTimeout(resolve, 20));
    return serverName === "found.test" ? found : null;
  };
  await using server = tlsServer({ cert: own.cert, key: own.key, tls: { certificateFor } });
  for (const _ of [1, 2]) {
    assertEquals(await nameFor(server, "Found.test"), "found");
    assertEquals(await nameFor(server, "other.test"), "own");
    assertEquals(await nameFor(server, "own.test"), "own");
    assertEquals(await nameFor(server, ""), "own");
  }
  assertEquals(asked, ["found.test", "other.test"]);
});

const FAILING: readonly (readonly [what: string, find: CertificateFor])[] = [
  ["throws", () => {
    throw new Error("no database");
  }],
  ["rejects", () => Promise.reject(new Error("no database"))],
  ["gives nonsense", () => ({ cert: "no", key: "no" })],
];

for (const [what, certificateFor] of FAILING) {
  Deno.test(`a certificateFor that ${what} fails that handshake alone`, async () => {
    await using office = new Office();
    const { cert, key } = await office.make({ name: "own" });
    await using server = tlsServer({ cert, key, tls: { certificateFor } });
    const { stdout, stderr } = await sClient(server, ["-servername", "a.test"]);
    assertMatch(stdout + stderr, /alert (handshake failure|unrecognized name)/);
    assertEquals(await nameFor(server, ""), "own");
  });
}

Deno.test("a certificateFor that never answers ends with timeouts.handshake", async () => {
  await using office = new Office();
  const { cert, key } = await office.make({ name: "own" });
  const never = new Promise<null>(() => {});
  await using server = tlsServer({
    cert,
    key,
    timeouts: { handshake: 200 },
    tls: { certificateFor: () => never },
  });
  const { code } = await sClient(server, ["-servername", "a.test"]);
  assertEquals(code, 1);
  assertEquals(server.connections.size, 0);
});

Deno.test("setCertificates() serves new handshakes and cuts nobody", async () => {
  await using office = new Office();
  const [old, next, other] = await Promise.all([
    office.make({ name: "old" }),
    office.make({ name: "next" }),
    office.make({ name: "other", alternatives: ["DNS:other.test"] }),
  ]);
  await using server = tlsServer(pair(old));
  using conn = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: server.addr.port,
    unsafelyDisableHostnameVerification: true,
    caCerts: [old.cert],
  });
  const ask = async () => {
    await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    const buffer = new Uint8Array(1_024);
    return new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  };
  assertStringIncludes(await ask(), "200 OK");
  server.setCertificates([next, other]);
  assertEquals(await nameFor(server, ""), "next");
  assertEquals(await nameFor(server, "other.test"), "other");
  assertStringIncludes(await ask(), "200 OK");
});

Deno.test("setCertificates() with a certificate that is no use changes nothing", async () => {
  await using office = new Office();
  const [own, other] = await Promise.all([
    office.make({ name: "own" }),
    office.make({ name: "other" }),
  ]);
  await using server = tlsServer(pair(own));
  const refused: readonly (readonly [list: unknown, said: string])[] = [
    [[], "an empty one"],
    [other, "expected a list"],
    [[other, { cert: "x", key: other.key }], "No certificates found"],
    [[other, { cert: other.cert, key: "x" }], "No keys found"],
    [[{ cert: other.cert, key: own.key }], "not the one of the certificate"],
  ];
  for (const [list, said] of refused) {
    const error = assertThrows(() => server.setCertificates(list as []));
    assertStringIncludes(error.message, said);
    assertEquals(await nameFor(server, ""), "own");
  }
});

Deno.test("setCertificates() of a server without TLS is a TypeError", async () => {
  await using server = tlsServer({});
  assertThrows(() => server.setCertificates([]), TypeError);
});

const USELESS: readonly (readonly [
  given: (own: Certificate, other: Certificate) => Certificate,
  said: string,
])[] = [
  [({ key }) => ({ cert: "garbage", key }), "No certificates found in certificate data"],
  [({ cert }) => ({ cert, key: "garbage" }), "No keys found in key data"],
  [({ cert }, { key }) => ({ cert, key }), "not the one of the certificate"],
];

for (const [given, said] of USELESS) {
  Deno.test(`serve() fails before it listens: ${said}`, async () => {
    await using office = new Office();
    const [own, other] = [await office.make({ name: "own" }), await office.make({ name: "other" })];
    const error = assertThrows(() => tlsServer(given(own, other)), Deno.errors.InvalidData);
    assertStringIncludes(error.message, said);
  });
}

Deno.test("the authorities of clients have to be certificates", async () => {
  await using office = new Office();
  const own = pair(await office.make({ name: "own" }));
  const error = assertThrows(
    () => tlsServer({ ...own, tls: { clientCertificates: { ca: own.key } } }),
    Deno.errors.InvalidData,
  );
  assertStringIncludes(error.message, "tls.clientCertificates.ca");
});

/** Credentials of which the store looks at nothing but the names and the end. */
function credentials(name: string, validToMs = Infinity): Credentials {
  return { names: [name], validToMs, context: null as unknown as Credentials["context"] };
}

Deno.test("CredentialStore has a choice only where a name leads to another certificate", () => {
  const named = (...names: string[]): Credentials => ({ ...credentials(""), names });
  const lists: readonly (readonly [names: string[][], choice: boolean])[] = [
    [[["a"]], false],
    [[["a"], []], false],
    [[["a", "b"], ["b"]], false],
    [[["a"], ["b"]], true],
    [[["a", "a"], ["b"]], true],
    [[[], ["b"]], true],
  ];
  for (const [names, choice] of lists) {
    const list = names.map((each) => named(...each));
    const store = new CredentialStore(list, { find: null, wallMs: () => 0 });
    assertEquals(store.hasChoice, choice, JSON.stringify(names));
    assertEquals(store.forName("a"), list[0]);
  }
});

Deno.test("CredentialStore keeps what was found for an hour, and no longer than it is valid", async () => {
  let nowMs = 0;
  let asked = 0;
  const validToMs = 5_000_000;
  const find = () => Promise.resolve(credentials(`found ${++asked}`, validToMs));
  const store = new CredentialStore([credentials("own")], { find, wallMs: () => nowMs });
  const nameAt = async (ms: number) => {
    nowMs = ms;
    return (await store.forName("a.test")).names[0];
  };
  const times = [0, 3_599_999, 3_600_000, 4_999_999, 5_000_000];
  const names: (string | undefined)[] = [];
  for (const ms of times) names.push(await nameAt(ms));
  assertEquals(names, ["found 1", "found 1", "found 2", "found 2", "found 3"]);
});

Deno.test("CredentialStore keeps 1,000 names, those that were asked for last", async () => {
  const asked: string[] = [];
  const find = (name: string) => {
    asked.push(name);
    return Promise.resolve(null);
  };
  const store = new CredentialStore([credentials("own")], { find, wallMs: () => 0 });
  for (let index = 0; index < 1_000; index++) await store.forName(`${index}.test`);
  await store.forName("0.test");
  await store.forName("new.test");
  assertEquals(asked.length, 1_001);
  await store.forName("0.test");
  assertEquals(asked.length, 1_001);
  await store.forName("1.test");
  assertEquals(asked.at(-1), "1.test");
});

Deno.test("CredentialStore looks up 100 names at a time, each once", async () => {
  const waiting: (() => void)[] = [];
  const find = () => new Promise<null>((resolve) => waiting.push(() => resolve(null)));
  const store = new CredentialStore([credentials("own")], { find, wallMs: () => 0 });
  const all = Array.from({ length: 200 }, (_, index) => store.forName(`${index % 100}.test`));
  assertEquals(waiting.length, 100);
  assertThrows(() => store.forName("another.test"), UnknownServerName);
  assertEquals(store.forName(""), store.default);
  for (const answer of waiting) answer();
  await Promise.all(all);
  assert(store.forName("another.test") instanceof Promise);
  waiting.at(-1)!();
});

Deno.test("CredentialStore forgets a lookup that failed", async () => {
  let asked = 0;
  const find = () => Promise.reject(new Error(`failure ${++asked}`));
  const store = new CredentialStore([credentials("own")], { find, wallMs: () => 0 });
  await assertRejects(async () => await store.forName("a.test"), Error);
  await assertRejects(async () => await store.forName("a.test"), Error);
  assertEquals(asked, 2);
});
