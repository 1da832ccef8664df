/**
 * How many handlers may be at work at a time: a number that somebody set, or one that is found from how
 * long they take.
 *
 * The search (after Netflix's concurrency-limits and Envoy's adaptive concurrency): as long as more
 * handlers at a time take no longer each, more are let in; when they do, they wait for each other
 * somewhere behind, and fewer would answer as many. From window to window
 *
 *     limit = limit × (1.25 × baseline + 1 ms) ÷ median + √limit
 *
 * where the median is that of the window's times from the handler's begin to its answer, and the baseline
 * the best median seen. Only times of handlers that began within the window count, so each window sees
 * what its own limit brought. The limit starts at its floor, where the baseline is honest. So that it
 * stays honest when the program or its backends change, the limit is halved for one window from time to
 * time, and the median found there is the new baseline.
 *
 * @module
 */

/** A window lasts at least so long, in milliseconds, and so many samples. */
const WINDOW_MS = 100;
const LEAST_SAMPLES = 20;

/** Samples kept of one window. */
const MOST_SAMPLES = 256;

/** So much longer than the baseline is not yet waiting. */
const TOLERANCE = 1.25;

/** What the event loop alone may add, in milliseconds. */
const SLACK_MS = 1;

/** The limit is at most halved from one window to the next. */
const LEAST_GRADIENT = 0.5;

/** How old a baseline may become, in milliseconds. */
const BASELINE_MS = 30_000;

/** The number of handlers that may be at work at a time. */
export interface Limit {
  /** At present. */
  readonly value: number;
  /** Whether times are wanted. */
  readonly learning: boolean;
  /** A handler that began at `begunMs` has answered at `now`; `active` are at work, it included. */
  answered(begunMs: number, now: number, active: number): void;
  /** There was no room for a further handler. */
  reached(): void;
}

/** A limit that somebody set. */
export class FixedLimit implements Limit {
  readonly value: number;
  readonly learning = false;

  constructor(value: number) {
    this.value = value;
  }

  answered(): void {}

  reached(): void {}
}

/** A limit that is found. */
export class AdaptiveLimit implements Limit {
  readonly learning = true;
  readonly #floor: number;
  readonly #ceiling: number;
  readonly #samples = new Float64Array(MOST_SAMPLES);
  #value: number;
  #count = 0;
  #openedMs = -Infinity;
  #reached = false;
  #baselineMs = Infinity;
  #probeAt = 0;
  /** The limit to go back to; `null` when none is being tried out. */
  #before: number | null = null;
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
      // Those who began under the higher limit have to be gone.
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
    // What nobody has tried tells nothing about more.
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
