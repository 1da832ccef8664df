/**
 * Static files: a folder of the file system as a handler.
 *
 * What answers is loaded with the first request, so that a server which serves no files starts no slower.
 *
 * @module
 */

import { describe } from "../../reactor/options/option_checks.ts";
import type { ServeHandlerInfo } from "../serve_options.ts";
import type { FileSite } from "./file_site.ts";
import { resolveFileOptions, type StaticFilesOptions } from "./options.ts";

/** What {@linkcode staticFiles} returns: a handler for Weir's `serve`, `Deno.serve`, or a call. */
export type FileHandler = (request: Request, info?: unknown) => Promise<Response>;

/**
 * Serves the files under `root`, by RFC 9110: GET and HEAD, conditional requests, one or several ranges,
 * precompressed files, index, listing and fall-back by option. Nothing outside of `root` is ever sent, no
 * file whose name begins with a dot, and nothing that is no regular file. Needs `--allow-read` for `root`.
 *
 * ```ts
 * import { serve, staticFiles } from "@weir/weir";
 *
 * const assets = staticFiles(new URL("./public/", import.meta.url), { prefix: "/assets" });
 * serve({ port: 8000 }, (request, info) =>
 *   new URL(request.url).pathname.startsWith("/assets/")
 *     ? assets(request, info)
 *     : new Response("Hello\n")
 * );
 * ```
 *
 * @param root The folder: a path, or a URL with the scheme `file:`. It may be a symbolic link, also one
 * that is changed while the server runs, and need not exist yet.
 * @throws {TypeError} If `root` is neither, or an option is unknown or of the wrong kind.
 * @throws {RangeError} If `cacheBytes` is not whole or out of range.
 */
export function staticFiles(root: string | URL, options?: StaticFilesOptions): FileHandler {
  const ok = root instanceof URL
    ? root.protocol === "file:"
    : typeof root === "string" && root !== "";
  if (!ok) {
    const given = root instanceof URL ? `"${root}"` : describe(root);
    throw new TypeError(`Cannot serve files: expected a folder, received ${given}`);
  }
  const resolved = resolveFileOptions(options);
  let site: Promise<FileSite> | null = null;
  const load = async () => {
    const { FileSite } = await import("./file_site.ts");
    return new FileSite(root, resolved);
  };
  return async (request, info) => {
    const loaded = await (site ??= load());
    return loaded.answer(request, info as ServeHandlerInfo);
  };
}
