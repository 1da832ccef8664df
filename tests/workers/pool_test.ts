import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { FakeClock } from "../engine/fakes.ts";
import { resolvePoolOptions, type WorkersOptions } from "../../handlers/workers/options.ts";
import {
  ABORT_GRACE_MS,
  BACKOFF_MAX_MS,
  BACKOFF_MS,
  Pool,
  START_MS,
  type Task,
} from "../../handlers/workers/pool.ts";
import type { WorkerEvents, WorkerPort } from "../../handlers/workers/worker_port.ts";

/** A worker that does what the test says. */
class FakeWorker implements WorkerPort {
  readonly events: WorkerEvents;
  terminated = false;
  held = true;

  constructor(events: WorkerEvents) {
    this.events = events;
  }

  post(): void {}

  terminate(): void {
    this.terminated = true;
  }

  hold(held: boolean): void {
    this.held = held;
  }
}

/** A task that records what happens to it. */
class FakeTask implements Task {
  readonly log: string[] = [];

  begin(): void {
    this.log.push("begin");
  }

  receive(): void {}

  crashed(error: Error): void {
    this.log.push(`crashed: ${error.message}`);
  }

  timedOut(): void {
    this.log.push("timed out");
  }

  refused(why: string): void {
    this.log.push(`refused: ${why}`);
  }
}

function rig(options: WorkersOptions = {}) {
  const clock = new FakeClock();
  const workers: FakeWorker[] = [];
  const reports: string[] = [];
  const pool = new Pool(resolvePoolOptions({ max: 2, ...options }), {
    clock,
    spawn: (events) => {
      const worker = new FakeWorker(events);
      workers.push(worker);
      return worker;
    },
    report: (error) => reports.push(error.message),
  });
  const submit = () => {
    const task = new FakeTask();
    pool.submit(task);
    return task;
  };
  return { clock, workers, reports, pool, submit };
}

Deno.test("a worker is started only when all are busy and a request waits, up to max", () => {
  const { pool, workers, submit } = rig();
  assertEquals(workers.length, 0);
  const first = submit();
  assertEquals(workers.length, 1);
  workers[0]!.events.ready();
  assertEquals(first.log, ["begin"]);
  pool.release(first);
  const second = submit();
  assertEquals([workers.length, second.log[0]], [1, "begin"]);
  submit();
  assertEquals(workers.length, 2);
  submit();
  assertEquals([workers.length, pool.stats().queued], [2, 2]);
});

Deno.test("a free worker takes the request that waits longest", () => {
  const { pool, workers, submit } = rig({ max: 1 });
  const [first, second, third] = [submit(), submit(), submit()];
  workers[0]!.events.ready();
  pool.release(first);
  assertEquals([second.log, third.log], [["begin"], []]);
});

Deno.test("min workers are started at once, kept, and replaced", async () => {
  const { clock, pool, workers } = rig({ min: 1 });
  assertEquals(workers.length, 1);
  workers[0]!.events.ready();
  assertEquals(workers[0]!.held, false);
  await clock.advance(100_000);
  assertEquals(pool.stats().workers, 1);
  workers[0]!.events.crashed(new Error("gone"));
  await clock.advance(BACKOFF_MS);
  assertEquals(workers.length, 2);
});

Deno.test("a worker above min ends after idle ms", async () => {
  const { clock, pool, workers, submit } = rig({ idle: 1_000 });
  const task = submit();
  workers[0]!.events.ready();
  assertEquals(workers[0]!.held, true);
  pool.release(task);
  assertEquals(workers[0]!.held, false);
  await clock.advance(999);
  assertEquals(workers[0]!.terminated, false);
  await clock.advance(1);
  assertEquals([workers[0]!.terminated, pool.stats().workers], [true, 0]);
});

Deno.test("the queue is bounded in length and in time", async () => {
  const { clock, submit } = rig({ max: 1, queue: 2, wait: 1_000 });
  const [first, second, third] = [submit(), submit(), submit()];
  assertEquals(third.log, ["refused: queue full"]);
  await clock.advance(1_000);
  assertEquals(first.log, ["refused: waited too long"]);
  assertEquals(second.log, ["refused: waited too long"]);
});

