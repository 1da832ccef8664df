/**
 * The supervisor of workers, with workers that do what a test says and a clock that stands still.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import type { WorkerHandle, WorkerReports } from "../../handlers/parallel/member.ts";
import {
  ALIVE_EVERY_MS,
  PAUSE_MOST_MS,
  PAUSE_MS,
  STEADY_MS,
  Supervisor,
} from "../../handlers/parallel/supervisor.ts";
import { resolveOptions } from "../../reactor/options/options.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import { FakeClock, settled } from "../engine/fakes.ts";

const TIMES = { readyDelay: 500, firstRequest: 0, deadline: 2_000, grace: 100 };
const REPORT: ShutdownReport = { drained: 1, aborted: 2, forced: 3, drainMs: 40, abortMs: 5 };
const SILENT_MS = 10_000;
const OPTIONS = resolveOptions({});

/** What a worker of the test does by itself. */
interface Ways {
  /** Loads its app; else a test has to say so. */
  readonly loads: boolean;
  /** Ends when it is told to. */
  readonly ends: boolean;
}

class FakeWorker implements WorkerHandle {
  readonly said: string[] = [];
  gone = false;

  constructor(readonly number: number, readonly events: WorkerReports, readonly ways: Ways) {
    if (ways.loads) queueMicrotask(() => events.loaded({ name: "app" }));
  }

  listen(port: number | null): void {
    this.said.push(`listen ${port}`);
    const addr = { transport: "tcp", hostname: "127.0.0.1", port: port || 4_000 } as const;
    queueMicrotask(() => this.events.listening({ addr, options: OPTIONS }));
  }

  shutdown({ readyDelay }: typeof TIMES, leaving: boolean): void {
    this.said.push(`shutdown ${readyDelay}${leaving ? " leaving" : ""}`);
    if (this.ways.ends) queueMicrotask(() => this.end(REPORT));
  }

  force(): void {
    this.said.push("force");
    if (this.ways.ends) queueMicrotask(() => this.end(REPORT));
  }

  terminate(): void {
    this.said.push("terminate");
    if (this.ways.ends) queueMicrotask(() => this.die());
  }

  end(report: ShutdownReport | null): void {
    this.events.ended(report);
    this.die();
  }

  /** Its thread ends. */
  die(): void {
    if (this.gone) return;
    this.gone = true;
    this.events.gone();
  }
}

class Rig {
  readonly clock = new FakeClock();
  readonly workers: FakeWorker[] = [];
  readonly incidents: string[] = [];
  ways: Ways = { loads: true, ends: true };
  readonly supervisor: Supervisor;

  constructor({ count = 2, startMs = 0 } = {}) {
    this.supervisor = new Supervisor({
      count,
      port: 0,
      clock: this.clock,
      startMs,
      silentMs: SILENT_MS,
      times: TIMES,
      spawn: (number, events) => {
        const worker = new FakeWorker(number, events, this.ways);
        this.workers.push(worker);
        return worker;
      },
      onIncident: (incident) => {
        const about = "worker" in incident ? ` ${incident.worker}` : "";
        const inMs = "inMs" in incident ? ` in ${incident.inMs}` : "";
        const why = "error" in incident ? `: ${incident.error.message}` : "";
        this.incidents.push(`${incident.kind}${about}${inMs}${why}`);
      },
    });
  }

  worker(number: number): FakeWorker {
    return this.workers[number - 1]!;
  }

  /** All workers that serve say that they are alive, each second for so long. */
  async live(ms: number, ...numbers: readonly number[]): Promise<void> {
    for (let at = 0; at < ms; at += ALIVE_EVERY_MS) {
      for (const number of numbers) this.worker(number).events.alive();
      await this.clock.advance(ALIVE_EVERY_MS);
    }
  }
}

async function started(init?: { count?: number; startMs?: number }): Promise<Rig> {
  const rig = new Rig(init);
  await rig.supervisor.start();
  return rig;
}

