/**
 * One stream on a fake clock, pulled by hand: when its source is asked, what goes out and when, what each
 * kind of source may return, and how it ends.
 *
 * @module
 */

import { loadEncoder, type ServerSentEvent } from "../../handlers/events/encoding.ts";
import { LiveStream } from "../../handlers/events/live_stream.ts";
import { type EventStreamOptions, resolveStreamOptions } from "../../handlers/events/options.ts";
import type { EventSink, EventStreamSource, SourceResult } from "../../handlers/events/source.ts";
import type { EndListener } from "../../handlers/events/stream_end.ts";
import { FakeClock, settled } from "../engine/fakes.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { settles } from "../support/time.ts";

/** A stream and what its test needs to hold it by. */
interface Bench {
  readonly clock: FakeClock;
  readonly stream: LiveStream;
  /** Ends the stream from outside. */
  readonly outside: EndListener;
  /** The next piece as text; `null` for the end. */
  next(): Promise<string | null>;
}

function bench(source: EventStreamSource, options: EventStreamOptions = {}): Bench {
  const clock = new FakeClock();
  const listening = Promise.withResolvers<EndListener>();
  const tell = async (act: (listener: EndListener) => void) => act(await listening.promise);
  const stream = new LiveStream({
    source,
    lastEventId: "41",
    options: resolveStreamOptions(options),
    clock,
    loadEncoder,
    listen: (listener) => listening.resolve(listener),
    tally: () => null,
  });
  return {
    clock,
    stream,
    outside: {
      aborted: (reason) => void tell((listener) => listener.aborted(reason)),
      asked: (reason) => void tell((listener) => listener.asked(reason)),
    },
    async next() {
      const piece = await stream.pull();
      return piece === null ? null : new TextDecoder().decode(piece);
    },
  };
}

/** The first piece is the time to wait; the source begins with the second. */
async function begun(source: EventStreamSource, options?: EventStreamOptions): Promise<Bench> {
  const its = bench(source, options);
  assertEquals(await its.next(), `retry: ${options?.retry ?? 2_000}\n\n\n`);
  return its;
}

function dataOf(...texts: readonly string[]): string {
  return texts.map((text) => `data: ${text}\n\n`).join("");
}

// When the source is asked.

Deno.test("nothing of a source runs before the client has taken the head", async () => {
  let calls = 0;
  const its = bench(() => void calls++);
  await settled();
  assertEquals([await its.next(), calls], ["retry: 2000\n\n\n", 0] as unknown[]);
  its.stream.pull();
  assertEquals(calls, 1);
  its.stream.cancel("over");
});

Deno.test("an iterable is asked for its next event when the client has taken the one before", async () => {
  let asked = 0;
  const source: EventStreamSource = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false, value: String(++asked) }),
    }),
  };
  const its = await begun(source);
  for (let i = 1; i < 50; i++) {
    assertEquals([await its.next(), asked], [dataOf(String(i)), i] as unknown[]);
    await settled();
    assertEquals(asked, i);
  }
  its.stream.cancel("over");
});

Deno.test("a heartbeat does not ask an iterable a second time", async () => {
  let asked = 0;
  const source: EventStreamSource = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        asked++;
        return new Promise(() => {});
      },
    }),
  };
  const its = await begun(source, { heartbeat: 100 });
  for (let i = 0; i < 3; i++) {
    const next = its.next();
    await its.clock.advance(100);
    assertEquals([await next, asked], [": \n\n", 1] as unknown[]);
  }
  its.stream.cancel("over");
});

Deno.test("what a function sends at once goes out as one piece, and as whole events", async () => {
  const its = await begun(({ send }) => {
    for (const text of ["a", "b", "c"]) assertEquals(send(text), true);
  });
  assertEquals(await its.next(), dataOf("a", "b", "c"));
  its.stream.cancel("over");
});

Deno.test("flushed() resolves when all was taken, at once while nothing waits", async () => {
  const log: string[] = [];
  const its = await begun(async (events) => {
    await events.flushed();
    log.push("nothing waits");
    for (const text of ["a", "b"]) {
      events.send(text);
      await events.flushed();
      log.push(`${text} taken`);
    }
  });
  assertEquals([await its.next(), ...log], [dataOf("a"), "nothing waits"]);
  await settled();
  assertEquals(log.length, 1);
  assertEquals([await its.next(), ...log], [dataOf("b"), "nothing waits", "a taken"]);
  assertEquals([await its.next(), ...log], [null, "nothing waits", "a taken", "b taken"]);
});

