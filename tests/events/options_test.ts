import { eventStream, type EventStreamOptions, type EventStreamSource } from "../../mod.ts";
import { resolveStreamOptions } from "../../handlers/events/options.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const request = () => new Request("http://localhost/");

Deno.test("the defaults are those that are documented", () => {
  assertEquals(resolveStreamOptions({}), {
    heartbeatMs: 15_000,
    retryMs: 2_000,
    maxBufferedBytes: 1_048_576,
    onBufferFull: "close",
    onShutdown: "close",
  });
  assertEquals(resolveStreamOptions({ maxBufferedBytes: 0 }).maxBufferedBytes, Infinity);
});

const WRONG: readonly [
  options: unknown,
  error: typeof TypeError | typeof RangeError,
  message: string,
][] = [
  [null, TypeError, "Cannot use option 'eventStream': expected an object, received null"],
  [
    { hartbeat: 1 },
    TypeError,
    "Cannot use option 'eventStream.hartbeat': no such option, expected one of heartbeat, retry, " +
    "maxBufferedBytes, onBufferFull, onShutdown",
  ],
  [
    { heartbeat: -1 },
    RangeError,
    "Cannot use option 'heartbeat': expected a whole number from 0 to 2147483647 milliseconds, received -1",
  ],
  [
    { retry: 1.5 },
    RangeError,
    "Cannot use option 'retry': expected a whole number from 0 to 2147483647 milliseconds, received 1.5",
  ],
  [
    { maxBufferedBytes: "1" },
    TypeError,
    "Cannot use option 'maxBufferedBytes': expected a whole number from 0 to 9007199254740991 bytes, " +
    'received "1"',
  ],
  [
    { onBufferFull: "drop" },
    TypeError,
    'Cannot use option \'onBufferFull\': expected "close" or "dropOldest", received "drop"',
  ],
  [
    { onShutdown: true },
    TypeError,
    'Cannot use option \'onShutdown\': expected "close" or "finish", received true',
  ],
];

for (const [options, error, message] of WRONG) {
  Deno.test(`eventStream() refuses the options ${JSON.stringify(options)}`, () => {
    const call = () => eventStream(request(), () => {}, options as EventStreamOptions);
    assertEquals(assertThrows(call, error as typeof TypeError).message, message);
  });
}

for (
  const [source, received] of [[undefined, "undefined"], [null, "null"], ["text", '"text"'], [
    ["a"],
    "an array",
  ], [{}, "an object"]]
) {
  Deno.test(`eventStream() refuses ${received} as a source`, () => {
    const call = () => eventStream(request(), source as unknown as EventStreamSource);
    assertEquals(
      assertThrows(call, TypeError).message,
      "Cannot make an event stream: its source has to be an async iterable or a function, received " +
        received,
    );
  });
}

Deno.test("eventStream() answers with the fields of an event stream, which may be added to", () => {
  const response = eventStream(request(), () => {});
  response.headers.set("access-control-allow-origin", "*");
  assertEquals([response.status, ...response.headers], [
    200,
    ["access-control-allow-origin", "*"],
    ["cache-control", "no-store, no-transform"],
    ["content-type", "text/event-stream"],
    ["x-accel-buffering", "no"],
  ] as unknown[]);
});
