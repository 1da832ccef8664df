/**
 * The program with certificates in files: new ones are taken while it serves, also in workers, and those that
 * are no use are not.
 *
 * @module
 */

import { Program } from "../cli/child.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../support/assert.ts";
import { run } from "../support/programs.ts";
import { pause } from "../support/time.ts";
import { type Made, Office } from "./certificates.ts";

/** A folder with the two files that the program reads. */
class Files {
  readonly cert: string;
  readonly key: string;

  constructor({ folder }: Office) {
    [this.cert, this.key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  }

  get args(): string[] {
    return ["--port", "0", "--cert", this.cert, "--key", this.key];
  }

  /** Replaces both, as a client of ACME does: each by a new file of the same name. */
  put({ cert, key }: Pick<Made, "cert" | "key">): void {
    for (const [path, text] of [[this.cert, cert], [this.key, key]] as const) {
      Deno.writeTextFileSync(`${path}.new`, text);
      Deno.renameSync(`${path}.new`, path);
    }
  }
}

/** The common name that the server shows, by openssl. */
async function nameAt(address: string, ...args: string[]): Promise<string> {
  const { host } = new URL(address);
  const { stdout } = await run("openssl", ["s_client", "-connect", host, ...args], { stdin: "" });
  return /subject=CN = (\S+)/.exec(stdout)?.[1] ?? "";
}

async function untilName(address: string, name: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await nameAt(address) === name) return;
    await pause(100);
  }
  assertEquals(await nameAt(address), name);
}

Deno.test("SIGHUP has the certificate read again, and a connection goes on", async () => {
  await using office = new Office();
  const files = new Files(office);
  const old = await office.make({ name: "old", alternatives: ["IP:127.0.0.1"] });
  const next = await office.make({ name: "next" });
  files.put(old);
  await using program = new Program(files.args);
  const address = await program.address();
  assertEquals(await nameAt(address), "old");
  using conn = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: Number(new URL(address).port),
    caCerts: [old.cert],
  });
  files.put(next);
  program.send("SIGHUP");
  await untilName(address, "next");
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  const buffer = new Uint8Array(1_024);
  const text = new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  assertStringIncludes(text, "200 OK");
});

Deno.test("new files are noticed without a signal; those that are no use are named once", async () => {
  await using office = new Office();
  const files = new Files(office);
  const [old, next] = [await office.make({ name: "old" }), await office.make({ name: "next" })];
  files.put(old);
  await using program = new Program(files.args);
  const address = await program.address();
  files.put({ cert: next.cert, key: old.key });
  await pause(7_000);
  assertEquals(await nameAt(address), "old");
  files.put(next);
  await untilName(address, "next");
  program.send("SIGTERM");
  const { code, stderr } = await program.end();
  assertEquals(code, 0);
  assertMatch(
    stderr,
    /^weir: Cannot use the new certificates, those before serve on: [^\n]*not the one of[^\n]*\n$/,
  );
});

Deno.test("several certificates by server name, and those of clients, by flags", async () => {
  await using office = new Office();
  const authority = await office.make({ name: "Authority", authority: true });
  const alice = await office.make({ name: "alice", issuer: authority });
  const [one, two] = [
    await office.make({ name: "one", alternatives: ["DNS:one.test"] }),
    await office.make({ name: "two", alternatives: ["DNS:*.two.test"] }),
  ];
  await using program = new Program([
    ...["--port", "0", "--cert", `${one.certPath},${two.certPath}`],
    ...["--key", `${one.keyPath},${two.keyPath}`, "--client-ca", authority.certPath],
    ...["--tls-min", "1.3"],
  ]);
  const address = await program.address();
  assertEquals(await nameAt(address, "-servername", "a.two.test"), "two");
  assertEquals(await nameAt(address, "-servername", "two.test"), "one");
  assertEquals(await nameAt(address, "-tls1_2"), "");
  const curl = (...args: string[]) =>
    run("curl", ["-sk", "-o", "/dev/null", "-w", "%{http_code}", ...args, address]);
  assertEquals((await curl()).stdout, "400");
  assertEquals((await curl("--cert", alice.certPath, "--key", alice.keyPath)).stdout, "200");
});

Deno.test("with --workers SIGHUP brings the new certificate as well", async () => {
  await using office = new Office();
  const files = new Files(office);
  const [old, next] = [await office.make({ name: "old" }), await office.make({ name: "next" })];
  files.put(old);
  await using program = new Program([...files.args, "--workers", "2"]);
  const address = await program.address();
  assertEquals(await nameAt(address), "old");
  files.put(next);
  program.send("SIGHUP");
  await untilName(address, "next");
  const names = await Promise.all(Array.from({ length: 8 }, () => nameAt(address)));
  assert(names.every((name) => name === "next"), `${names}`);
});
