/**
 * Waiting in tests: with a limit, for a condition, for a turn of the event loop. A test never hangs: what
 * it waits for arrives, or an error names it.
 *
 * @module
 */

/** Milliseconds after which a test gives up on an answer that should take a few. */
export const PATIENCE_MS = 10_000;

/** Resolves as `promise` does, or rejects with an error that names `what` after `ms` milliseconds. */
export async function within<T>(
  promise: PromiseLike<T>,
  what: string,
  ms = PATIENCE_MS,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Timed out after ${ms} ms: ${what}`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether `promise` settles within `ms` milliseconds. */
export async function settles(promise: PromiseLike<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  const settled = Promise.resolve(promise).then(() => true, () => true);
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms` milliseconds: only for tests that show that something does not happen. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Polls until `condition` holds; rejects with an error that names `what` when it never does. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Timed out after ${PATIENCE_MS} ms: ${what}`);
    await pause(2);
  }
}

/** Runs `call` for each item, at most `width` at a time, and rejects with the first failure. */
export async function eachOf<T>(
  items: Iterable<T>,
  call: (item: T) => Promise<void>,
  { width = 32 } = {},
): Promise<void> {
  const queue = [...items].values();
  const lane = async () => {
    for (const item of queue) await call(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
