/**
 * The folder of a session: the files that peers serve and load generators send, and configurations. Made
 * at the start beside the results, removed at the end.
 *
 * @module
 */

import { BLOCK, FILES, FILLER, PAGE } from "./app_values.mjs";
import { nginxConfig } from "./peers/nginx.ts";
import { type Route, type RouteId, ROUTES } from "./routes.ts";

/** Files of a session, by absolute path. */
export interface Site {
  /** Holds what is served by its path, and what the session writes for itself. */
  readonly folder: string;
  readonly pageFile: string;
  /** The file with the route's request body; only of routes that have one. */
  bodyFile(route: Route): string;
  /** Writes a configuration for nginx on `port` and gives its path. */
  nginxConfig(port: number): string;
  /** Removes everything. */
  remove(): void;
}

const FILE_AGE_MS = 3_600_000;

/** Makes the folder inside `parent`, which must exist. */
export function createSite(
  parent: string,
  options: { readonly asRoot: boolean; readonly maxConnections: number },
): Site {
  const folder = Deno.makeTempDirSync({ dir: parent, prefix: "session-" });
  const pageFile = `${folder}/page.html`;
  Deno.writeTextFileSync(pageFile, PAGE);
  Deno.writeTextFileSync(`${folder}/64k`, BLOCK);
  Deno.mkdirSync(`${folder}/nginx-temp`);
  writeFiles(folder);
  const bodies = writeBodies(folder);
  return {
    folder,
    pageFile,
    bodyFile: (route) => bodies.get(route.path) ?? "",
    nginxConfig(port) {
      const file = `${folder}/nginx-${port}.conf`;
      const { asRoot, maxConnections } = options;
      Deno.writeTextFileSync(
        file,
        nginxConfig({ port, folder, asRoot, connections: maxConnections }),
      );
      return file;
    },
    remove: () => Deno.removeSync(folder, { recursive: true }),
  };
}

/** Of some age: what has just been changed is held by no cache. */
function writeFiles(folder: string): void {
  const modified = new Date(Date.now() - FILE_AGE_MS);
  Deno.mkdirSync(`${folder}/files`);
  for (const [name, bytes] of Object.entries(FILES)) {
    const path = `${folder}/files/${name}`;
    Deno.writeFileSync(path, new Uint8Array(bytes).fill(FILLER));
    Deno.utimeSync(path, modified, modified);
  }
}

function writeBodies(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const id of Object.keys(ROUTES) as RouteId[]) {
    const { path, body } = ROUTES[id];
    if (body === null) continue;
    const file = `${folder}/${id}.body`;
    Deno.writeFileSync(file, body);
    files.set(path, file);
  }
  return files;
}
