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

/** The state of a promise that may be waited for again and again. */
interface Watch {
  settled: boolean;
  readonly waiting: Set<() => void>;
}

/** One reaction for each promise: one for each question would pile up on a promise that lasts for minutes. */
const watches = new WeakMap<PromiseLike<unknown>, Watch>();

/** Whether `promise` settles within `ms` milliseconds. */
export function settles(promise: PromiseLike<unknown>, ms: number): Promise<boolean> {
  const watch = watches.get(promise) ?? watchOver(promise);
  if (watch.settled) return Promise.resolve(true);
  return new Promise((resolve) => {
    const answer = () => {
      clearTimeout(timer);
      watch.waiting.delete(answer);
      resolve(watch.settled);
    };
    const timer = setTimeout(answer, ms);
    watch.waiting.add(answer);
  });
}

function watchOver(promise: PromiseLike<unknown>): Watch {
  const watch: Watch = { settled: false, waiting: new Set() };
  const settle = () => {
    watch.settled = true;
    for (const answer of watch.waiting) answer();
  };
  watches.set(promise, watch);
  promise.then(settle, settle);
  return watch;
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
