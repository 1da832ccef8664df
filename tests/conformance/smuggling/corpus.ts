/**
 * All families.
 *
 * @module
 */

import { CHUNK_FAMILIES } from "./chunks.ts";
import { CODING_FAMILIES } from "./codings.ts";
import type { Family } from "./family.ts";
import { LENGTH_FAMILIES } from "./lengths.ts";
import { OCTET_FAMILIES } from "./octets.ts";
import { TARGET_FAMILIES } from "./targets.ts";
import { TIMING_FAMILIES } from "./timing.ts";

export const CORPUS: readonly Family[] = [
  ...LENGTH_FAMILIES,
  ...CODING_FAMILIES,
  ...CHUNK_FAMILIES,
  ...OCTET_FAMILIES,
  ...TARGET_FAMILIES,
  ...TIMING_FAMILIES,
];
