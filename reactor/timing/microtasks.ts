/**
 * All counting of microtasks, in one place. Nothing promises these numbers: they are how Deno 2.9 behaves.
 * The tests in `tests/engine/microtasks_test.ts` fail if another version behaves otherwise.
 *
 * A turn is what the runtime delivers at once. It resolves the promises of all operations that have
 * completed before the first continuation runs, so a few microtasks after that first continuation all
 * others of the same turn have run as well.
 *
 * @module
 */

/** Microtasks from a turn's first continuation until all that were ready with it have run. */
const TURN = 4;

/**
 * Microtasks within which something is there that needs no event from outside: the answer of an async
 * handler that awaits nothing but what is already there, the first piece of a stream that is ready, the end
 * of a stream over a string or bytes. The last takes four.
 */
const PATIENCE = 8;

/** Resolves when all continuations of the turn under way have run. */
export async function turnDelivered(): Promise<void> {
  for (let i = 0; i < TURN; i++) await undefined;
}

/** Resolves as soon as `isThere` says so, and at the latest when what needs no event from outside is there. */
export async function soon(isThere: () => boolean): Promise<void> {
  for (let i = 0; i < PATIENCE && !isThere(); i++) await undefined;
}

/** Resolves after what is running now, and after what was ready before. */
export async function afterThis(): Promise<void> {
  await undefined;
}
