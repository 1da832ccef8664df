/**
 * The standard library's `serveDir` for the peer Deno.serve, from npm's build of that library. Its file
 * server imports some modules that the build left out: these are written beside it, and do nothing of their
 * own when a file is sent.
 *
 * @module
 */

const PACKAGE = "deno-std";
const VERSION = "1.4.0";
const INSTALL_LIMIT_MS = 60_000;

/** What the build lacks, by path in the package. */
const MISSING: Readonly<Record<string, string>> = {
  "fs/exists.js":
    "export const exists = (path) => Deno.stat(path).then(() => true, () => false);\n",
  "media-types/content_type.js": 'export { contentType } from "../media_types/content_type.js";\n',
  "net/unstable_get_network_address.js": "export const getNetworkAddress = () => undefined;\n",
  "html/unstable_html.js": "export const html = String.raw;\n",
  "http/unstable_method.js": 'export const METHOD = { Get: "GET", Head: "HEAD" };\n',
  "http/deno.json": JSON.stringify({ version: VERSION }),
};

/** The module that exports `serveDir`, once it is installed in `folder`. */
export function serveDirModule(folder: string): string {
  return `file://${folder}/std/node_modules/${PACKAGE}/http/file_server.js`;
}

/** Installs it. Returns why that failed, or `null`. */
export async function installServeDir(folder: string): Promise<string | null> {
  const cwd = `${folder}/std`;
  Deno.mkdirSync(cwd);
  const manifest = { type: "module", dependencies: { [PACKAGE]: VERSION } };
  Deno.writeTextFileSync(`${cwd}/package.json`, JSON.stringify(manifest));
  Deno.writeTextFileSync(`${cwd}/deno.json`, JSON.stringify({ nodeModulesDir: "auto" }));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd,
    signal: AbortSignal.timeout(INSTALL_LIMIT_MS),
  }).output();
  if (!success) return new TextDecoder().decode(stderr).trim();
  const library = `${cwd}/node_modules/${PACKAGE}`;
  for (const [path, text] of Object.entries(MISSING)) write(`${library}/${path}`, text);
  const server = Deno.readTextFileSync(`${library}/http/file_server.js`);
  write(
    `${library}/http/unstable_header.js`,
    `export const HEADER = ${JSON.stringify(headers(server))};\n`,
  );
  return null;
}

/** The names of fields that the file server asks for: `HEADER.ContentType` is `Content-Type`. */
function headers(source: string): Record<string, string> {
  const names = [...source.matchAll(/HEADER\.(\w+)/g)].map(([, name]) => name!);
  return Object.fromEntries(
    names.map((name) => [name, name.replaceAll(/([a-z])([A-Z])/g, "$1-$2")]),
  );
}

/** A module that a later build brings stays as it is; one of a cache is never written to. */
function write(path: string, text: string): void {
  try {
    Deno.statSync(path);
  } catch {
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(path, text);
  }
}
