/**
 * Certificates of clients: who is let in, what a handler sees of them, and that a resumed session lets in
 * nobody whom a full handshake has refused.
 *
 * @module
 */

import type { ClientCertificate, ClientCertificates, ServeHandlerInfo } from "../../mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { type Outcome, run } from "../support/programs.ts";
import { type Made, type MadeOf, Office } from "./certificates.ts";
import { pair, sClient, tlsServer } from "./server.ts";

/** Who comes, by name; `null` comes without a certificate. */
const CLIENTS: Readonly<Record<string, (people: People) => Made | null>> = {
  "without a certificate": () => null,
  "of the authority": ({ alice }) => alice,
  "of another authority": ({ stranger }) => stranger,
  "signed by itself": ({ himself }) => himself,
  "expired": ({ expired }) => expired,
  "not yet valid": ({ early }) => early,
  "made out for servers only": ({ server }) => server,
};

/** Those that are served; all others get a 400. */
const SERVED: Readonly<Record<NonNullable<ClientCertificates["mode"]>, readonly string[]>> = {
  required: ["of the authority"],
  optional: ["without a certificate", "of the authority"],
};

interface People {
  readonly own: Made;
  readonly authority: Made;
  readonly alice: Made;
  readonly stranger: Made;
  readonly himself: Made;
  readonly expired: Made;
  readonly early: Made;
  readonly server: Made;
}

async function people(office: Office): Promise<People> {
  const authority = await office.make({ name: "Authority", authority: true });
  const other = await office.make({ name: "Authority", authority: true });
  const client = (name: string, more: Partial<MadeOf> = {}) =>
    office.make({ name, issuer: authority, usage: "clientAuth", ...more });
  return {
    authority,
    own: await office.make({ name: "own", alternatives: ["IP:127.0.0.1"] }),
    alice: await client("alice", { alternatives: ["URI:http://a/, DNS:evil.test", "DNS:a.test"] }),
    stranger: await client("stranger", { issuer: other }),
    himself: await office.make({ name: "himself" }),
    expired: await client("expired", { days: ["20200101000000Z", "20200102000000Z"] }),
    early: await client("early", { days: ["20990101000000Z", "20990102000000Z"] }),
    server: await client("server", { usage: "serverAuth" }),
  };
}

/** Answers with the common name of the client. */
function who(_: Request, { clientCertificate }: ServeHandlerInfo): Response {
  return new Response(
    clientCertificate?.subject.find(({ type }) => type === "CN")?.value ?? "nobody",
  );
}

function identity(made: Made | null): string[] {
  return made === null ? [] : ["-cert", made.certPath, "-key", made.keyPath];
}

function statusOf({ stdout }: Outcome): number {
  return Number(/HTTP\/1\.1 (\d+)/.exec(stdout)?.[1] ?? 0);
}

for (const mode of ["required", "optional"] as const) {
  for (const version of ["-tls1_2", "-tls1_3"]) {
    Deno.test(`client certificates ${mode}, ${version}: also in a resumed session`, async () => {
      await using office = new Office();
      const all = await people(office);
      const clientCertificates = { ca: all.authority.cert, mode };
      await using server = tlsServer({ ...pair(all.own), tls: { clientCertificates } }, who);
      for (const [client, made] of Object.entries(CLIENTS)) {
        const session = `${office.folder}/session`;
        const args = [version, ...identity(made(all))];
        await Deno.remove(session).catch(() => {});
        const first = await sClient(server, [...args, "-sess_out", session]);
        const status = SERVED[mode].includes(client) ? 200 : 400;
        assertEquals(statusOf(first), status, client);
        if (status === 400) assertMatch(first.stdout, /A valid client certificate is required/);
        // Openssl writes the session if it got a ticket.
        if (!(await Deno.stat(session).catch(() => null))) continue;
        const again = await sClient(server, [...args, "-sess_in", session]);
        assertEquals(statusOf(again), status, `${client}, resumed`);
        if (status === 200) assertMatch(again.stdout, /^Reused, /m);
      }
    });
  }
}

