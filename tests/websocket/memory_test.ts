/**
 * What an idle socket holds: neither the buffer into which its last message was read, nor that message. The
 * figures are those of the heap alone, which are the same in each run; `idle/main.ts` measures all of it.
 *
 * @module
 */

import { assert } from "../support/assert.ts";
import { idleMemory } from "./idle/measure.ts";

const KIB = 1024;

/** Measured: 8.4 KiB in the heap, 2.0 KiB outside of it. */
const MOST_HEAP_BYTES = 10 * KIB;
const MOST_EXTERNAL_BYTES = 4 * KIB;

for (const bytes of [5, 60_000]) {
  Deno.test(`an idle socket holds little after a message of ${bytes} bytes`, async () => {
    const idle = { sockets: 3_000, messages: 1, bytes };
    const { heap, external } = await idleMemory("weir", idle);
    assert(heap <= MOST_HEAP_BYTES, `${heap} bytes in the heap`);
    assert(external <= MOST_EXTERNAL_BYTES, `${external} bytes outside of it`);
  });
}
