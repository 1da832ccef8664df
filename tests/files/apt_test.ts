/**
 * apt as a client: it asks for its lists by their dates, goes on with a package that it has half of, and checks
 * every byte by its hash. A flat repository, with all of apt's files in a folder of the test.
 *
 * @module
 */

import { staticFiles } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { start, WEIR } from "../support/servers.ts";
import { Folder, MODIFIED, pattern } from "./site.ts";

const PACKAGE_BYTES = 400_000;

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** A repository with one package, whose content nobody unpacks. */
async function writeRepository(folder: Folder, version: string): Promise<void> {
  const content = pattern(PACKAGE_BYTES);
  folder.write("weir-test.deb", content);
  const packages = [
    "Package: weir-test",
    `Version: ${version}`,
    "Architecture: all",
    "Maintainer: Nobody <nobody@example.org>",
    "Filename: ./weir-test.deb",
    `Size: ${content.length}`,
    `SHA256: ${await sha256(content)}`,
    "Description: a package for a test",
    "",
    "",
  ].join("\n");
  const bytes = new TextEncoder().encode(packages);
  const release = [
    "Suite: test",
    "Date: Tue, 02 Jan 2024 03:04:05 UTC",
    "SHA256:",
    ` ${await sha256(bytes)} ${bytes.length} Packages`,
    "",
  ].join("\n");
  // Later versions are newer files: apt asks by date.
  const modified = new Date(MODIFIED.getTime() + 60_000 * Number(version));
  folder.write("Packages", packages, modified);
  folder.write("Release", release, modified);
}

withProgram("apt-get", "apt gets lists by date, and goes on with half a package", async () => {
  using folder = new Folder();
  await writeRepository(folder, "1");
  const seen: string[] = [];
  const files = staticFiles(folder.root);
  await using running = start(WEIR, async (request, info) => {
    const response = await files(request, info);
    const { pathname } = new URL(request.url);
    const asked = ["range", "if-range", "if-modified-since"]
      .filter((name) => request.headers.has(name));
    seen.push([pathname, response.status, ...asked].join(" "));
    return response;
  });
  const own = `${folder.path}/apt`;
  for (const path of ["lists/partial", "cache/archives/partial"]) {
    Deno.mkdirSync(`${own}/${path}`, { recursive: true });
  }
  Deno.writeTextFileSync(`${own}/sources.list`, `deb [trusted=yes] ${running.url("/")} ./\n`);
  Deno.writeTextFileSync(`${own}/status`, "");
  const settings = {
    "Dir::Etc::sourcelist": `${own}/sources.list`,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State": own,
    "Dir::State::lists": `${own}/lists`,
    "Dir::State::status": `${own}/status`,
    "Dir::State::extended_states": `${own}/extended_states`,
    "Dir::Cache": `${own}/cache`,
    "APT::Architecture": "amd64",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Acquire::Retries": "0",
    "Acquire::http::Timeout": "5",
    "Acquire::http::Proxy::127.0.0.1": "DIRECT",
    "Debug::NoLocking": "1",
  };
  const apt = async (...args: string[]) => {
    const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    seen.length = 0;
    const outcome = await run("apt-get", ["-y", ...options, ...args]);
    assertEquals(outcome.code, 0, outcome.stdout + outcome.stderr);
    return seen.filter((line) => !/ 404/.test(line));
  };

  assertEquals(await apt("update"), ["/Release 200", "/Packages 200"]);
  assertEquals(await apt("update"), ["/Release 304 if-modified-since"]);
  await writeRepository(folder, "2");
  assertEquals((await apt("update"))[0], "/Release 200 if-modified-since");

  const name = "weir-test_2_all.deb";
  const half = `${own}/cache/archives/partial/${name}`;
  Deno.writeFileSync(half, pattern(PACKAGE_BYTES).subarray(0, PACKAGE_BYTES / 2));
  Deno.utimeSync(half, MODIFIED, MODIFIED);
  const got = await apt("install", "--download-only", "weir-test");
  assertEquals(got, ["/weir-test.deb 206 range if-range"]);
  assertEquals(Deno.readFileSync(`${own}/cache/archives/${name}`), pattern(PACKAGE_BYTES));

  // What was begun of another version of the file is got anew.
  Deno.removeSync(`${own}/cache/archives/${name}`);
  Deno.writeFileSync(half, new Uint8Array(PACKAGE_BYTES / 2));
  Deno.utimeSync(half, 1_000_000_000, 1_000_000_000);
  const anew = await apt("install", "--download-only", "weir-test");
  assertEquals(anew, ["/weir-test.deb 200 range if-range"]);
  assertEquals(Deno.readFileSync(`${own}/cache/archives/${name}`), pattern(PACKAGE_BYTES));
  assert(Deno.statSync(`${own}/cache/archives/${name}`).isFile);
});