Deno.test("a task given up while it waits is not begun", () => {
  const { pool, workers, submit } = rig({ max: 1 });
  const [first, second] = [submit(), submit()];
  pool.abandon(first);
  workers[0]!.events.ready();
  assertEquals([first.log, second.log], [[], ["begin"]]);
});

Deno.test("a task given up has its grace, then its worker is replaced", async () => {
  const { clock, pool, workers, submit } = rig({ max: 1 });
  const [first, second] = [submit(), submit()];
  workers[0]!.events.ready();
  pool.abandon(first);
  await clock.advance(ABORT_GRACE_MS - 1);
  assertEquals(workers[0]!.terminated, false);
  await clock.advance(1);
  assertEquals([workers[0]!.terminated, workers.length], [true, 2]);
  workers[1]!.events.ready();
  assertEquals([second.log, pool.stats().terminated], [["begin"], 1]);
});

Deno.test("a task that ends within its grace keeps its worker", async () => {
  const { clock, pool, workers, submit } = rig({ max: 1 });
  const task = submit();
  workers[0]!.events.ready();
  pool.abandon(task);
  await clock.advance(ABORT_GRACE_MS - 1);
  pool.release(task);
  await clock.advance(ABORT_GRACE_MS);
  assertEquals([workers[0]!.terminated, pool.stats().idle], [false, 1]);
});

Deno.test("the time of a task counts from its begin", async () => {
  const { clock, pool, workers, submit } = rig({ timeout: 500 });
  const task = submit();
  await clock.advance(1_000);
  workers[0]!.events.ready();
  await clock.advance(499);
  assertEquals(task.log, ["begin"]);
  await clock.advance(1);
  assertEquals([task.log[1], pool.stats().timedOut], ["timed out", 1]);
});

Deno.test("starts that fail wait twice as long each time, and fail one request each", async () => {
  const { clock, reports, workers, submit } = rig({ max: 1, wait: 600_000 });
  const tasks = Array.from({ length: 10 }, submit);
  for (let failures = 0; failures < 10; failures++) {
    workers[failures]!.events.crashed(new Error("no"));
    workers[failures]!.events.gone();
    assertEquals(tasks[failures]!.log, ["crashed: no"]);
    const pause = Math.min(BACKOFF_MS * 2 ** failures, BACKOFF_MAX_MS);
    await clock.advance(pause - 1);
    assertEquals(workers.length, failures + 1);
    await clock.advance(1);
    assertEquals(workers.length, Math.min(failures + 2, 10));
  }
  assertEquals(reports, []);
  submit();
  workers[10]!.events.ready();
  workers[10]!.events.crashed(new Error("later"));
  workers[10]!.events.gone();
  submit();
  assertEquals(workers.length, 12);
});

Deno.test("workers that load and fail before they had a task back off as failed starts do", async () => {
  const { clock, pool, reports, workers } = rig({ min: 1 });
  for (let failures = 0; failures < 4; failures++) {
    workers[failures]!.events.ready();
    workers[failures]!.events.crashed(new Error("later"));
    workers[failures]!.events.gone();
    await clock.advance(BACKOFF_MS * 2 ** failures - 1);
    assertEquals(workers.length, failures + 1);
    await clock.advance(1);
    assertEquals(workers.length, failures + 2);
  }
  assertEquals([reports.length, pool.stats().crashed], [4, 4]);
});

Deno.test("starts that were under way together and fail count as one", async () => {
  const { clock, workers, submit } = rig({ max: 4, wait: 60_000 });
  const tasks = Array.from({ length: 8 }, submit);
  for (const worker of workers) worker.events.crashed(new Error("no"));
  for (const worker of workers) worker.events.gone();
  assertEquals(tasks.filter(({ log }) => log.length === 1).length, 4);
  await clock.advance(BACKOFF_MS - 1);
  assertEquals(workers.length, 4);
  await clock.advance(1);
  assertEquals(workers.length, 8);
  for (const worker of workers.slice(4)) worker.events.crashed(new Error("no"));
  await clock.advance(2 * BACKOFF_MS - 1);
  submit();
  assertEquals(workers.length, 8);
  await clock.advance(1);
  assertEquals(workers.length, 9);
});

