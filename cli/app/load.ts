/**
 * From what stands on the command line to what is served: a module by its path or URL, or a folder.
 *
 * @module
 */

import { reasonOf, StartError } from "../settings/errors.ts";
import type { App } from "./app.ts";

/** A scheme of two letters or more; one letter is a drive of Windows. */
const URL_LIKE = /^[a-z][a-z0-9+.-]+:/i;

/**
 * Loads what `target` names.
 *
 * @throws {StartError} If it cannot be found or loaded in time, or cannot serve.
 */
export async function loadApp(
  target: string,
  options: { readonly startTimeout: number },
): Promise<App> {
  if (!URL_LIKE.test(target) && isFolder(target)) {
    const { folderApp } = await import("./folder.ts");
    return folderApp(target);
  }
  const { moduleApp } = await import("./module.ts");
  return await moduleApp(target, {
    specifier: URL_LIKE.test(target) ? target : await fileUrl(target),
    timeoutMs: options.startTimeout,
  });
}

function isFolder(path: string): boolean {
  try {
    const { isDirectory, isFile } = Deno.statSync(path);
    if (!isDirectory && !isFile) throw new Error("it is neither a file nor a folder");
    return isDirectory;
  } catch (error) {
    throw new StartError(`Cannot serve '${path}': ${reasonOf(error)}`);
  }
}

async function fileUrl(path: string): Promise<string> {
  const [{ pathToFileURL }, { resolve }] = await Promise.all([
    import("node:url"),
    import("node:path"),
  ]);
  return pathToFileURL(resolve(path)).href;
}
