/**
 * What is measured in a soak, and what is said of it in the end. No I/O here.
 *
 * @module
 */

/** The server and its load in one second; memory in bytes. */
export interface Sample {
  /** Since the beginning. */
  readonly seconds: number;
  readonly rss: number;
  readonly heapUsed: number;
  /** Open descriptors, beyond those at the start of the process. */
  readonly descriptors: number;
  /** Open connections. */
  readonly connections: number;
  /** The longest delay of a timer by the event loop. */
  readonly lagMs: number;
  /** Right answers in the last second. */
  readonly answers: number;
}

/** What a server holds while nobody asks it anything, after a collection. */
export type Rest = Pick<Sample, "rss" | "heapUsed" | "descriptors" | "connections">;

const MIB = 1024 * 1024;

/** What the allocator may keep for itself; a leak of a hundred bytes a connection is more in half an hour. */
export const RSS_BOUND = 48 * MIB;

/** After a collection little differs but code that was compiled meanwhile. */
export const HEAP_BOUND = 8 * MIB;

/** A figure of the end beside that of the start. */
export interface Finding {
  readonly text: string;
  readonly good: boolean;
}

/** Whether the end state equals the start. */
export function compare(start: Rest, end: Rest): Finding[] {
  const equal = (name: "descriptors" | "connections"): Finding => ({
    text: `${name}: ${start[name]} at the start, ${end[name]} at the end`,
    good: start[name] === end[name],
  });
  const within = (name: "rss" | "heapUsed", bound: number): Finding => ({
    text: `${name}: ${mib(start[name])} at the start, ${mib(end[name])} at the end; ` +
      `at most ${mib(bound)} more`,
    good: end[name] - start[name] <= bound,
  });
  return [
    equal("connections"),
    equal("descriptors"),
    within("rss", RSS_BOUND),
    within("heapUsed", HEAP_BOUND),
  ];
}

/** Bytes for people. */
export function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
