/**
 * Handlers that do what they should not, under every kind of request body, with clients that stay and
 * clients that leave at every stage. The client gets the answer that is due (its own, and whole or visibly
 * cut), the connection goes on or ends as it said, and nothing is left.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { eachOf, within } from "../support/time.ts";
import type { WireClient } from "../support/wire.ts";
import { BAD_ROUTES } from "./bad_routes.ts";
import { FaultServer, nextId } from "./child.ts";
import { BODIES, headFor, leave, LEAVINGS } from "./leaving.ts";

/** For the routes that never come to an end, and for clients that stay away. */
const TIMEOUTS = { handler: 600, body: 600, write: 600, idle: 600, linger: 300 };

/** The expected result of a route: a status and a text, or an answer that is cut in the middle. */
type Due =
  | readonly [status: number, text: string | ((id: string, length: number) => string)]
  | "cut";

const failure = (id: string) => `caught failure of ${id}`;
const fine = (id: string) => `ok ${id}`;
const measured = (id: string, length: number) => `ok ${id} ${length}`;
const NO_RESPONSE = "caught Cannot send the answer: it must be a Response, but is";
const UNSENDABLE = "caught Cannot send the response: ";
const TOO_LATE: Due = [503, ""];

const DUE: Readonly<Record<keyof typeof BAD_ROUTES, Due>> = {
  "throw": [500, failure],
  "throw-later": [500, failure],
  "throw-nothing": [500, "caught undefined"],
  "throw-after-body": [500, failure],
  "throw-amid-body": [500, failure],
  "stream-start": [500, failure],
  "stream-first": [500, failure],
  "stream-start-later": "cut",
  "stream-middle": "cut",
  "stream-string": "cut",
  "stream-short": "cut",
  "nothing": [500, `${NO_RESPONSE} undefined`],
  "null": [500, `${NO_RESPONSE} null`],
  "string": [500, `${NO_RESPONSE} a string`],
  "nothing-later": [500, `${NO_RESPONSE} undefined`],
  "look-alike": [500, `${NO_RESPONSE} an object`],
  "error-response": [500, `${UNSENDABLE}it is an error response, as Response.error() makes`],
  "read-response": [500, `${UNSENDABLE}its body was already used`],
  "locked-response": [500, `${UNSENDABLE}its body is locked by a reader`],
  "same": [200, fine],
  "body-unread": [200, fine],
  "body-locked": [200, fine],
  "body-partly": [200, fine],
  "body-partly-locked": [200, fine],
  "body-cancelled": [200, fine],
  "body-cancelled-amid": [200, fine],
  "body-teed": [200, fine],
  "body-teed-one": [200, measured],
  "body-teed-both": [200, (id, length) => `ok ${id} ${length},${length}`],
  "body-cloned": [200, measured],
  "body-twice": [500, "caught Body already consumed"],
  "body-forgotten": [200, fine],
  "body-returned": [200, (_, length) => "x".repeat(length)],
  "never": TOO_LATE,
  "never-after-body": TOO_LATE,
  "never-thenable": TOO_LATE,
  "stream-stalled": "cut",
  "stream-silent": "cut",
};

/** Never ends while its client reads. */
const UNENDING = ["stream-endless"];

/** Asks, and asks again on the same connection if that goes on. */
async function stay(server: FaultServer, route: string, body: keyof typeof BODIES): Promise<void> {
  const [field, bytes, length] = BODIES[body]!;
  const id = nextId();
  using client = await server.connect();
  const sending = client.sendWhileOpen(headFor(route, id, field) + bytes);
  if (DUE[route] === "cut") return await isCut(client, route, id);
  const [status, text] = DUE[route]!;
  const answer = await within(client.response({ method: "POST" }), `${route} with ${body}`);
  await sending;
  const due = typeof text === "string" ? text : text(id, length);
  const expected = route === "body-returned" && length === 5 ? "short" : due;
  assertEquals([answer.status, answer.text], [status, expected], `${route} with ${body}`);
  if (answer.header("connection") === null) {
    const next = nextId();
    const { text } = await client.ask(request({ target: `/get/${next}` }));
    assertEquals(text, `got ${next}`, `After ${route} with ${body}`);
    await client.closeWrite();
  }
  const { text: rest, end } = await client.remains();
  assertEquals([rest, end], ["", "clean"], `After ${route} with ${body}`);
}

/** The part of the answer that came is its own, and its end is visibly missing. */
async function isCut(client: WireClient, route: string, id: string): Promise<void> {
  const { text } = await within(client.remains(), `${route} to be cut`);
  const own = new RegExp(`^HTTP/1.1 200 OK\r\n[^]*\r\nx-id: ${id}\r\n`);
  // A stream that fails at once may do so before its head is written.
  if (text !== "" || route !== "stream-start-later") assertMatch(text, own, route);
  assert(!text.endsWith("0\r\n\r\n"), route);
  const named = new Set(text.slice(text.indexOf("\r\n\r\n")).match(/\d{6}/g) ?? []);
  assertEquals([...named].filter((each) => each !== id), [], route);
}

Deno.test("every bad route has an expected result", () => {
  assertEquals(Object.keys(BAD_ROUTES).sort(), [...Object.keys(DUE), ...UNENDING].sort());
});

Deno.test("handlers that fail, return nonsense or treat their body badly: clients get what is expected", async () => {
  await using server = await FaultServer.spawn({ timeouts: TIMEOUTS });
  const wrong: string[] = [];
  for (const body of Object.keys(BODIES)) {
    await eachOf(Object.keys(DUE), async (route) => {
      await stay(server, route, body).catch((error) => {
        wrong.push(`${route} with ${body}: ${error.message}`);
      });
      await server.assertServes();
    }, { width: 8 });
    await server.assertEmpty(`All routes with ${body}`);
  }
  assertEquals(wrong, []);
  assertEquals(await server.assertEnds(), "");
  console.log(`  ${Object.keys(DUE).length} handlers, ${Object.keys(BODIES).length} bodies each`);
});

Deno.test("the same Response twice is answered once, and is an error the second time", async () => {
  await using server = await FaultServer.spawn();
  const id = nextId();
  using client = await server.connect();
  const asked = request({ target: `/same/${id}` });
  assertEquals((await client.ask(asked)).text, `ok ${id}`);
  const again = await client.ask(asked);
  assertEquals([again.status, again.text], [500, `${UNSENDABLE}its body was already used`]);
  assertEquals((await client.ask(request({ target: `/get/${id}` }))).text, `got ${id}`);
});

for (const leaving of Object.keys(LEAVINGS)) {
  Deno.test(`clients that leave ${leaving}, whatever the handler does, leave nothing behind`, async () => {
    await using server = await FaultServer.spawn({ timeouts: TIMEOUTS });
    const routes = [...Object.keys(DUE), ...UNENDING];
    for (const body of Object.keys(BODIES)) {
      await eachOf(routes, (route) => leave(server, route, { body, leaving }), { width: 8 });
      await server.assertServes();
      await server.assertEmpty(`All routes with ${body}, left ${leaving}`);
    }
    assertEquals(await server.assertEnds(), "");
    console.log(`  ${routes.length} handlers, ${Object.keys(BODIES).length} bodies each`);
  });
}