Deno.test("a source gets the client's last id, and methods that work on their own", async () => {
  const its = await begun(({ lastEventId, send, close }) => {
    send(lastEventId);
    close();
    assertEquals(send("late"), false);
  });
  assertEquals([await its.next(), await its.next()], [dataOf("41"), null]);
});

// What a function may return.

interface Returned {
  readonly name: string;
  readonly source: (events: EventSink) => SourceResult | Promise<SourceResult>;
  readonly ends: boolean;
}

const RETURNED: readonly Returned[] = [
  { name: "nothing", source: ({ send }) => void send("x"), ends: false },
  { name: "a function", source: ({ send }) => (send("x"), () => {}), ends: false },
  {
    name: "a promise for a function",
    source: async ({ send }) => (await send("x"), () => {}),
    ends: false,
  },
  { name: "a promise for nothing", source: async ({ send }) => void await send("x"), ends: true },
  {
    name: "an async generator",
    source: async function* () {
      yield await Promise.resolve("x");
    },
    ends: true,
  },
  {
    name: "a promise for an iterable",
    source: () => Promise.resolve(ReadableStream.from(["x"])),
    ends: true,
  },
];

for (const { name, source, ends } of RETURNED) {
  Deno.test(`a function that returns ${name} ${ends ? "ends the stream" : "leaves it open"}`, async () => {
    const its = await begun(source);
    assertEquals(await its.next(), dataOf("x"));
    const end = its.next();
    assertEquals(await settles(end, 5), ends);
    its.stream.cancel("over");
    assertEquals(await end, null);
  });
}

// How a source is stopped.

type End = (its: Bench) => unknown;

const ENDS: readonly [name: string, end: End, reason: string][] = [
  ["the client's leaving", ({ outside }) => outside.aborted(new Error("left")), "Error: left"],
  ["a shutdown", ({ outside }) => outside.asked(new Error("asked")), "Error: asked"],
  ["a cancellation", ({ stream }) => stream.cancel(new Error("cut")), "Error: cut"],
];

for (const [name, end, reason] of ENDS) {
  Deno.test(`${name} calls the cleanup once, and aborts the signal`, async () => {
    const log: string[] = [];
    const its = await begun(({ signal }) => {
      signal.addEventListener("abort", () => log.push(`aborted: ${signal.reason}`));
      return () => void log.push(`cleaned up, aborted ${signal.aborted}`);
    });
    const next = its.next();
    await end(its);
    await settled();
    end(its);
    await next;
    assertEquals(log, [`aborted: ${reason}`, "cleaned up, aborted true"]);
  });

  Deno.test(`${name} ends a generator, with its finally block`, async () => {
    const log: string[] = [];
    const its = await begun(async function* ({ signal }) {
      try {
        yield "x";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield "late";
        log.push("went on");
      } finally {
        log.push("finally");
      }
    });
    assertEquals(await its.next(), dataOf("x"));
    const next = its.next();
    await end(its);
    assert(!`${await next}`.includes("late"));
    await settled();
    assertEquals(log, ["finally"]);
  });

  Deno.test(`${name} calls the return() of an iterator`, async () => {
    let returned = 0;
    const its = await begun({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          returned++;
          return Promise.reject(new DOMException("stopped", "AbortError"));
        },
      }),
    });
    const next = its.next();
    await end(its);
    await next;
    await settled();
    assertEquals(returned, 1);
  });

  Deno.test(`${name} before the source has begun never begins it`, async () => {
    let begun = 0;
    const its = bench(() => void begun++);
    const first = its.next();
    await end(its);
    await first;
    await settled();
    while (await its.next() !== null);
    assertEquals(begun, 0);
  });

  Deno.test(`a cleanup that comes after ${name} is called all the same`, async () => {
    const cleanup = Promise.withResolvers<() => void>();
    let calls = 0;
    const its = await begun(() => cleanup.promise);
    const next = its.next();
    await end(its);
    await next;
    cleanup.resolve(() => void calls++);
    await settled();
    assertEquals(calls, 1);
  });

  Deno.test(`${name} leaves no timer`, async () => {
    const its = await begun(() => {}, { heartbeat: 100 });
    const next = its.next();
    assertEquals(its.clock.pending, 1);
    await end(its);
    await next;
    assertEquals(its.clock.pending, 0);
  });
}

Deno.test("a source that has ended is not asked to end", async () => {
  let returned = 0;
  const its = await begun({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: true, value: undefined }),
      return: () => {
        returned++;
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  });
  assertEquals([await its.next(), returned], [null, 0]);
});

