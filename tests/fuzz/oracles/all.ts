/**
 * The other servers, as far as this machine has them or can make them.
 *
 * @module
 */

import { isInstalled, run } from "../../support/programs.ts";
import { NodeOracle } from "../node_oracle.ts";
import type { Oracle } from "../reading.ts";
import { ProcessOracle } from "./process_oracle.ts";
import { HAPROXY, NGINX, ProxyOracle } from "./proxy_oracle.ts";

const H11 = "h11==0.16.0";
const BUILD_MS = 600_000;

/** How to make one of them; what it needs to build goes into `folder`. */
export interface Maker {
  readonly name: string;
  readonly needs: string;
  readonly make: (folder: string) => Promise<Oracle>;
}

/** Servers that need only what is installed. */
export const AT_HAND: readonly Maker[] = [
  { name: "Node", needs: "node", make: () => Promise.resolve(new NodeOracle()) },
  { name: "Go", needs: "go", make: goOracle },
  { name: "nginx", needs: "nginx", make: () => ProxyOracle.start(NGINX) },
  { name: "HAProxy", needs: "haproxy", make: () => ProxyOracle.start(HAPROXY) },
];

/** Servers for which packages are fetched. */
export const FETCHED: readonly Maker[] = [
  { name: "h11", needs: "python3", make: h11Oracle },
  { name: "hyper", needs: "cargo", make: hyperOracle },
];

/** Servers that have been started; all end together. */
export class Oracles implements AsyncDisposable {
  readonly all: readonly Oracle[];
  readonly #folder: string;

  private constructor(all: readonly Oracle[], folder: string) {
    this.all = all;
    this.#folder = folder;
  }

  /** @throws {Error} If a program is not installed. */
  static async start(makers: readonly Maker[]): Promise<Oracles> {
    const folder = await Deno.makeTempDir();
    const all: Oracle[] = [];
    for (const { needs, make } of makers) {
      if (!isInstalled(needs)) throw new Error(`Program "${needs}" is not installed`);
      all.push(await make(folder));
    }
    return new Oracles(all, folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const oracle of this.all) await oracle[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

async function goOracle(folder: string): Promise<Oracle> {
  await built("go", ["build", "-o", `${folder}/go_oracle`, beside("go_oracle.go")]);
  return new ProcessOracle("Go", `${folder}/go_oracle`);
}

async function h11Oracle(folder: string): Promise<Oracle> {
  await built("python3", ["-m", "venv", `${folder}/venv`]);
  await built(`${folder}/venv/bin/pip`, ["install", "-q", H11]);
  return new ProcessOracle("h11", `${folder}/venv/bin/python`, [beside("h11_oracle.py")]);
}

async function hyperOracle(folder: string): Promise<Oracle> {
  const manifest = beside("hyper/Cargo.toml");
  const target = `${folder}/target`;
  await built("cargo", [
    ...["build", "--locked", "--release"],
    ...["--manifest-path", manifest, "--target-dir", target],
  ]);
  return new ProcessOracle("hyper", `${target}/release/hyper-oracle`);
}

async function built(program: string, args: string[]): Promise<void> {
  const { code, stderr } = await run(program, args, { ms: BUILD_MS });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed\n${stderr}`);
}

function beside(name: string): string {
  return decodeURIComponent(new URL(name, import.meta.url).pathname);
}
