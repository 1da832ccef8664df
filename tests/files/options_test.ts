/**
 * What `staticFiles` accepts, and what it says of the rest.
 *
 * @module
 */

import { staticFiles, type StaticFilesOptions } from "../../mod.ts";
import { assertStringIncludes, assertThrows } from "../support/assert.ts";

/** Options that cannot be used, and what the error has to name. */
const REFUSED: readonly (readonly [given: unknown, text: string])[] = [
  [{ prefx: "/" }, "staticFiles.prefx"],
  [[], "an array"],
  [null, "null"],
  [{ prefix: "static" }, 'received "static"'],
  [{ prefix: "/a?b" }, "staticFiles.prefix"],
  [{ prefix: "/a//b" }, "staticFiles.prefix"],
  [{ prefix: "/%zz" }, "staticFiles.prefix"],
  [{ prefix: 1 }, "staticFiles.prefix"],
  [{ index: "" }, "staticFiles.index"],
  [{ index: "../index.html" }, "staticFiles.index"],
  [{ index: true }, "staticFiles.index"],
  [{ cleanUrls: "yes" }, "staticFiles.cleanUrls"],
  [{ fallback: "../a.html" }, "staticFiles.fallback"],
  [{ fallback: "a//b" }, "staticFiles.fallback"],
  [{ notFound: "" }, "staticFiles.notFound"],
  [{ notFound: 404 }, "staticFiles.notFound"],
  [{ listing: 1 }, "staticFiles.listing"],
  [{ dotfiles: null }, "staticFiles.dotfiles"],
  [{ symlinks: "never" }, "within, anywhere"],
  [{ precompressed: ["deflate"] }, "br, zstd, gzip"],
  [{ precompressed: "br" }, "staticFiles.precompressed"],
  [{ cacheControl: "a\r\nb: c" }, "staticFiles.cacheControl"],
  [{ cacheControl: "" }, "staticFiles.cacheControl"],
  [{ cacheControl: true }, "staticFiles.cacheControl"],
  [{ cacheControl: [{ files: "*.js", value: "private" }] }, "cacheControl[0].files"],
  [{ cacheControl: [{ files: /a/, value: 5 }] }, "cacheControl[0].value"],
  [{ cacheControl: [null] }, "cacheControl[0]"],
  [{ types: { txt: "text/plain" } }, 'received "txt"'],
  [{ types: { ".txt": "a\nb" } }, 'types[".txt"]'],
  [{ types: [] }, "staticFiles.types"],
  [{ cacheBytes: -1 }, "staticFiles.cacheBytes"],
  [{ cacheBytes: 0.5 }, "staticFiles.cacheBytes"],
  [{ cacheBytes: "1" }, "staticFiles.cacheBytes"],
];

Deno.test(`staticFiles() refuses ${REFUSED.length} sets of options at once`, () => {
  for (const [given, text] of REFUSED) {
    const error = assertThrows(() => staticFiles(".", given as StaticFilesOptions));
    assertStringIncludes(error.message, text);
  }
});

Deno.test("staticFiles() refuses what is no folder's name", () => {
  for (const root of ["", null, 7, new URL("https://example.com/"), {}]) {
    const error = assertThrows(() => staticFiles(root as string), TypeError);
    assertStringIncludes(error.message, "Cannot serve files");
  }
});