// What goes out at the end.

Deno.test("at a shutdown all that was sent goes out, and then a last retry", async () => {
  const its = await begun(({ send }) => void (send("a"), send("b")), { retry: 100 });
  assertEquals(await its.next(), dataOf("a", "b"));
  const next = its.next();
  its.outside.asked(undefined);
  assert(/^retry: \d\d?0?\n\n\n$/.test(`${await next}`), `${await next}`);
  assertEquals(await its.next(), null);
});

Deno.test("a shutdown while the client takes a piece leaves what waits to go out", async () => {
  const { promise, resolve } = Promise.withResolvers<EventSink>();
  const its = await begun((events) => resolve(events));
  const first = its.next();
  const { send } = await promise;
  send("a");
  await first;
  send("b");
  send("c");
  its.outside.asked(undefined);
  await settled();
  assertEquals(send("late"), false);
  assertEquals(await its.next(), dataOf("b", "c"));
  assert(/^retry: \d+\n\n\n$/.test(`${await its.next()}`));
  assertEquals(await its.next(), null);
});

Deno.test('with onShutdown "finish" a stream goes on to the end of its source', async () => {
  const its = await begun(async function* () {
    yield "a";
    await settled();
    yield "b";
  }, { onShutdown: "finish" });
  its.outside.asked(undefined);
  await settled();
  assertEquals([await its.next(), await its.next(), await its.next()], [
    dataOf("a"),
    dataOf("b"),
    null,
  ]);
});

Deno.test("what waits is thrown away when the client has left", async () => {
  const { promise, resolve } = Promise.withResolvers<EventSink>();
  const its = await begun((events) => resolve(events));
  const first = its.next();
  const { send } = await promise;
  send("a");
  await first;
  send("b");
  its.outside.aborted(undefined);
  await settled();
  assertEquals(await its.next(), null);
});

Deno.test("the last retry is at random up to the option, so that clients do not come back at once", async () => {
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const its = await begun(() => {}, { retry: 3 });
    const next = its.next();
    its.outside.asked(undefined);
    seen.add(Number(/^retry: (\d+)\n/.exec(`${await next}`)![1]));
  }
  assertEquals([...seen].sort(), [0, 1, 2, 3]);
});

// A buffer that is full.

Deno.test("a full buffer ends the stream after what waits, so that the client gets on by as much", async () => {
  const sent: boolean[] = [];
  let reason: unknown;
  const its = await begun(({ send, signal }) => {
    signal.addEventListener("abort", () => reason = signal.reason);
    for (const text of ["aa", "bb", "cc", "dd"]) sent.push(send(text));
  }, { maxBufferedBytes: 20 });
  assertEquals(sent.length, 0);
  assertEquals(await its.next(), dataOf("aa", "bb"));
  assertEquals(sent, [true, true, false, false]);
  assert(/^retry: \d+\n\n\n$/.test(`${await its.next()}`));
  assertEquals(await its.next(), null);
  assertEquals(
    String(reason),
    "AbortError: The client is too slow: the buffer of its event stream is full",
  );
});

Deno.test('with "dropOldest" the client misses the oldest, and the stream goes on', async () => {
  const its = await begun(({ send }) => {
    for (const text of ["aa", "bb", "cc", "dd"]) assertEquals(send(text), true);
  }, { maxBufferedBytes: 20, onBufferFull: "dropOldest" });
  assertEquals(await its.next(), dataOf("cc", "dd"));
  assertEquals(await settles(its.next(), 5), false);
  its.stream.cancel("over");
});

// Failures.

const FAILURES: readonly [name: string, source: EventStreamSource][] = [
  ["a function that throws", ({ send }) => {
    send("a");
    throw new RangeError("mine");
  }],
  ["an async function that rejects", async ({ send }) => {
    await send("a");
    throw new RangeError("mine");
  }],
  ["a generator that throws", async function* () {
    yield await Promise.resolve("a");
    throw new RangeError("mine");
  }],
  ["a ReadableStream that fails", () => {
    const left: string[] = ["a"];
    return new ReadableStream<string>({
      pull(controller) {
        const text = left.pop();
        if (text === undefined) controller.error(new RangeError("mine"));
        else controller.enqueue(text);
      },
    }, { highWaterMark: 0 });
  }],
];

for (const [name, source] of FAILURES) {
  Deno.test(`${name} fails the stream after what it has sent`, async () => {
    const its = await begun(source, { heartbeat: 100 });
    assertEquals(await its.next(), dataOf("a"));
    assertEquals((await assertRejects(() => its.next(), RangeError)).message, "mine");
    assertEquals(its.clock.pending, 0);
  });
}

