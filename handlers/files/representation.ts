/**
 * A version of a file as its answers describe it: validators and fields. Pure.
 *
 * @module
 */

import { contentType } from "@std/media-types/content-type";
import type { Bytes } from "../../reactor/ports.ts";
import { entityTag, type FileState, lastModified } from "./file_state.ts";
import { httpDate } from "./http_date.ts";
import type { FileCoding, FileOptions } from "./options.ts";
import type { Validators } from "./preconditions.ts";

/** One version of one file, or of a coded form of it. */
export interface Representation extends Validators {
  readonly state: FileState;
  readonly contentType: string;
  readonly coding: FileCoding | null;
  /** Name and value of the fields that 200 and 206 have in common, and of which a 304 has some. */
  readonly fields: readonly Field[];
  /** The whole file if it is small, and here. */
  readonly bytes: Bytes | null;
}

/** A field's name and value. */
export type Field = [name: string, value: string];

/** What a representation is made of. */
export interface RepresentationInit {
  /** The file's path below the root, of which its type and its caching depend; without the coding's extension. */
  readonly path: string;
  readonly coding: FileCoding | null;
  readonly state: FileState;
  readonly bytes: Bytes | null;
  readonly now: number;
}

/** Nothing is known about the file (RFC 2046 §4.5.1). */
const UNKNOWN_TYPE = "application/octet-stream";

/** Describes a version. */
export function represent(
  { path, coding, state, bytes, now }: RepresentationInit,
  options: FileOptions,
): Representation {
  const etag = entityTag(state, { coding, now });
  const modified = lastModified(state, now);
  const cacheControl = cacheControlOf(path, options);
  const fields: Field[] = [["Accept-Ranges", "bytes"]];
  if (etag !== null) fields.push(["ETag", etag]);
  if (modified !== null) fields.push(["Last-Modified", httpDate(modified)]);
  if (cacheControl !== null) fields.push(["Cache-Control", cacheControl]);
  if (options.codings.length > 0) fields.push(["Vary", "Accept-Encoding"]);
  if (coding !== null) fields.push(["Content-Encoding", coding]);
  return { state, contentType: typeOf(path, options), coding, etag, modified, fields, bytes };
}

function typeOf(path: string, { types }: FileOptions): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  if (dot <= 0) return UNKNOWN_TYPE;
  const extension = name.slice(dot).toLowerCase();
  return types.get(extension) ?? contentType(extension) ?? UNKNOWN_TYPE;
}

function cacheControlOf(path: string, { cacheRules, cacheControl }: FileOptions): string | null {
  // `search` pays no regard to the state that a pattern with the flags g or y keeps.
  const rule = cacheRules.find(({ files }) => path.search(files) >= 0);
  return rule?.value ?? cacheControl;
}
