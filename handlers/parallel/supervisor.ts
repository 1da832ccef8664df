/**
 * Who serves: workers that share a port, which are started, replaced when they are lost, exchanged for ones
 * with new code, and ended. Pure: workers come through `StartWorker`, time through a `Clock`.
 *
 * - Workers that start together serve together or not at all: all load, then all listen. So an app that
 *   cannot be loaded ends the start, and a reload leaves everything as it was.
 * - A worker that is lost is replaced after a pause, which is twice as long each time, until workers last.
 * - A worker in which nobody caught an error is in a state that nobody knows: it is drained and replaced.
 * - A worker that is silent for long is in a loop that does not yield: it is reported and replaced, as often
 *   as there are workers. The runtime cannot end its thread. When it comes back it is drained.
 *
 * @module
 */

import type { Shutdown } from "../../reactor/options/options.ts";
import type { Clock, StopTimer } from "../../reactor/ports.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { Phase } from "../../reactor/states.ts";
import { Member, type StartWorker } from "./member.ts";
import type { AppFacts, Listening } from "./words.ts";

/** The first pause before a lost worker is replaced, in milliseconds; each further one is twice as long. */
export const PAUSE_MS = 100;

/** The longest such pause, in milliseconds. */
export const PAUSE_MOST_MS = 30_000;

/** A worker that has served for so long, in milliseconds, was no failed start. */
export const STEADY_MS = 60_000;

/** How often workers tell that they are alive, and are looked after, in milliseconds. */
export const ALIVE_EVERY_MS = 1_000;

/** How much longer than its time-out a handler may hold its worker before that is reported, in milliseconds. */
export const SILENT_MS = 10_000;

/** What happens to the workers besides what was asked for. */
export type Incident =
  /** Nobody caught an error in this worker. */
  | { readonly kind: "crashed"; readonly worker: number; readonly error: Error }
  /** It ended without being told to. */
  | { readonly kind: "lost"; readonly worker: number }
  /** Another one starts in so many milliseconds. */
  | { readonly kind: "replacing"; readonly inMs: number }
  /** Another one could not start. */
  | { readonly kind: "not replaced"; readonly error: Error }
  /** It has not come back to its event loop for so many milliseconds. */
  | { readonly kind: "silent"; readonly worker: number; readonly ms: number }
  /** It has come back. */
  | { readonly kind: "back"; readonly worker: number }
  /** It was ended, but its thread runs on. */
  | { readonly kind: "stuck"; readonly worker: number };

/** What a supervisor is made of. */
export interface SupervisorInit {
  /** How many workers serve. */
  readonly count: number;
  /** The port, 0 for any free one; `null` for the one that the app itself names. */
  readonly port: number | null;
  readonly clock: Clock;
  readonly spawn: StartWorker;
  /** How long workers may take until they serve, in milliseconds; 0 is without a bound. */
  readonly startMs: number;
  /** After how much silence a worker is taken for one that does not come back, in milliseconds. */
  readonly silentMs: number;
  /** How workers end that others take over from. */
  readonly times: Shutdown;
  /** Told of what nobody asked for. */
  readonly onIncident: (incident: Incident) => void;
}

/** What is known once the workers serve. */
export interface Started extends Listening {
  readonly facts: AppFacts;
}

/** See the head of this file. */
export class Supervisor {
  /** Resolves when all workers have ended. */
  readonly finished: Promise<void>;
  readonly #init: SupervisorInit;
  readonly #members = new Set<Member>();
  readonly #finished = Promise.withResolvers<void>();
  #port: number | null;
  #numbers = 0;
  #phase: Phase = "serving";
  readonly #phaseListeners = new Set<() => void>();
  /** Workers that serve and have not been replaced. */
  readonly #current = new Set<Member>();
  /** Of them, those that were replaced because they were silent: they go when they come back. */
  readonly #replaced = new Set<Member>();
  /** Replacements that failed or were lost soon, in a row. */
  #failures = 0;
  #stopPause: StopTimer | null = null;
  #isReplacing = false;
  #stopWatch: StopTimer | null = null;
  #reloading: Promise<void> | null = null;
  #nextReload: Promise<void> | null = null;
  #shutdown: Promise<ShutdownReport> | null = null;