Deno.test("an iterable whose Symbol.asyncIterator throws fails the stream", async () => {
  const its = await begun({
    [Symbol.asyncIterator]() {
      throw new RangeError("mine");
    },
  });
  await assertRejects(() => its.next(), RangeError);
});

Deno.test("an event that cannot be sent fails the stream of an iterable, which is ended", async () => {
  const log: string[] = [];
  const its = await begun(async function* () {
    try {
      yield { id: "a\nb", data: "x" };
    } finally {
      log.push("finally");
    }
  });
  await assertRejects(() => its.next(), TypeError);
  await settled();
  assertEquals(log, ["finally"]);
});

Deno.test("send() throws for an event that cannot be sent, and the stream goes on", async () => {
  const its = await begun(({ send }) => {
    let thrown: unknown;
    try {
      send({ event: "a\nb" });
    } catch (error) {
      thrown = error;
    }
    send(String(thrown));
  });
  assertEquals(
    await its.next(),
    dataOf("TypeError: Cannot send the event: its event contains a line break"),
  );
  its.stream.cancel("over");
});

Deno.test("an encoder that cannot be loaded fails the stream, and the source never begins", async () => {
  let begun = false;
  const stream = new LiveStream({
    source: () => void (begun = true),
    lastEventId: "",
    options: resolveStreamOptions({}),
    clock: new FakeClock(),
    loadEncoder: () => Promise.reject(new RangeError("not there")),
    listen: () => {},
    tally: () => null,
  });
  await assertRejects(() => stream.pull(), RangeError);
  stream.cancel("over");
  assertEquals(begun, false);
});

// The heartbeat.

Deno.test("a comment goes out when nothing came for as long as the heartbeat says", async () => {
  const { promise, resolve } = Promise.withResolvers<EventSink>();
  const its = await begun((events) => resolve(events), { heartbeat: 1_000 });
  let next = its.next();
  const { send } = await promise;
  await its.clock.advance(999);
  assertEquals(await settles(next, 5), false);
  await its.clock.advance(1);
  assertEquals(await next, ": \n\n");
  next = its.next();
  await its.clock.advance(700);
  send("x");
  assertEquals(await next, dataOf("x"));
  next = its.next();
  await its.clock.advance(999);
  assertEquals(await settles(next, 5), false, "an event puts the next comment off");
  await its.clock.advance(1);
  assertEquals(await next, ": \n\n");
  its.stream.cancel("over");
});

Deno.test("a client that takes nothing gets one comment at most when it does", async () => {
  const its = await begun(() => {}, { heartbeat: 100 });
  await its.clock.advance(10_000);
  const next = its.next();
  await its.clock.advance(100);
  assertEquals(await next, ": \n\n");
  const after = its.next();
  assertEquals(await settles(after, 5), false);
  its.stream.cancel("over");
});

Deno.test("with heartbeat 0 there is no comment and no timer", async () => {
  const its = await begun(() => {}, { heartbeat: 0 });
  const next = its.next();
  assertEquals(its.clock.pending, 0);
  await its.clock.advance(1_000_000);
  assertEquals(await settles(next, 5), false);
  its.stream.cancel("over");
});

Deno.test("random sends, pulls and beats keep every event once and in order", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const dice = diceOf(seed);
    const { promise, resolve } = Promise.withResolvers<EventSink>();
    const its = await begun((events) => resolve(events), { heartbeat: 50 });
    let text = "";
    let sent = 0;
    let pulling: Promise<void> | null = null;
    const pull = async () => {
      text += await its.next() ?? "end";
      pulling = null;
    };
    pulling = pull();
    const { send, close } = await promise;
    for (let step = 0; step < 60; step++) {
      const roll = dice(4);
      if (roll === 0) send({ data: String(sent++) } satisfies ServerSentEvent);
      else if (roll === 1) pulling ??= pull();
      else if (roll === 2) await its.clock.advance(dice(60));
      else await settled();
    }
    close();
    while (!text.endsWith("end")) {
      pulling ??= pull();
      await settled();
    }
    const got = [...text.matchAll(/data: (\d+)/g)].map(([, id]) => Number(id));
    assertEquals(got, Array.from({ length: sent }, (_, i) => i), `seed ${seed}`);
    assertEquals(its.clock.pending, 0);
  }
});

function diceOf(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % sides;
  };
}
