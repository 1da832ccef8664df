/**
 * What becomes due on a socket: the ping of one that is quiet, the end of one that does not answer it, the
 * end of its lifetime, and the end of the patience with a closing handshake. It only reckons; the link acts.
 *
 * The clock is the reactor's kind of heartbeat: it is coarse, one timer for all sockets, and does not count
 * the time in which the process stood still. So no socket ends because nobody had the time to read its
 * pong. Before one is given up, its input is awaited for a last short while: what came in time may still
 * be in the kernel.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import { Heartbeat, type Timed } from "../../reactor/timing/heartbeat.ts";
import { type Expiring, WheelNode } from "../../reactor/timing/timer_wheel.ts";

/** How long what has arrived is awaited before a silent socket is given up: five ticks of the clock. */
const LAST_LOOK_MS = 250;

/** What hears of what is due. */
export interface TimedLink {
  /** Nothing came for a while: the client is to be asked whether it is there. */
  onQuiet(): void;
  /** The client did not answer. */
  onSilent(): void;
  /** The socket has lived as long as it may. */
  onLifeOver(): void;
  /** The closing handshake takes too long. */
  onCloseOverdue(): void;
}

/** How the silence of a client is seen. */
type Watch =
  /** Nothing has been asked. */
  | "quiet"
  /** A ping is on its way. */
  | "asked"
  /** Its time is over, but what has arrived may not have been read. */
  | "last_look"
  /** Nobody watches. */
  | "off";

/** One heartbeat for all sockets, which runs while there are any. */
class SocketClock {
  readonly #heartbeat = new Heartbeat(denoPorts().clock, { onTick: () => {} });
  #sockets = 0;

  get now(): number {
    return this.#heartbeat.now;
  }

  add(timers: Timed): void {
    if (this.#sockets++ === 0) this.#heartbeat.start();
    this.#heartbeat.touched(timers);
  }

  touched(timers: Timed): void {
    this.#heartbeat.touched(timers);
  }

  remove(timers: Timed): void {
    this.#heartbeat.cancel(timers);
    if (--this.#sockets === 0) this.#heartbeat.stop();
  }
}

/** Made with the first socket; shared, because the time is the same for every server. */
let shared: SocketClock | null = null;

/** The deadlines of one socket. */
export class SocketTimers implements Timed, Expiring {
  readonly timer: WheelNode = new WheelNode(this);
  listed = false;
  isOver = false;
  readonly #link: TimedLink;
  readonly #halfIdleMs: number;
  readonly #clock: SocketClock = shared ??= new SocketClock();
  #watch: Watch;
  #since: number;
  #lifeAt: number;
  #closeAt = Infinity;

  /** Begins to run. `idleMs` is 0 and `lifetimeMs` is `Infinity` for no bound. */
  constructor(link: TimedLink, options: { idleMs: number; lifetimeMs: number }) {
    this.#link = link;
    this.#halfIdleMs = options.idleMs / 2;
    this.#watch = options.idleMs === 0 ? "off" : "quiet";
    this.#since = this.#clock.now;
    this.#lifeAt = this.#clock.now + options.lifetimeMs;
    this.#clock.add(this);
  }

  /** Something came from the client. Arms nothing: that is done when the deadline fires in vain. */
  heard(): void {
    this.#since = this.#clock.now;
    if (this.#watch !== "off") this.#watch = "quiet";
  }

  /** From now on only the closing handshake is timed. */
  closing(ms: number): void {
    this.#watch = "off";
    this.#lifeAt = Infinity;
    this.#closeAt = this.#clock.now + ms;
    this.#clock.touched(this);
  }

  /** The socket is closed. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#clock.remove(this);
  }

  deadline(): number {
    return Math.min(this.#watchAt(), this.#lifeAt, this.#closeAt);
  }

  expire(): void {
    const { now } = this.#clock;
    if (this.#closeAt <= now) this.#link.onCloseOverdue();
    else if (this.#lifeAt <= now) this.#link.onLifeOver();
    else if (this.#watchAt() <= now) this.#lookAgain();
    if (!this.isOver) this.#clock.touched(this);
  }

  #watchAt(): number {
    if (this.#watch === "off") return Infinity;
    return this.#since + (this.#watch === "last_look" ? LAST_LOOK_MS : this.#halfIdleMs);
  }

  #lookAgain(): void {
    this.#since = this.#clock.now;
    switch (this.#watch) {
      case "quiet":
        this.#watch = "asked";
        return this.#link.onQuiet();
      case "asked":
        this.#watch = "last_look";
        return;
      case "last_look":
        this.#watch = "quiet";
        return this.#link.onSilent();
    }
  }
}
