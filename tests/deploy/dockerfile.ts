/**
 * What `deploy/Dockerfile` says, instruction by instruction, and an image of it in a folder: there is no
 * Docker in the tests, so each command runs by itself, with the folder in the place of the image's root.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { ROOT, withoutComments } from "./files.ts";

/** One instruction, such as `COPY`, and what stands after it. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** All instructions of a stage, in their order; `last` is the one that becomes the image. */
export function stages(): { readonly build: Instruction[]; readonly last: Instruction[] } {
  const lines = withoutComments("Dockerfile").replace(/\\\n\s*/g, "").trim().split(/\n+/);
  const all: Instruction[][] = [];
  for (const line of lines) {
    const [, name, text] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    assert(name !== undefined && text !== undefined, `Not an instruction: ${line}`);
    if (name === "FROM") all.push([]);
    all.at(-1)?.push({ name, text });
  }
  assertEquals(all.length, 3);
  return { build: all[1]!, last: all[2]! };
}

/** The only text of an instruction in a stage. */
export function only(stage: readonly Instruction[], name: string): string {
  const found = stage.filter((each) => each.name === name);
  assertEquals(found.length, 1, `${name} in a stage`);
  return found[0]!.text;
}

/** The words of an instruction in the form without a shell: the image has none. */
export function words(text: string): string[] {
  const parsed: unknown = JSON.parse(text.slice(text.indexOf("[")));
  assert(Array.isArray(parsed) && parsed.every((each) => typeof each === "string"), text);
  return parsed;
}

/** What an image's program is started with, and the health check. */
export interface Commands {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly healthcheck: readonly string[];
}

/** The commands of the image, as they stand in the file. */
export function commands(): Commands {
  const { last } = stages();
  return {
    entrypoint: words(only(last, "ENTRYPOINT")),
    cmd: words(only(last, "CMD")),
    healthcheck: words(only(last, "HEALTHCHECK")),
  };
}

/** The image in a folder. */
export class Image implements AsyncDisposable {
  readonly #folder: string;
  /** In the place of the port 8080. */
  readonly #port: number;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#port = port;
  }

  /** Carries the build stage out. The packages are those that this Deno has already loaded. */
  static async build(port: number): Promise<Image> {
    const image = new Image(await Deno.makeTempDir(), port);
    await Deno.mkdir(`${image.#folder}/deno-dir`);
    await Deno.symlink(`${await denoDir()}/npm`, `${image.#folder}/deno-dir/npm`);
    let workdir = "/";
    const args = new Map<string, string>();
    for (const { name, text } of stages().build) {
      if (name === "WORKDIR") workdir = text;
      else if (name === "ARG") args.set(...pair(text));
      else if (name === "COPY") {
        const known = text.replace(/\$\{(\w+)\}/g, (_, each) => args.get(each) ?? "");
        await image.#copy(known.split(/\s+/), workdir);
      } else if (name === "RUN") {
        const { code, stderr } = await image.command(words(text), workdir).output();
        assertEquals(code, 0, new TextDecoder().decode(stderr));
      }
    }
    return image;
  }

  /** A command of the file, to be run. */
  command(line: readonly string[], workdir = only(stages().last, "WORKDIR")): Deno.Command {
    const [program, ...args] = this.local(line);
    assertEquals(program, "deno");
    return new Deno.Command(Deno.execPath(), {
      args,
      cwd: this.#folder + workdir,
      env: { DENO_DIR: `${this.#folder}/deno-dir`, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Words of the file with the test's paths and port. */
  local(line: readonly string[]): string[] {
    return line.map((word) =>
      word.replace(
        /(^|=|,)\/(app|weir)\b/g,
        (_, before, name) => `${before}${this.#folder}/${name}`,
      )
        .replace(/\b8080$/, String(this.#port))
        .replace("0.0.0.0", "127.0.0.1")
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #copy(paths: string[], workdir: string): Promise<void> {
    const to = paths.pop()!;
    const target = this.#folder + (to.startsWith("/") ? to : `${workdir}/${to}`);
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    for (const path of paths) {
      const from = path.endsWith("/") ? `${ROOT}${path}.` : ROOT + path;
      const { code } = await new Deno.Command("cp", { args: ["-r", from, target] }).output();
      assertEquals(code, 0, `COPY ${path}`);
    }
  }
}

function pair(text: string): [string, string] {
  const [name = "", value = ""] = text.split("=");
  return [name, value];
}

async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}