  constructor(init: SupervisorInit) {
    this.#init = init;
    this.#port = init.port;
    this.finished = this.#finished.promise;
  }

  /** Where all of them are in their life. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Calls `listener` whenever the phase is another one, until the function returned is called. */
  onPhase(listener: () => void): () => void {
    this.#phaseListeners.add(listener);
    return () => void this.#phaseListeners.delete(listener);
  }

  /** Those that serve and are to go on, by their numbers. */
  get numbers(): number[] {
    return Array.from(this.#current, ({ number }) => number);
  }

  /**
   * Starts all workers; resolves when they listen.
   *
   * @throws {Error} What keeps one of them from starting; then none is left.
   */
  async start(): Promise<Started> {
    try {
      const { members, ...started } = await this.#startTogether(this.#init.count);
      this.#port = started.addr.port;
      for (const member of members) this.#current.add(member);
      this.#stopWatch = this.#init.clock.every(ALIVE_EVERY_MS, () => this.#look());
      return started;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /**
   * Starts new workers, which load the app anew, and then ends the ones that serve now. All reloads that are
   * asked for during another one are one, which begins after it.
   *
   * @throws {Error} What keeps one of the new workers from starting; then the others serve on.
   */
  reload(): Promise<void> {
    if (this.#shutdown !== null) return Promise.reject(new Error("The server is ending"));
    if (this.#reloading === null) return this.#reload();
    return this.#nextReload ??= this.#reloading.then(() => this.reload(), () => this.reload());
  }

  /** Ends all workers at the same time; a second call joins the first. Resolves with one report for all. */
  shutdown(times: Shutdown): Promise<ShutdownReport> {
    return this.#shutdown ??= this.#leave(times);
  }

  /** Cuts everything at once. */
  force(): void {
    for (const member of this.#members) member.force();
    this.#enter("draining");
    void this.shutdown({ readyDelay: 0, firstRequest: 0, deadline: 0, grace: 0 });
  }

  async #startTogether(count: number): Promise<Started & { readonly members: readonly Member[] }> {
    const members = Array.from({ length: count }, () => this.#add());
    try {
      const [facts] = await Promise.all(members.map(({ loaded }) => loaded));
      const [first, ...others] = members as [Member, ...Member[]];
      first.listen(this.#port);
      const place = await first.serving;
      for (const member of others) member.listen(place.addr.port);
      await Promise.all(others.map(({ serving }) => serving));
      if (this.#shutdown !== null) throw new Error("The server is ending");
      return { members, facts: facts!, ...place };
    } catch (error) {
      await Promise.all(members.map((member) => member.shutdown(this.#handover, false)));
      throw error;
    }
  }

  #add(): Member {
    const { clock, spawn, startMs } = this.#init;
    const member = new Member({
      number: ++this.#numbers,
      clock,
      spawn,
      startMs,
      events: {
        crashed: (member, error) => this.#crashed(member, error),
        lost: (member) => this.#lost(member),
        back: (member) => this.#back(member),
        stuck: ({ number }) => this.#tell({ kind: "stuck", worker: number }),
      },
    });
    this.#members.add(member);
    void member.ended.then(() => {
      this.#members.delete(member);
      this.#current.delete(member);
      this.#replaced.delete(member);
    });
    return member;
  }

  #reload(): Promise<void> {
    this.#nextReload = null;
    this.#reloading = this.#exchange().finally(() => this.#reloading = null);
    return this.#reloading;
  }

  async #exchange(): Promise<void> {
    const { members } = await this.#startTogether(this.#init.count);
    const before = [...this.#current];
    this.#current.clear();
    this.#replaced.clear();
    for (const member of members) this.#current.add(member);
    this.#failures = 0;
    this.#stopPause?.();
    this.#stopPause = null;
    await Promise.all(before.map((member) => member.shutdown(this.#handover, false)));
  }

  /** Others serve on: nobody needs to be told beforehand. */
  get #handover(): Shutdown {
    return { ...this.#init.times, readyDelay: 0 };
  }

  async #leave(times: Shutdown): Promise<ShutdownReport> {
    this.#enter(times.readyDelay > 0 ? "leaving" : "draining");
    this.#stopPause?.();
    this.#stopPause = null;
    const stop = this.#init.clock.after(times.readyDelay, () => this.#enter("draining"));
    const members = [...this.#members];
    const reports = await Promise.all(members.map((member) => member.shutdown(times, true)));
    stop();
    this.#end();
    return sumOf(reports);
  }

  #end(): void {
    this.#enter("ended");
    this.#stopWatch?.();
    this.#finished.resolve();
  }

  #enter(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    for (const listener of [...this.#phaseListeners]) listener();
  }

  #crashed(member: Member, error: Error): void {
    this.#tell({ kind: "crashed", worker: member.number, error });
    this.#count(member);
    void member.shutdown(this.#handover, false);
    this.#current.delete(member);
    this.#fill();
  }

  #lost(member: Member): void {
    this.#tell({ kind: "lost", worker: member.number });
    const isCurrent = this.#current.delete(member);
    if (!isCurrent || this.#replaced.has(member)) return;
    this.#count(member);
    this.#fill();
  }

  #back(member: Member): void {
    this.#tell({ kind: "back", worker: member.number });
    if (!this.#replaced.has(member)) return;
    this.#current.delete(member);
    void member.shutdown(this.#handover, false);
  }

  /** How long the next pause is depends on how long workers last. */
  #count({ servedMs }: Member): void {
    if (servedMs >= STEADY_MS) this.#failures = 0;
  }

  /** Looks for workers that have not come back to their event loops. */
  #look(): void {
    const { silentMs, count } = this.#init;
    for (const member of this.#current) {
      // One turn more than the time: this thread may have been away itself.
      if (member.isSilent || member.silentMs < silentMs + ALIVE_EVERY_MS) continue;
      member.fallSilent();
      this.#tell({ kind: "silent", worker: member.number, ms: Math.round(member.silentMs) });
      if (this.#replaced.size >= count) continue;
      this.#replaced.add(member);
      this.#fill();
    }
  }

  /** Sees to it that there are as many workers as there should be. */
  #fill(): void {
    if (this.#shutdown !== null || this.#stopPause !== null || this.#isReplacing) return;
    if (this.#missing <= 0) return;
    const inMs = Math.min(PAUSE_MS * 2 ** this.#failures++, PAUSE_MOST_MS);
    this.#tell({ kind: "replacing", inMs });
    this.#stopPause = this.#init.clock.after(inMs, () => {
      this.#stopPause = null;
      void this.#replace();
    });
  }

  get #missing(): number {
    return this.#init.count - (this.#current.size - this.#replaced.size);
  }

  async #replace(): Promise<void> {
    this.#isReplacing = true;
    try {
      const { members } = await this.#startTogether(this.#missing);
      for (const member of members) this.#take(member);
    } catch (error) {
      if (this.#shutdown === null) this.#tell({ kind: "not replaced", error: error as Error });
    }
    this.#isReplacing = false;
    this.#fill();
  }

  /** A reload may have brought new workers meanwhile, and the new one may be lost already. */
  #take(member: Member): void {
    if (this.#missing <= 0) void member.shutdown(this.#handover, false);
    else if (member.state === "serving") this.#current.add(member);
  }

  #tell(incident: Incident): void {
    this.#init.onIncident(incident);
  }
}

/** One report of several: what was counted is added up, and it took as long as the last one. */
function sumOf(reports: readonly (ShutdownReport | null)[]): ShutdownReport {
  const sum = { drained: 0, aborted: 0, forced: 0, drainMs: 0, abortMs: 0 };
  for (const report of reports) {
    if (report === null) continue;
    sum.drained += report.drained;
    sum.aborted += report.aborted;
    sum.forced += report.forced;
    sum.drainMs = Math.max(sum.drainMs, report.drainMs);
    sum.abortMs = Math.max(sum.abortMs, report.abortMs);
  }
  return sum;
}
