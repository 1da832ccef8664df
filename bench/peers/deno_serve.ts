/** Peer: the app on Deno.serve, with its files by the standard library's `serveDir`. */

import { type App, createApp } from "../app.ts";
import { serveDirModule } from "./serve_dir.ts";

type ServeDir = (
  request: Request,
  options: { readonly fsRoot: string; readonly quiet: boolean },
) => Promise<Response>;

const [port, pageFile = "", folder = ""] = Deno.args;

/** Loaded with the first file, because it is there only in a session that asks for files. */
let loading: Promise<{ readonly serveDir: ServeDir }> | null = null;

const files: App = async (request) => {
  const { serveDir } = await (loading ??= import(serveDirModule(folder)));
  return serveDir(request, { fsRoot: folder, quiet: true });
};

Deno.serve(
  { hostname: "127.0.0.1", port: Number(port), onListen() {} },
  createApp({ pageFile, files }),
);
