/**
 * A server for tests of the bench: `server.ts <how> <port>`. `good` answers as the app does; `wrong` always
 * with 500; `later` with 500 from its 300th answer on; `mortal` ends at its 300th.
 *
 * @module
 */

const LAST_GOOD = 300;

const [how, port] = Deno.args;
let answers = 0;

function answer(): Response {
  answers++;
  if (how === "mortal" && answers > LAST_GOOD) Deno.exit(7);
  const broken = how === "wrong" || (how === "later" && answers > LAST_GOOD);
  return broken ? new Response("Broken\r\n", { status: 500 }) : new Response("Hello World!\r\n");
}

Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen() {} }, answer);
