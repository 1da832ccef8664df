/**
 * The project's own files, as the house rules look at them: their text with and without comments, and
 * who imports whom. What the rules are is in the tests beside this file.
 *
 * @module
 */

/** The project's folder, with a slash at its end. */
export const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** One file imports another; both as paths from the project's folder. */
export interface Import {
  readonly from: string;
  readonly to: string;
  /** Whether only types are imported. */
  readonly typeOnly: boolean;
}

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier: string };
      readonly type?: { readonly specifier: string };
    }[];
  }[];
}

/** The TypeScript files under a folder, as paths from the project's folder, sorted. */
export function filesUnder(folder: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(ROOT + folder)) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    if (entry.isDirectory) found.push(...filesUnder(path));
    else if (path.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** A file's text. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(ROOT + path);
}

/** A file's text without comments; strings are kept, so that `"//"` in one does not end the line. */
export function codeOf(path: string): string {
  const literal = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/;
  const comment = /\/\*[^]*?\*\/|\/\/[^\n]*/;
  const either = new RegExp(`(${literal.source})|${comment.source}`, "g");
  return textOf(path).replace(either, (_, kept?: string) => kept ?? " ");
}

/** Runs this Deno in the project's folder. */
export async function deno(
  ...args: string[]
): Promise<{ code: number; text: string; out: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const out = decoder.decode(stdout);
  return { code, out, text: out + decoder.decode(stderr) };
}

/** The modules that `entry` reaches, and the imports between files of the project. */
export async function graphOf(entry: string): Promise<{ files: string[]; imports: Import[] }> {
  const { out } = await deno("info", "--json", entry);
  const graph: Graph = JSON.parse(out);
  const files: string[] = [];
  const imports: Import[] = [];
  for (const module of graph.modules) {
    const from = pathOf(module.specifier);
    if (from === null) continue;
    if (module.error !== undefined) throw new Error(`${from}: ${module.error}`);
    files.push(from);
    for (const { code, type } of module.dependencies ?? []) {
      const to = pathOf((code ?? type)?.specifier ?? "");
      if (to !== null) imports.push({ from, to, typeOnly: code === undefined });
    }
  }
  return { files, imports };
}

/** What a file imports from other files of the project: types, values, and what it loads later. */
export function importsOf(from: string): Import[] {
  const found = codeOf(from).matchAll(
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;"]*?from\s*"(\.[^"]+)"|\bimport\(\s*"(\.[^"]+)"/g,
  );
  return [...found].map(([, typeOnly, named, later]) => ({
    from,
    to: new URL(named ?? later!, `file:///${from}`).pathname.slice(1),
    typeOnly: typeOnly !== undefined,
  }));
}

function pathOf(specifier: string): string | null {
  const prefix = new URL("../../", import.meta.url).href;
  return specifier.startsWith(prefix) ? decodeURIComponent(specifier.slice(prefix.length)) : null;
}
