/**
 * What is in a folder, as a page. Loaded with the first folder that is listed.
 *
 * @module
 */

import { escape } from "@std/html/entities";
import type { RootFolder } from "./root_folder.ts";
import { isServedName, type PathRules } from "./url_path.ts";

/** What is listed. */
export interface ListingInit {
  readonly root: RootFolder;
  /** The folder's names below the root. */
  readonly names: readonly string[];
  readonly rules: PathRules;
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  /** In bytes; of a file. */
  readonly size: number;
  readonly modified: Date | null;
}

/** A longer list is cut, and says so. */
const MOST_ENTRIES = 10_000;

/** A page with the folder's entries that would be served, folders first, by name. */
export async function folderListing(init: ListingInit): Promise<Response> {
  const entries = await entriesOf(init);
  const shown = entries.slice(0, MOST_ENTRIES);
  const html = page({
    title: `/${init.names.map((name) => `${name}/`).join("")}`,
    up: init.names.length > 0,
    entries: shown,
    more: entries.length - shown.length,
  });
  return new Response(html, {
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      // A name can hold anything; the page needs nothing.
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
    },
  });
}

async function entriesOf({ root, names, rules }: ListingInit): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { name, isSymlink } of Deno.readDir(root.pathOf(names))) {
    if (!isServedName(name, names.length, rules)) continue;
    const path = root.pathOf([...names, name]);
    if (isSymlink && !await root.holds(path)) continue;
    const info = await root.look(path);
    if (typeof info === "string" || !(info.isFile || info.isDirectory)) continue;
    const { isDirectory: isFolder, size, mtime: modified } = info;
    entries.push({ name, isFolder, size, modified });
  }
  return entries.sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || compare(a.name, b.name));
}

/** By code units: the same everywhere, whatever the machine's language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function page({ title, up, entries, more }: {
  readonly title: string;
  readonly up: boolean;
  readonly entries: readonly Entry[];
  readonly more: number;
}): string {
  const rows = entries.map(row);
  if (up) rows.unshift('<tr><td><a href="../">../</a></td><td></td><td></td></tr>');
  const rest = more === 0 ? "" : `\n<p>And ${more} more.</p>`;
  const heading = `Index of ${escape(title)}`;
  return `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>${heading}</title></head>
<body>
<h1>${heading}</h1>
<table>
<tr><th>Name</th><th>Bytes</th><th>Modified</th></tr>
${rows.join("\n")}
</table>${rest}
</body>
</html>
`;
}

function row({ name, isFolder, size, modified }: Entry): string {
  const slash = isFolder ? "/" : "";
  // Behind a dot and a slash a name with a colon is no scheme.
  const href = escape(`./${encodeURIComponent(name.toWellFormed())}${slash}`);
  const bytes = isFolder ? "" : String(size);
  const time = modified?.toISOString().slice(0, 19).replace("T", " ") ?? "";
  return `<tr><td><a href="${href}">${
    escape(name)
  }${slash}</a></td><td>${bytes}</td><td>${time}</td></tr>`;
}