Deno.test("a ticket of a server with other authorities lets nobody in", async () => {
  await using office = new Office();
  const { own, authority, stranger, alice } = await people(office);
  const others = await office.make({ name: "Others", authority: true });
  const bob = await office.make({ name: "bob", issuer: others });
  const serverOf = (ca: string, mode: "required" | "optional") =>
    tlsServer({ ...pair(own), tls: { clientCertificates: { ca, mode } } }, who);
  await using open = serverOf(others.cert, "optional");
  await using closed = serverOf(authority.cert, "required");
  const session = `${office.folder}/session`;
  for (const made of [bob, null]) {
    const args = identity(made);
    assertEquals(statusOf(await sClient(open, [...args, "-sess_out", session])), 200);
    const { stdout } = await sClient(closed, [...args, "-sess_in", session]);
    assertMatch(stdout, /^Reused, /m);
    assertStringIncludes(stdout, "HTTP/1.1 400 ");
  }
  assertEquals(statusOf(await sClient(closed, identity(stranger))), 400);
  assertEquals(statusOf(await sClient(closed, identity(alice))), 200);
});

Deno.test("a chain is followed to the authority, and info has all of it", async () => {
  await using office = new Office();
  const { own, authority } = await people(office);
  const between = await office.make({ name: "Between", authority: true, issuer: authority });
  const carol = await office.make({ name: "carol", issuer: between });
  const seen: ClientCertificate[] = [];
  await using server = tlsServer(
    { ...pair(own), tls: { clientCertificates: { ca: authority.cert } } },
    (_, { clientCertificate }) => {
      seen.push(clientCertificate!);
      return new Response("ok");
    },
  );
  const alone = await sClient(server, identity(carol));
  assertEquals(statusOf(alone), 400);
  const whole = await sClient(server, [...identity(carol), "-cert_chain", between.certPath]);
  assertEquals(statusOf(whole), 200);
  const [{ chain, issuer } = { chain: [], issuer: [] }] = seen;
  const made = [carol, between].map(({ cert }) => derOf(cert));
  assertEquals(chain.slice(0, 2).map((each) => [...each]), made.map((each) => [...each]));
  assertEquals(issuer, [{ type: "CN", value: "Between" }]);
});

Deno.test("info.clientCertificate says what openssl says", async () => {
  await using office = new Office();
  const { own, authority, alice } = await people(office);
  const seen: (ClientCertificate | null)[] = [];
  await using server = tlsServer(
    { ...pair(own), tls: { clientCertificates: { ca: authority.cert } } },
    (_, { clientCertificate }) => {
      seen.push(clientCertificate);
      return new Response("ok");
    },
  );
  await sClient(server, identity(alice));
  const certificate = seen[0]!;
  const text = await run("openssl", [
    ...["x509", "-in", alice.certPath, "-noout", "-fingerprint", "-sha256", "-serial"],
    ...["-startdate", "-enddate"],
  ]);
  assertStringIncludes(text.stdout, `=${certificate.fingerprint}\n`);
  assertStringIncludes(text.stdout, `serial=${certificate.serialNumber}\n`);
  const [from, to] = [...text.stdout.matchAll(/not(?:Before|After)=(.*)/g)].map(([, date]) =>
    Date.parse(date!)
  );
  assertEquals([certificate.validFrom.getTime(), certificate.validTo.getTime()], [from!, to!]);
  assertEquals(certificate.subject, [{ type: "CN", value: "alice" }]);
  assertEquals(certificate.issuer, [{ type: "CN", value: "Authority" }]);
  assertEquals(certificate.alternativeNames, [
    { type: "uri", value: "http://a/, DNS:evil.test" },
    { type: "dns", value: "a.test" },
  ]);
});

Deno.test("without clientCertificates nobody is asked, and info has none", async () => {
  await using office = new Office();
  const { own, alice } = await people(office);
  await using server = tlsServer(pair(own), who);
  const { stdout } = await sClient(server, identity(alice));
  assertStringIncludes(stdout, "nobody");
  assert(!stdout.includes("Acceptable client certificate CA names"));
});

function derOf(pem: string): Uint8Array {
  const base64 = pem.replace(/-----[^-]+-----|\s/g, "");
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
