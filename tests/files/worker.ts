/** A handler for workers: the files under the folder that the first request names. */

import { type FileHandler, staticFiles } from "../../mod.ts";

let files: FileHandler | null = null;

export default function (request: Request): Promise<Response> {
  files ??= staticFiles(request.headers.get("x-root")!);
  return files(request);
}
