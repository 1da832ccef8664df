/**
 * A folder of files for the tests of `staticFiles`, and Weir in front of it. All files but those that a
 * test changes were last modified at one known time.
 *
 * @module
 */

import type { StaticFilesOptions } from "../../mod.ts";
import { staticFiles } from "../../mod.ts";
import { assert } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import type { WireResponse } from "../support/response.ts";
import { type Running, start, WEIR } from "../support/servers.ts";
import type { WireClient } from "../support/wire.ts";

/** When the files were last modified, and the same as fields have it. */
export const MODIFIED = new Date("2024-01-02T03:04:05.678Z");
export const LAST_MODIFIED = "Tue, 02 Jan 2024 03:04:05 GMT";

/** What no answer may ever hold; it is outside of the root, or hidden in it. */
export const SECRET = "the-secret-of-this-test";

/** The entity tag of a file of `size` bytes. */
export function tagOf(size: number, coding = ""): string {
  return `"${size.toString(16)}-${MODIFIED.getTime().toString(16)}${coding && `-${coding}`}"`;
}

/** A folder with the root in it, and things beside the root; removed with it. */
export class Folder implements Disposable {
  readonly path: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "files-" }));

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    Deno.mkdirSync(this.root);
    Deno.writeTextFileSync(`${this.path}/secret.txt`, SECRET);
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  /** The folder that is served. */
  get root(): string {
    return `${this.path}/site`;
  }

  /** A place below the root. */
  at(name: string): string {
    return `${this.root}/${name}`;
  }

  /** Writes a file below the root, and sets its time back; returns its path. */
  write(name: string, content: string | Uint8Array, modified: Date = MODIFIED): string {
    const path = this.at(name);
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    Deno.utimeSync(path, modified, modified);
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A folder with a server in front of it. */
export class Site implements AsyncDisposable {
  readonly folder: Folder;
  readonly running: Running;

  constructor(
    files: Readonly<Record<string, string | Uint8Array>>,
    options: StaticFilesOptions = {},
  ) {
    this.folder = new Folder(files);
    this.running = start(WEIR, staticFiles(this.folder.root, options));
  }

  /** Sends one request on a connection of its own, with its target as given, and reads the answer. */
  async ask(target: string, { method = "GET", fields = [] as readonly string[] } = {}): Promise<
    WireResponse
  > {
    using client: WireClient = await this.running.connect();
    return await client.ask(request({ method, target, fields }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.running[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}

/** Bytes that can be told from each other wherever they are cut. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + (at >> 16)) & 255;
  return bytes;
}

/** How many descriptors a process has on files below a folder; `ls` may look where a program may not. */
export function openFilesUnder(folder: string, pid = Deno.pid): number {
  const { stdout } = new Deno.Command("ls", { args: ["-l", `/proc/${pid}/fd`] }).outputSync();
  const lines = new TextDecoder().decode(stdout).split("\n");
  assert(lines.length > 3, "No descriptors were found");
  return lines.filter((line) => line.includes(` -> ${folder}/`)).length;
}
