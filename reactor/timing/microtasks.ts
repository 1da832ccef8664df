/**
 * Microtasks, and how many of them the rest of the project waits for. All counting of microtasks is in
 * this file; every other file calls one of its functions.
 *
 * A microtask is one step of the language's job queue. `await` of a promise that is already resolved
 * takes one: what follows runs after the code that runs now and after every microtask that is queued by
 * then. The event loop does not go on before the queue is empty, so no socket is read meanwhile.
 *
 * No specification says how many microtasks a promise of the runtime takes: it depends on how Deno's
 * functions are written. `tests/engine/microtasks_test.ts` asks the runtime itself and fails when a number
 * here no longer suffices; the counts of today are in docs/performance.md, "Microtasks".
 *
 * Each function here includes the microtask that its caller's own `await` takes: `await turnDelivered()`
 * goes on exactly {@linkcode TURN_MICROTASKS} microtasks later.
 *
 * @module
 */

/**
 * Microtasks from the first continuation of a turn until all continuations of that turn have run.
 *
 * A turn is what the event loop delivers at once. Deno resolves all promises of the operations that have
 * completed before the first continuation of them runs. Continuations with the same number of async
 * functions between them and the runtime then run in the same step, one after the other, so one microtask
 * suffices for reads that are all awaited in the same way. Each async function more takes one microtask
 * more: four allow for three.
 */
export const TURN_MICROTASKS = 4;

/**
 * Microtasks to wait for something that is usually there almost at once.
 *
 * Three such things are waited for; how many microtasks each needs is in docs/performance.md,
 * "Microtasks":
 *
 * - the answer of an async handler that awaits only promises that are resolved already (1 to 7);
 * - the first piece of a stream that has one ready (1 to 5);
 * - the first piece and the end of the stream over a string or bytes in a Response (3).
 *
 * A handler or stream that waits for a timer, a socket or a thread is there after no number of microtasks:
 * whatever is spent on it is in vain.
 */
export const SOON_MICROTASKS = 8;

/** One for all, so that waiting allocates no promise. */
const RESOLVED: Promise<void> = Promise.resolve();

/** Resolves after the code that runs now and all microtasks that are queued already: one microtask. */
export function nextMicrotask(): Promise<void> {
  return RESOLVED;
}

/** Called in the first continuation of a turn; resolves when all continuations of that turn have run. */
export async function turnDelivered(): Promise<void> {
  for (let waited = 1; waited < TURN_MICROTASKS; waited++) await RESOLVED;
}

/**
 * Resolves when `isThere` returns true, but after {@linkcode SOON_MICROTASKS} microtasks at the latest.
 * The caller looks once more which of the two it was: it may have come with the last microtask.
 */
export async function soon(isThere: () => boolean): Promise<void> {
  for (let waited = 1; waited < SOON_MICROTASKS && !isThere(); waited++) await RESOLVED;
}
