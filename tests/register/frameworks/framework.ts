/**
 * An application of a framework that starts `Deno.serve` on its own: installed from npm into a folder of its
 * own, built with its own command, and run with the preload. Nothing of it knows Weir.
 *
 * @module
 */

import { within } from "../../support/time.ts";
import { bundleRegister, RunningProgram, TemporaryFolder } from "../preloaded.ts";

/** What an installation and a build may take together, in milliseconds. */
const PREPARATION_MS = 60_000;

/** What a server may take until it listens, in milliseconds. */
const START_MS = 20_000;

/**
 * The application. Each answers `GET /` with a page, `POST /echo` with what it got, `GET /stream` in pieces,
 * and `GET /slow` after half a second, and prints "asked" when that begins.
 */
export interface FrameworkApp {
  readonly name: string;
  /** Packages by name, with their exact version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Texts by path. */
  readonly files: Readonly<Record<string, string>>;
  /** The framework's own build, if it has one. */
  readonly build?: readonly [program: string, ...args: readonly string[]];
  /** Arguments of `deno run` that the framework's documentation gives, with what is run. */
  readonly run: readonly string[];
  /** What the page contains. */
  readonly page: string;
  /** A static file, if it serves any: its path and its text. */
  readonly asset?: readonly [path: string, text: string];
  /** Whether it listens for SIGTERM itself, so that the preload leaves the end to it. */
  readonly endsItself: boolean;
  /** The path of a WebSocket that echoes, if it has one. */
  readonly socket?: string;
}

/** The code of a slow answer. */
export const SLOW = `
  console.log("asked");
  await new Promise((resolve) => setTimeout(resolve, 500));
`;

/** The code of a stream in three pieces; the second waits for a while. */
export const STREAM = `
  new ReadableStream({
    async start(controller) {
      const encoder = new TextEncoder();
      controller.enqueue(encoder.encode("first,"));
      await new Promise((resolve) => setTimeout(resolve, 300));
      controller.enqueue(encoder.encode("second,"));
      controller.enqueue(encoder.encode("third"));
      controller.close();
    },
  })`;

/**
 * Adapters that name JSR's standard library get what they use of it from here, by the application's import
 * map: these tests install from npm alone.
 */
export const STANDARD_LIBRARY: Readonly<Record<string, string>> = {
  "std/path.ts": `
export { dirname, extname, join } from "node:path";
export { fileURLToPath as fromFileUrl } from "node:url";
`,
  "std/file_server.ts": `
export async function serveFile(_request, path) {
  try {
    if (!(await Deno.stat(path)).isFile) return new Response("Not found", { status: 404 });
    return new Response((await Deno.open(path)).readable);
  } catch {
    return new Response("Not found", { status: 404 });
  }
}
export const serveDir = (request, { fsRoot }) =>
  serveFile(request, fsRoot + new URL(request.url).pathname);
`,
};

/** Installs, builds and starts `app`, for as long as `body` takes. */
export async function withFramework(
  app: FrameworkApp,
  env: Readonly<Record<string, string>>,
  body: (program: RunningProgram) => Promise<void>,
): Promise<void> {
  await using folder = new TemporaryFolder(`weir-${app.name}-`);
  await prepare(app, folder);
  const preload = await bundleRegister(folder);
  const args = ["run", "-A", `--preload=${preload}`, ...app.run];
  await using program = new RunningProgram(args, folder.path, {
    // Frameworks end otherwise where they think that they are tested.
    env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0", CI: "", TEST: "", ...env },
    patience: START_MS,
  });
  await body(program);
}

async function prepare(app: FrameworkApp, folder: TemporaryFolder): Promise<void> {
  const manifest = { name: app.name, private: true, type: "module", dependencies: app.packages };
  for (const [path, text] of Object.entries(app.files)) {
    Deno.mkdirSync(`${folder.path}/${path}/..`, { recursive: true });
    folder.write(path, text);
  }
  folder.write("package.json", JSON.stringify(manifest));
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  const deadline = AbortSignal.timeout(PREPARATION_MS);
  await step(["npm", ...install], folder.path, deadline);
  if (app.build !== undefined) await step(app.build, folder.path, deadline);
}

async function step(
  [program, ...args]: readonly [string, ...(readonly string[])],
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  const command = new Deno.Command(program === "deno" ? Deno.execPath() : program, {
    args,
    cwd,
    signal,
    env: { NO_COLOR: "1", ASTRO_TELEMETRY_DISABLED: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const what = `${program} ${args.join(" ")}`;
  const { success, stdout, stderr } = await within(command.output(), what, PREPARATION_MS + 5_000);
  if (success) return;
  const decoder = new TextDecoder();
  const reason = signal.aborted ? `took over ${PREPARATION_MS} ms` : "failed";
  throw new Error(`${what} ${reason}: ${decoder.decode(stdout)}${decoder.decode(stderr)}`);
}
