/**
 * The application that the fault tests run. Every path is `/<route>/<id>`, and every answer carries the
 * id of its request in a field and throughout its body, so that a byte of another's answer shows. Dates
 * are fixed: two answers to the same request are the same bytes.
 *
 * @module
 */

import { upgradeOf } from "../support/upgrade.ts";
import { BAD_ROUTES } from "./bad_routes.ts";
import { DATE, fieldsOf, filledWith, LARGE_BYTES, type Route } from "./route.ts";

const GOOD_ROUTES: Readonly<Record<string, Route>> = {
  get: ({ id }) => new Response(`got ${id}`, { headers: fieldsOf(id) }),
  echo: async ({ id, request }) => {
    return new Response(`echo ${id} ${await request.text()}`, { headers: fieldsOf(id) });
  },
  stream: ({ id }) => new Response(inPieces(id), { headers: fieldsOf(id) }),
  large: ({ id }) => new Response(filledWith(id, LARGE_BYTES), { headers: fieldsOf(id) }),
  shout: ({ id, info }) => {
    shout(
      upgradeOf(info)({
        headers: { ...fieldsOf(id), "upgrade": "shout", "connection": "Upgrade" },
      }),
    ).catch(() => {});
    return new Response("not sent");
  },
};

/** Three pieces, each in a turn of its own. */
function inPieces(id: string): ReadableStream<Uint8Array> {
  let left = 3;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve));
      controller.enqueue(new TextEncoder().encode(`piece ${left} of ${id} `));
      if (--left === 0) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Sends back in capitals what comes, until the client ends. */
async function shout(conn: ReturnType<ReturnType<typeof upgradeOf>>): Promise<void> {
  const into = new Uint8Array(1024);
  for (let length = await conn.read(into); length !== null; length = await conn.read(into)) {
    const text = new TextDecoder().decode(into.subarray(0, length)).toUpperCase();
    await conn.write(new TextEncoder().encode(text));
  }
  // Not after a failure: the server itself must close a broken connection.
  conn.close();
}

/** The handler. */
export function app(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response> {
  const [, route = "", id = ""] = new URL(request.url).pathname.split("/");
  const answer = GOOD_ROUTES[route] ?? BAD_ROUTES[route];
  if (answer === undefined) return new Response(null, { status: 404 });
  // Not awaited: a route that throws at once has to throw through the server's own call.
  return answer({ id, request, info }) as Response | Promise<Response>;
}

/** Answers for a route that failed; names the request, as far as the error does. */
export function onError(error: unknown): Response {
  const text = error instanceof Error ? error.message : `${typeof error}`;
  return new Response(`caught ${text}`, { status: 500, headers: { date: DATE } });
}
