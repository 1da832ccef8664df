/**
 * The fixed values of the app that every peer runs: plain JavaScript, because Node reads them too.
 *
 * @module
 */

/** The answer to `/`: 14 bytes. */
export const GREETING = "Hello World!\r\n";

/** The header fields that `/json` reads. */
export const JSON_FIELDS = Object.freeze(["accept-language", "x-request-id"]);

/** The answer to `/64k`: a string of 65,536 bytes. */
export const BLOCK = "0123456789abcdef".repeat(4096);

/** `/stream` sends this many pieces of this many bytes: 1 MiB. */
export const STREAM_PIECES = 16;
export const STREAM_PIECE_BYTES = 65_536;

/** The byte that fills a streamed answer and an upload: `x`. */
export const FILLER = 0x78;

/** The answer of the handlers that can be overloaded. */
export const DONE = "done";

/** How long `/burn` computes, in milliseconds. */
export const BURN_MS = 2;

/** How many places `/pool` has, and how long a request holds one, in milliseconds. */
export const POOL_PLACES = 10;
export const POOL_MS = 20;

/** What is uploaded: 10 MiB. */
export const UPLOAD_BYTES = 10 * 1024 * 1024;

/** The files under `/files/`, and how many bytes each has. */
export const FILES = Object.freeze({
  "1k.bin": 1024,
  "100k.bin": 100 * 1024,
  "10m.bin": 10 * 1024 * 1024,
});

/** The static file: 16 KiB of HTML. */
export const PAGE = `<!doctype html><title>Weir</title>\n${"<p>A weir holds water.\n".repeat(743)}`
  .slice(0, 16_384);