Deno.test("a close ends the pause after a failed start", async () => {
  const { clock, pool, workers } = rig({ min: 1 });
  workers[0]!.events.crashed(new Error("no"));
  workers[0]!.events.gone();
  await pool.close(20_000);
  assertEquals(clock.pending, 0);
});

Deno.test("a start that fails with nobody waiting is reported", () => {
  const { reports, workers } = rig({ min: 1 });
  workers[0]!.events.crashed(new Error("no"));
  assertEquals(reports, ["no"]);
});

Deno.test("a module that does not come to an end of loading is a failed start", async () => {
  const { clock, workers, submit } = rig({ wait: 60_000 });
  const task = submit();
  await clock.advance(START_MS);
  assertEquals(workers[0]!.terminated, true);
  assert(task.log[0]!.startsWith("crashed: The worker's module did not load"));
});

Deno.test("stuck threads are replaced up to max, then take places", async () => {
  const { clock, pool, workers, submit } = rig({ max: 1 });
  const stick = async (at: number) => {
    const task = submit();
    workers[at]!.events.ready();
    pool.abandon(task);
    await clock.advance(ABORT_GRACE_MS);
  };
  await stick(0);
  await stick(1);
  assertEquals(pool.stats().stuck, 2);
  assertEquals(submit().log, ["refused: all workers stuck"]);
  workers[0]!.events.gone();
  const last = submit();
  workers[2]!.events.ready();
  assertEquals(last.log, ["begin"]);
});

Deno.test("a thread that ends without a message has crashed", () => {
  const { pool, workers, submit } = rig();
  const task = submit();
  workers[0]!.events.ready();
  workers[0]!.events.gone();
  assertEquals(task.log, ["begin", "crashed: The worker ended itself"]);
  assertEquals([pool.stats().workers, pool.stats().stuck], [0, 0]);
});

Deno.test("a close waits for threads, but not for stuck ones", async () => {
  const { clock, pool, workers, submit } = rig({ max: 1 });
  const task = submit();
  workers[0]!.events.ready();
  const waiting = submit();
  let closed = false;
  const closing = pool.close(20_000).then(() => closed = true);
  assertEquals(waiting.log, ["refused: closed"]);
  assertEquals(submit().log, ["refused: closed"]);
  await clock.advance(10_000);
  assertEquals(closed, false);
  pool.release(task);
  assertEquals(workers[0]!.terminated, true);
  await clock.advance(500);
  await closing;
});

Deno.test("a close terminates what still runs at its deadline", async () => {
  const { clock, pool, workers, submit } = rig({ max: 1, timeout: 0 });
  const task = submit();
  workers[0]!.events.ready();
  let closed = false;
  const closing = pool.close(5_000).then(() => closed = true);
  const joining = pool.close(60_000);
  await clock.advance(4_999);
  assertEquals([closed, workers[0]!.terminated, clock.holds], [false, false, true]);
  await clock.advance(1);
  assertEquals(task.log, ["begin", "crashed: The worker was terminated"]);
  await clock.advance(500);
  await Promise.all([closing, joining]);
  assertEquals(
    [workers[0]!.terminated, pool.stats().workers, clock.pending],
    [true, 0, 0] as unknown[],
  );
});

for (
  const [options, error] of [
    [{ max: 0 }, RangeError],
    [{ min: 3, max: 2 }, RangeError],
    [{ timeout: -1 }, RangeError],
    [{ idle: "1" }, TypeError],
    [{ maximum: 1 }, TypeError],
    [null, TypeError],
  ] as const
) {
  Deno.test(`options ${JSON.stringify(options)} are refused`, () => {
    assertThrows(() => resolvePoolOptions(options as WorkersOptions), error);
  });
}
