/**
 * What a reactor remembers of the heads that it has read, so that what comes again is compared instead of
 * read and decoded.
 *
 * @module
 */

import { FieldMemory } from "./field_memory.ts";
import { TargetMemory } from "./target_memory.ts";

/** The memory of one reactor; its parsers share it. */
export class HeadMemory {
  readonly fields: FieldMemory = new FieldMemory();
  readonly targets: TargetMemory = new TargetMemory();
}
