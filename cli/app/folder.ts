/**
 * A folder as what is served: a static site.
 *
 * @module
 */

import { staticFiles } from "../../handlers/files/static_files.ts";
import type { App } from "./app.ts";

/** Serves the files of the folder at `path`. */
export function folderApp(path: string): App {
  return {
    name: path,
    handler: staticFiles(path),
    layer: new Map(),
    needs: "files",
  };
}
