/**
 * Telling how far the bench is: a bar that is drawn over itself on a terminal, plain lines elsewhere.
 *
 * @module
 */

/** Where progress goes. */
export interface Screen {
  readonly terminal: boolean;
  write(text: string): void;
}

/** How far the work is. */
export interface Stand {
  readonly done: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** What is being done now. */
  readonly now: string;
}

const BAR_CHARS = 24;
const CLEAR_LINE = "\r\x1b[2K";

/** Shows how far the work is, and other text in between. */
export class Progress {
  readonly #screen: Screen;
  #barShown = false;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(stand: Stand): void {
    if (this.#screen.terminal) {
      this.#screen.write(`${CLEAR_LINE}${barLine(stand)}`);
      this.#barShown = true;
    } else {
      this.#screen.write(`${plainLine(stand)}\n`);
    }
  }

  /** Writes whole lines; the bar comes back at the next update. */
  print(text: string): void {
    if (this.#barShown) this.#screen.write(CLEAR_LINE);
    this.#barShown = false;
    this.#screen.write(`${text}\n`);
  }
}

/** The line with the bar. */
export function barLine(stand: Stand): string {
  const filled = Math.round(BAR_CHARS * stand.done / stand.total);
  const bar = "█".repeat(filled) + "░".repeat(BAR_CHARS - filled);
  return `${bar} ${stand.done}/${stand.total} ${timeLeft(stand)}  ${stand.now}`;
}

function plainLine(stand: Stand): string {
  return `[${stand.done + 1}/${stand.total}] ${stand.now} (${timeLeft(stand)})`;
}

/** The time that is left if the rest goes as the beginning went. */
export function timeLeft(stand: Stand): string {
  if (stand.done === 0) return "time left unknown";
  const ms = stand.elapsedMs / stand.done * (stand.total - stand.done);
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`;
}