Deno.test("supervisor: the first worker finds the port, the others share it", async () => {
  const rig = new Rig({ count: 3 });
  const { addr, facts } = await rig.supervisor.start();
  assertEquals([addr.port, facts.name], [4_000, "app"]);
  assertEquals(rig.workers.map(({ said }) => said), [["listen 0"], ["listen 4000"], [
    "listen 4000",
  ]]);
  assertEquals(rig.supervisor.numbers, [1, 2, 3]);
});

Deno.test("supervisor: nobody listens before all are ready", async () => {
  const rig = new Rig();
  rig.ways = { loads: false, ends: true };
  const start = rig.supervisor.start();
  rig.worker(1).events.loaded({ name: "app" });
  await settled();
  assertEquals(rig.worker(1).said, []);
  rig.worker(2).events.loaded({ name: "app" });
  await start;
  assertEquals(rig.worker(1).said, ["listen 0"]);
});

Deno.test("supervisor: an app that cannot be loaded ends the start, and nothing is left", async () => {
  const rig = new Rig();
  rig.ways = { loads: false, ends: true };
  const start = rig.supervisor.start();
  rig.worker(1).events.loaded({ name: "app" });
  rig.worker(2).events.failed(new Error("no such file"));
  await assertRejects(() => start, Error, "no such file");
  await rig.supervisor.finished;
  assertEquals(rig.workers.map(({ said }) => said), [["terminate"], ["terminate"]]);
  assertEquals([rig.supervisor.phase, rig.incidents], ["ended", []]);
  await rig.clock.advance(PAUSE_MOST_MS);
  assertEquals([rig.workers.length, rig.clock.pending], [2, 0]);
});

Deno.test("supervisor: a start has its time", async () => {
  const rig = new Rig({ startMs: 300 });
  rig.ways = { loads: false, ends: true };
  const start = assertRejects(
    () => rig.supervisor.start(),
    Error,
    "The app was not ready within 300 ms",
  );
  await rig.clock.advance(300);
  await start;
});

Deno.test("supervisor: a thread that ends before it serves fails the start", async () => {
  const rig = new Rig();
  rig.ways = { loads: false, ends: true };
  const start = assertRejects(
    () => rig.supervisor.start(),
    Error,
    "A worker ended before it served",
  );
  rig.worker(1).die();
  await start;
});

Deno.test("supervisor: a lost worker is replaced, after pauses that grow", async () => {
  const rig = await started();
  for (let [number, pauseMs] = [2, PAUSE_MS]; pauseMs < 2_000; pauseMs *= 2) {
    rig.worker(number).die();
    await rig.clock.advance(pauseMs - 1);
    assertEquals(rig.workers.length, number);
    await rig.clock.advance(1);
    number++;
    assertEquals(rig.worker(number).said, ["listen 4000"]);
    assertEquals(rig.supervisor.numbers, [1, number]);
  }
  assertEquals(rig.incidents.slice(0, 4), [
    "lost 2",
    "replacing in 100",
    "lost 3",
    "replacing in 200",
  ]);
});

Deno.test("supervisor: workers that last begin with a short pause again", async () => {
  const rig = await started();
  rig.worker(2).die();
  await rig.clock.advance(PAUSE_MS);
  rig.worker(3).die();
  await rig.clock.advance(2 * PAUSE_MS);
  await rig.live(STEADY_MS, 1, 4);
  rig.worker(4).die();
  assertEquals(rig.incidents.at(-1), `replacing in ${PAUSE_MS}`);
});

Deno.test("supervisor: two that are lost at once are replaced together", async () => {
  const rig = await started();
  rig.worker(1).die();
  rig.worker(2).die();
  await rig.clock.advance(PAUSE_MS);
  assertEquals(rig.supervisor.numbers, [3, 4]);
});

Deno.test("supervisor: a replacement that cannot start is tried again, and the others serve on", async () => {
  const rig = await started();
  rig.ways = { loads: false, ends: true };
  rig.worker(1).die();
  await rig.clock.advance(PAUSE_MS);
  rig.worker(3).events.failed(new Error("bad code"));
  await settled();
  assertEquals(rig.incidents.slice(-2), ["not replaced: bad code", "replacing in 200"]);
  rig.ways = { loads: true, ends: true };
  await rig.clock.advance(2 * PAUSE_MS);
  assertEquals(rig.supervisor.numbers, [2, 4]);
});

