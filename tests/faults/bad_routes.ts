/**
 * Routes whose handlers do what handlers should not: fail at every stage, return what is no answer, treat
 * the request's body in every way there is, never come to an end. The expected result of each is in
 * `handlers_test.ts`.
 *
 * @module
 */

import { type Call, fieldsOf, filledWith, type Route } from "./route.ts";

const encoder = new TextEncoder();

/** The text in every piece of a bad stream. */
export const PIECE = "piece of ";

const PIECE_BYTES = 4_096;

function ok({ id }: Call, body: BodyInit | null = `ok ${id}`): Response {
  return new Response(body, { headers: fieldsOf(id) });
}

function piece(id: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(filledWith(PIECE + id, PIECE_BYTES));
}

function never(): Promise<never> {
  return new Promise(() => {});
}

/** A turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A stream of `count` pieces, each in a turn of its own, and then whatever `last` does. */
function pieces(
  id: string,
  count: number,
  last: (controller: ReadableStreamDefaultController<unknown>) => void | Promise<void>,
): ReadableStream<Uint8Array> {
  let left = count;
  return new ReadableStream<unknown>({
    async pull(controller) {
      if (left-- <= 0) {
        await last(controller);
        return;
      }
      await turn();
      controller.enqueue(piece(id));
    },
  }, { highWaterMark: 0 }) as ReadableStream<Uint8Array>;
}

function failure(id: string): Error {
  return new Error(`failure of ${id}`);
}

function fail(id: string): never {
  throw failure(id);
}

const FAILING: Readonly<Record<string, Route>> = {
  "throw": ({ id }) => fail(id),
  "throw-later": async ({ id }) => {
    await turn();
    fail(id);
  },
  "throw-nothing": () => {
    throw undefined;
  },
  "throw-after-body": async ({ id, request }) => {
    await request.text();
    fail(id);
  },
  "throw-amid-body": async ({ id, request }) => {
    await request.body?.getReader().read();
    fail(id);
  },
  "stream-start": (call) => {
    return ok(call, new ReadableStream({ start: () => Promise.reject(failure(call.id)) }));
  },
  "stream-start-later": (call) => {
    const start = () => turn().then(() => Promise.reject(failure(call.id)));
    return ok(call, new ReadableStream({ start }));
  },
  "stream-first": (call) => ok(call, pieces(call.id, 0, () => fail(call.id))),
  "stream-middle": (call) => ok(call, pieces(call.id, 2, () => fail(call.id))),
  "stream-string": (call) => ok(call, pieces(call.id, 2, (to) => to.enqueue(`not bytes`))),
  "stream-short": ({ id }) => {
    const headers = { ...fieldsOf(id), "content-length": String(3 * PIECE_BYTES) };
    return new Response(pieces(id, 2, (to) => to.close()), { headers });
  },
};

const once = new Map<string, Response>();

const RETURNING: Readonly<Record<string, Route>> = {
  "nothing": () => undefined,
  "null": () => null,
  "string": ({ id }) => id,
  "nothing-later": () => turn(),
  "look-alike": () => ({ status: 200, headers: new Headers(), body: null }),
  "error-response": () => Response.error(),
  "read-response": async (call) => {
    const response = ok(call);
    await response.text();
    return response;
  },
  "locked-response": (call) => {
    const response = ok(call, pieces(call.id, 1, (to) => to.close()));
    response.body?.getReader();
    return response;
  },
  /** The same Response for the same id, over and over. */
  "same": (call) => {
    const response = once.get(call.id) ?? ok(call);
    once.set(call.id, response);
    return response;
  },
};

const BODIES: Readonly<Record<string, Route>> = {
  "body-unread": (call) => ok(call),
  "body-locked": (call) => {
    call.request.body?.getReader();
    return ok(call);
  },
  "body-partly": async (call) => {
    const reader = call.request.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    return ok(call);
  },
  "body-partly-locked": async (call) => {
    await call.request.body?.getReader().read();
    return ok(call);
  },
  "body-cancelled": async (call) => {
    await call.request.body?.cancel();
    return ok(call);
  },
  "body-cancelled-amid": async (call) => {
    const reader = call.request.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    return ok(call);
  },
  "body-teed": (call) => {
    call.request.body?.tee();
    return ok(call);
  },
  "body-teed-one": async (call) => {
    const [one] = call.request.body!.tee();
    return ok(call, `ok ${call.id} ${(await new Response(one).text()).length}`);
  },
  "body-teed-both": async (call) => {
    const halves = call.request.body!.tee().map((half) => new Response(half).text());
    return ok(call, `ok ${call.id} ${(await Promise.all(halves)).map(({ length }) => length)}`);
  },
  "body-cloned": async (call) => {
    const copy = call.request.clone();
    return ok(call, `ok ${call.id} ${(await copy.text()).length}`);
  },
  "body-twice": async ({ request }) => {
    await request.text();
    await request.text();
  },
  "body-forgotten": (call) => {
    call.request.text().catch(() => {});
    return ok(call);
  },
  "body-returned": (call) => ok(call, call.request.body),
};

const ENDLESS: Readonly<Record<string, Route>> = {
  "never": () => never(),
  "never-after-body": async ({ request }) => {
    await request.text();
    await never();
  },
  "never-thenable": () => ({ then() {} }),
  "stream-stalled": (call) => ok(call, pieces(call.id, 1, never)),
  "stream-silent": (call) => ok(call, pieces(call.id, 0, never)),
  "stream-endless": (call) => ok(call, pieces(call.id, Infinity, never)),
};

/** All of them, by the first part of their path. */
export const BAD_ROUTES: Readonly<Record<string, Route>> = {
  ...FAILING,
  ...RETURNING,
  ...BODIES,
  ...ENDLESS,
};
