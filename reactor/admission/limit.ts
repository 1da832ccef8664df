/**
 * How many handlers may be at work at a time: a number that the program sets, or one that is found from
 * how long handlers take.
 *
 * How it is found (after Netflix's concurrency-limits and Envoy's adaptive concurrency): as long as
 * handlers take no longer when more of them are at work, the limit rises. When they take longer, they wait
 * for each other, in the program or in its backends, and fewer handlers would answer as many requests. So
 * after each window of time
 *
 *     limit = limit × (1.25 × baseline + 1 ms) ÷ median + √limit
 *
 * The median is that of the times from the handler's call to its answer in the window; the baseline is the
 * lowest median so far. Only handlers that began within the window count, so that each window measures its
 * own limit. The limit starts at its floor, where handlers do not wait for each other and the baseline is
 * right. The program or its backends may change later: from time to time the limit is halved for one
 * window, and the median of that window becomes the baseline.
 *
 * @module
 */

/** The shortest window, in milliseconds. */
const WINDOW_MS = 100;

/** The fewest samples in a window: it lasts until it has as many. */
const LEAST_SAMPLES = 20;

/** The samples of one window that are kept: the latest. */
const MOST_SAMPLES = 256;

/** A median of up to this many baselines does not mean that handlers wait for each other. */
const TOLERANCE = 1.25;

/** The time that the event loop alone may add to a handler's, in milliseconds. */
const SLACK_MS = 1;

/** The lowest factor from one window's limit to the next: the limit is at most halved. */
const LEAST_GRADIENT = 0.5;

/** The time after which the baseline is measured again, in milliseconds. */
const BASELINE_MS = 30_000;

/** The number of handlers that may be at work at a time. */
export interface Limit {
  /** The limit at present. */
  readonly value: number;
  /** Whether the limit is found from times, so that `answered` is to be called. */
  readonly learning: boolean;
  /** A handler that began at `begunMs` has answered at `now`; `active` are at work, including it. */
  answered(begunMs: number, now: number, active: number): void;
  /** There was no room for a further handler. */
  reached(): void;
}

/** A limit that the program sets. */
export class FixedLimit implements Limit {
  readonly value: number;
  readonly learning = false;

  constructor(value: number) {
    this.value = value;
  }

  answered(): void {}

  reached(): void {}
}

/** A limit that is found from the times that handlers take. */
export class AdaptiveLimit implements Limit {
  readonly learning = true;
  readonly #floor: number;
  readonly #ceiling: number;
  readonly #samples = new Float64Array(MOST_SAMPLES);
  #value: number;
  #count = 0;
  /** When the window began; `-Infinity` before the first. */
  #openedMs = -Infinity;
  /** Whether there was no room for a further handler in this window. */
  #reached = false;
  #baselineMs = Infinity;
  /** When the baseline is to be measured again. */
  #probeAt = 0;
  /** The limit to return to after the baseline was measured; `null` unless it is being measured. */
  #before: number | null = null;
  /** Whether more handlers are still at work than the limit, which was halved, allows. */
  #settling = false;

  constructor(options: { readonly floor: number; readonly ceiling: number }) {
    this.#floor = options.floor;
    this.#ceiling = options.ceiling;
    this.#value = options.floor;
  }

  get value(): number {
    return this.#value;
  }

  reached(): void {
    this.#reached = true;
  }

  answered(begunMs: number, now: number, active: number): void {
    if (this.#openedMs === -Infinity) this.#openFirst(begunMs);
    if (this.#settling) {
      // The window begins when the handlers over the lower limit have answered.
      if (active <= this.#value) this.#open(now);
      return;
    }
    if (begunMs < this.#openedMs) return;
    this.#samples[this.#count++ % MOST_SAMPLES] = now - begunMs;
    if (this.#count >= LEAST_SAMPLES && now - this.#openedMs >= WINDOW_MS) this.#close(now);
  }

  #openFirst(now: number): void {
    this.#open(now);
    this.#probeAt = now + BASELINE_MS;
  }

  #open(now: number): void {
    this.#openedMs = now;
    this.#count = 0;
    this.#reached = false;
    this.#settling = false;
  }

  #close(now: number): void {
    const medianMs = this.#median();
    if (this.#before !== null) this.#endProbe(medianMs, now);
    else if (now >= this.#probeAt) this.#beginProbe(medianMs, now);
    else this.#adapt(medianMs);
    if (!this.#settling) this.#open(now);
  }

  #adapt(medianMs: number): void {
    this.#baselineMs = Math.min(this.#baselineMs, medianMs);
    const gradient = (TOLERANCE * this.#baselineMs + SLACK_MS) / medianMs;
    // An unused slot says nothing about whether a higher limit would help.
    if (gradient >= 1 && !this.#reached) return;
    const wanted = this.#value * Math.max(LEAST_GRADIENT, Math.min(TOLERANCE, gradient)) +
      Math.sqrt(this.#value);
    this.#value = Math.max(this.#floor, Math.min(this.#ceiling, Math.round(wanted)));
  }

  #beginProbe(medianMs: number, now: number): void {
    if (!this.#reached) return this.#renew(medianMs, now);
    this.#before = this.#value;
    this.#value = Math.max(this.#floor, this.#value >> 1);
    this.#settling = true;
  }

  #endProbe(medianMs: number, now: number): void {
    this.#value = this.#before!;
    this.#before = null;
    this.#renew(medianMs, now);
  }

  #renew(medianMs: number, now: number): void {
    this.#baselineMs = medianMs;
    this.#probeAt = now + BASELINE_MS;
  }

  #median(): number {
    const sorted = this.#samples.slice(0, Math.min(this.#count, MOST_SAMPLES)).sort();
    return sorted[sorted.length >> 1]!;
  }
}