Deno.test("supervisor: after an error that nobody caught a worker drains, and another one takes over", async () => {
  const rig = await started();
  rig.worker(1).events.failed(new Error("boom"));
  await rig.clock.advance(PAUSE_MS);
  assertEquals(rig.worker(1).said.slice(0, 2), ["listen 0", "shutdown 0"]);
  assertEquals(rig.supervisor.numbers, [2, 3]);
  assertEquals(rig.incidents, ["crashed 1: boom", "replacing in 100"]);
});

Deno.test("supervisor: a reload exchanges all workers when the new ones listen", async () => {
  const rig = await started();
  rig.ways = { loads: false, ends: true };
  const reload = rig.supervisor.reload();
  await settled();
  rig.worker(3).events.loaded({ name: "app" });
  await settled();
  assertEquals(rig.worker(1).said, ["listen 0"]);
  rig.worker(4).events.loaded({ name: "app" });
  await reload;
  assertEquals(rig.worker(1).said, ["listen 0", "shutdown 0", "terminate"]);
  assertEquals(rig.supervisor.numbers, [3, 4]);
  assertEquals(rig.incidents, []);
});

Deno.test("supervisor: a reload that fails changes nothing", async () => {
  const rig = await started();
  rig.ways = { loads: false, ends: true };
  const reload = assertRejects(() => rig.supervisor.reload(), Error, "bad code");
  await settled();
  rig.worker(3).events.loaded({ name: "app" });
  rig.worker(4).events.failed(new Error("bad code"));
  await reload;
  assertEquals(rig.worker(1).said, ["listen 0"]);
  assertEquals(rig.worker(3).said, ["terminate"]);
  assertEquals(rig.supervisor.numbers, [1, 2]);
});

Deno.test("supervisor: reloads during another one are one, after it", async () => {
  const rig = await started();
  await Promise.all([rig.supervisor.reload(), rig.supervisor.reload(), rig.supervisor.reload()]);
  assertEquals(rig.supervisor.numbers, [5, 6]);
  await rig.supervisor.reload();
  assertEquals(rig.supervisor.numbers, [7, 8]);
});

Deno.test("supervisor: a worker lost during a reload does not make one too many", async () => {
  const rig = await started();
  rig.ways = { loads: false, ends: true };
  const reload = rig.supervisor.reload();
  await settled();
  rig.worker(1).die();
  await rig.clock.advance(PAUSE_MS);
  for (const number of [3, 4]) rig.worker(number).events.loaded({ name: "app" });
  await reload;
  rig.worker(5).events.loaded({ name: "app" });
  await settled();
  assertEquals(rig.supervisor.numbers, [3, 4]);
});

Deno.test("supervisor: a shutdown ends all, with one report", async () => {
  const rig = await started();
  const shutdown = rig.supervisor.shutdown(TIMES);
  assertEquals(rig.supervisor.phase, "leaving");
  assertEquals(await shutdown, { drained: 2, aborted: 4, forced: 6, drainMs: 40, abortMs: 5 });
  assertEquals(rig.worker(1).said, ["listen 0", "shutdown 500 leaving", "terminate"]);
  await rig.supervisor.finished;
  assertEquals([rig.supervisor.phase, rig.clock.pending, rig.incidents], ["ended", 0, []]);
  assertEquals(await rig.supervisor.shutdown(TIMES), await shutdown);
});

Deno.test("supervisor: a shutdown during a start or a reload ends that", async () => {
  const rig = new Rig();
  rig.ways = { loads: false, ends: true };
  const start = assertRejects(() => rig.supervisor.start());
  await rig.supervisor.shutdown(TIMES);
  await start;
  const reloading = await started();
  reloading.ways = { loads: false, ends: true };
  const reload = assertRejects(() => reloading.supervisor.reload());
  await settled();
  await reloading.supervisor.shutdown(TIMES);
  await reload;
  assertEquals(reloading.worker(3).said, ["terminate"]);
  await assertRejects(() => reloading.supervisor.reload(), Error, "The server is ending");
});

Deno.test("supervisor: nobody is replaced once the end has begun", async () => {
  const rig = await started();
  rig.worker(1).die();
  rig.ways = { loads: true, ends: true };
  await rig.supervisor.shutdown(TIMES);
  await rig.clock.advance(PAUSE_MOST_MS);
  assertEquals(rig.workers.length, 2);
});

Deno.test("supervisor: a worker that does not end is terminated, and one that cannot be is reported", async () => {
  const rig = new Rig();
  rig.ways = { loads: true, ends: false };
  await rig.supervisor.start();
  const shutdown = rig.supervisor.shutdown({ ...TIMES, readyDelay: 0 });
  await rig.clock.advance(3_099);
  assertEquals(rig.worker(1).said.at(-1), "shutdown 0 leaving");
  await rig.clock.advance(1);
  assertEquals(rig.worker(1).said.at(-1), "terminate");
  assertEquals((await shutdown).drained, 0);
  rig.worker(1).die();
  await rig.clock.advance(1_000);
  assertEquals(rig.incidents, ["stuck 2"]);
});

Deno.test("supervisor: force cuts everything, in a drain too", async () => {
  const rig = new Rig();
  rig.ways = { loads: true, ends: false };
  await rig.supervisor.start();
  const shutdown = rig.supervisor.shutdown(TIMES);
  rig.supervisor.force();
  assertEquals(rig.worker(2).said.at(-1), "force");
  rig.worker(2).end(REPORT);
  await rig.clock.advance(1_000);
  assertEquals(await shutdown, REPORT);
});

Deno.test("supervisor: a silent worker is reported and replaced; when it comes back it drains", async () => {
  const rig = await started();
  await rig.live(SILENT_MS + ALIVE_EVERY_MS, 1);
  assertEquals(rig.incidents, ["silent 2", "replacing in 100"]);
  await rig.clock.advance(PAUSE_MS);
  assertEquals(rig.supervisor.numbers, [1, 2, 3]);
  await rig.live(60_000, 1, 3);
  assertEquals(rig.incidents.length, 2);
  rig.worker(2).events.alive();
  await settled();
  assertEquals(rig.incidents.at(-1), "back 2");
  assertEquals(rig.worker(2).said.at(-2), "shutdown 0");
  assertEquals(rig.supervisor.numbers, [1, 3]);
});

Deno.test("supervisor: a thread that stood still itself does not take others for silent", async () => {
  const rig = await started();
  rig.clock.stall(60_000);
  // What the workers have said meanwhile comes before the next look.
  for (const number of [1, 2]) rig.worker(number).events.alive();
  await rig.live(5_000, 1, 2);
  assertEquals(rig.incidents, []);
});

Deno.test("supervisor: as many silent workers are replaced as there should be, and no more", async () => {
  const rig = await started({ count: 1 });
  await rig.clock.advance(SILENT_MS + 2 * ALIVE_EVERY_MS + PAUSE_MS);
  await rig.clock.advance(SILENT_MS + 2 * ALIVE_EVERY_MS + PAUSE_MS);
  await rig.clock.advance(120_000);
  assertEquals(rig.workers.length, 2);
  assertEquals(rig.incidents.filter((each) => each.startsWith("silent")).length, 2);
});

Deno.test("supervisor: a reload also gets rid of silent workers, as far as the runtime can", async () => {
  const rig = await started();
  await rig.live(SILENT_MS + ALIVE_EVERY_MS, 1);
  await rig.clock.advance(PAUSE_MS);
  await rig.supervisor.reload();
  assertEquals(rig.supervisor.numbers, [4, 5]);
  assertEquals(rig.worker(2).said.slice(-2), ["shutdown 0", "terminate"]);
});
