/**
 * The opening handshake on raw sockets (RFC 6455 §4.2): what is accepted, and with which status the rest is
 * refused. Each row whole and byte by byte.
 *
 * @module
 */

import { upgradeWebSocket, type UpgradeWebSocketOptions } from "../../mod.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { chunked, head } from "../support/requests.ts";
import { Running } from "../support/servers.ts";
import { eachOf } from "../support/time.ts";
import { weirServe } from "../support/weir.ts";
import { ACCEPT, KEY } from "./raw_socket.ts";
import { socketServer } from "./servers.ts";

interface HandshakeRow {
  readonly name: string;
  /** The whole request. */
  readonly sent: string;
  readonly status: number;
  /** Fields of the answer; `null` for one that is not there. */
  readonly fields?: Readonly<Record<string, string | null>>;
  readonly options?: UpgradeWebSocketOptions;
}

interface RequestParts {
  readonly line?: string;
  readonly host?: string | null;
  readonly upgrade?: string | null;
  readonly connection?: string | null;
  readonly key?: string | null;
  readonly version?: string | null;
  readonly more?: readonly string[];
}

/** A handshake that is right but for what `parts` says; `null` leaves a field out. */
function asking(parts: RequestParts = {}): string {
  const { line = "GET /chat HTTP/1.1", host = "h:80", upgrade = "websocket" } = parts;
  const { connection = "Upgrade", key = KEY, version = "13", more = [] } = parts;
  const field = (name: string, value: string | null) => value === null ? [] : [`${name}: ${value}`];
  return head(
    line,
    ...field("Host", host),
    ...field("Upgrade", upgrade),
    ...field("Connection", connection),
    ...field("Sec-WebSocket-Key", key),
    ...field("Sec-WebSocket-Version", version),
    ...more,
  );
}

const accepts = (name: string, parts: RequestParts, rest: Partial<HandshakeRow> = {}) => ({
  name,
  sent: asking(parts),
  status: 101,
  ...rest,
});
const refuses = (
  ...[name, status, parts, rest = {}]: [string, number, RequestParts, Partial<HandshakeRow>?]
): HandshakeRow => ({
  name,
  sent: asking(parts),
  status,
  ...rest,
});

const CONSENT = {
  "sec-websocket-accept": ACCEPT,
  "upgrade": "websocket",
  "connection": "Upgrade",
  "sec-websocket-protocol": null,
  "sec-websocket-extensions": null,
  "content-length": null,
  "transfer-encoding": null,
};
const offering = (list: string): RequestParts => ({ more: [`Sec-WebSocket-Protocol: ${list}`] });
const from = (origin: string): RequestParts => ({ more: [`Origin: ${origin}`] });
const SAME: UpgradeWebSocketOptions = { allowedOrigins: "same" };
const LISTED: UpgradeWebSocketOptions = { allowedOrigins: ["https://a.example"] };

const ROWS: readonly HandshakeRow[] = [
  accepts("the example of the RFC", {}, { fields: CONSENT }),
  accepts("tokens in other cases", { upgrade: "WebSocket", connection: "upgrade" }),
  accepts("tokens in capitals", { upgrade: "WEBSOCKET", connection: "UPGRADE" }),
  accepts("a list of options", { connection: "keep-alive, Upgrade" }),
  accepts("a list without spaces", { connection: "keep-alive,upgrade" }),
  accepts("a list of protocols", { upgrade: "h2c, websocket" }),
  accepts("a query", { line: "GET /chat?room=1 HTTP/1.1" }),
  accepts("an absolute target", { line: "GET http://h:80/chat HTTP/1.1" }),
  accepts("another key", { key: "AAAAAAAAAAAAAAAAAAAAAA==" }, {
    fields: { "sec-websocket-accept": "ICX+Yqv66kxgM0FcWaLWlFLwTAI=" },
  }),
  accepts("an extension that nobody wants", { more: ["Sec-WebSocket-Extensions: x-strange"] }),
  accepts("compression, which is off", {
    more: ["Sec-WebSocket-Extensions: permessage-deflate"],
  }, { fields: { "sec-websocket-extensions": null } }),
  accepts("protocols that nobody asks for", offering("a, b"), {
    fields: { "sec-websocket-protocol": null },
  }),
  accepts("the first protocol", offering("a, b"), {
    options: { protocol: "a" },
    fields: { "sec-websocket-protocol": "a" },
  }),
  accepts("the last protocol, without spaces", offering("a,b"), {
    options: { protocol: "b" },
    fields: { "sec-websocket-protocol": "b" },
  }),
  accepts("protocols in two fields", {
    more: ["Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"],
  }, { options: { protocol: "b" }, fields: { "sec-websocket-protocol": "b" } }),
  accepts("a length of zero", { more: ["Content-Length: 0"] }),
  refuses("a protocol that was not offered", 400, offering("a"), { options: { protocol: "b" } }),
  refuses("a protocol in another case", 400, offering("A"), { options: { protocol: "a" } }),
  refuses("a protocol where none was offered", 400, {}, { options: { protocol: "b" } }),
  refuses("a protocol that is no token", 400, offering("a b")),
  refuses("an empty protocol", 400, offering("a,,b")),
  refuses("no Upgrade", 400, { upgrade: null }),
  refuses("another protocol", 400, { upgrade: "h2c" }),
  refuses("a protocol that begins alike", 400, { upgrade: "websockets" }),
  refuses("no Connection", 400, { connection: null }),
  refuses("Connection without the option", 400, { connection: "keep-alive" }),
  refuses("an option that begins alike", 400, { connection: "upgrades" }),
  refuses("no key", 400, { key: null }),
  refuses("an empty key", 400, { key: "" }),
  refuses("a key of 15 bytes", 400, { key: "AAAAAAAAAAAAAAAAAAAA" }),
  refuses("a key of 17 bytes", 400, { key: "AAAAAAAAAAAAAAAAAAAAAAA=" }),
  refuses("a key that is not base64", 400, { key: "!!!!!!!!!!!!!!!!!!!!!!==" }),
  refuses("a key of base64url", 400, { key: "__________-__________w==" }),
  refuses("a key without its padding", 400, { key: KEY.slice(0, -2) }),
  refuses("two keys", 400, { more: [`Sec-WebSocket-Key: ${KEY}`] }),
  ...[null, "", "0", "7", "8", "12", "14", "13.0", "013", "x"].map((version) =>
    refuses(`the version ${version}`, 426, { version }, {
      fields: { "sec-websocket-version": "13", upgrade: "websocket" },
    })
  ),
  refuses("two versions", 426, { more: ["Sec-WebSocket-Version: 8"] }),
  ...["HEAD", "OPTIONS", "DELETE", "get"].map((method) =>
    refuses(`the method ${method}`, 405, { line: `${method} /chat HTTP/1.1` }, {
      fields: { allow: "GET" },
    })
  ),
  refuses("POST without a body", 405, {
    line: "POST /chat HTTP/1.1",
    more: ["Content-Length: 0"],
  }),
  refuses("HTTP/1.0", 400, { line: "GET /chat HTTP/1.0" }),
  refuses("HTTP/2.0 in a request line", 505, { line: "GET /chat HTTP/2.0" }),
  refuses("no Host", 400, { host: null }),
  refuses("two Hosts", 400, { more: ["Host: other"] }),
  {
    name: "a body with a length",
    sent: asking({ more: ["Content-Length: 3"] }) + "abc",
    status: 400,
  },
  {
    name: "a body in chunks",
    sent: asking({ more: ["Transfer-Encoding: chunked"] }) + chunked("abc"),
    status: 400,
  },
  accepts("the same origin", from("http://h:80"), { options: SAME }),
  accepts("the same origin through TLS", from("https://h:80"), { options: SAME }),
  accepts("no origin, where it must be the same", {}, { options: SAME }),
  refuses("another host", 403, from("http://evil.example"), { options: SAME }),
  refuses("another port", 403, from("http://h:81"), { options: SAME }),
  refuses("an opaque origin", 403, from("null"), { options: SAME }),
  refuses("an origin that is no URL", 403, from("h:80 "), { options: SAME }),
  refuses("two origins", 403, { more: ["Origin: http://h:80", "Origin: http://h:80"] }, {
    options: SAME,
  }),
  accepts("a listed origin", from("https://a.example"), { options: LISTED }),
  accepts("no origin, where some are listed", {}, { options: LISTED }),
  refuses("an origin that is not listed", 403, from("https://b.example"), { options: LISTED }),
  refuses("an origin that begins alike", 403, from("https://a.example.evil"), { options: LISTED }),
  refuses("a listed host with another scheme", 403, from("http://a.example"), { options: LISTED }),
  accepts("an origin that a function allows", from("https://c.example"), {
    options: { allowedOrigins: (origin) => origin === "https://c.example" },
  }),
  refuses("no origin, which a function refuses", 403, {}, {
    options: { allowedOrigins: (origin) => origin !== null },
  }),
];

for (const how of ["whole", "byte by byte"] as const) {
  Deno.test(`handshakes: ${ROWS.length} rows ${how}`, async () => {
    await eachOf(ROWS, async (row) => {
      const errors: unknown[] = [];
      const own = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
      // With Weir's own answers to what the handler throws.
      await using server = new Running(
        weirServe(own, (request) => {
          try {
            return upgradeWebSocket(request, row.options).response;
          } catch (error) {
            errors.push(error);
            throw error;
          }
        }),
        [],
      );
      using client = await server.connect();
      if (how === "whole") await client.send(row.sent);
      else await client.sendByteByByte(row.sent);
      const answer = await client.response({ method: row.sent.split(" ")[0]! });
      assertEquals(answer.status, row.status, row.name);
      for (const [name, value] of Object.entries(row.fields ?? {})) {
        assertEquals(answer.headers(name), value === null ? [] : [value], `${row.name}: ${name}`);
      }
      assert(errors.every((error) => error instanceof TypeError), row.name);
    }, { width: 8 });
  });
}

Deno.test("a refused handshake leaves the connection to further requests", async () => {
  await using sockets = socketServer();
  using client = await sockets.server.connect();
  await client.send(asking({ version: "8" }));
  assertEquals((await client.response()).status, 500);
  await client.send(asking());
  assertEquals((await client.response()).status, 101);
});

Deno.test("upgradeWebSocket() takes a request of Weir's alone", () => {
  const headers = {
    upgrade: "websocket",
    connection: "upgrade",
    "sec-websocket-key": KEY,
    "sec-websocket-version": "13",
  };
  assertThrows(() => upgradeWebSocket(new Request("http://h/", { headers })), TypeError);
});

Deno.test("upgradeWebSocket() checks its options before anything else", () => {
  const request = new Request("http://h/");
  for (
    const options of [
      { idleTimeout: -1 },
      { idleTimeout: NaN },
      { idleTimeout: Infinity },
      { maxMessageBytes: -1 },
      { maxMessageBytes: 1.5 },
      { maxBufferedBytes: 2 ** 31 },
      { maxLifetime: -1 },
      { closeTimeout: -1 },
    ]
  ) assertThrows(() => upgradeWebSocket(request, options), RangeError);
  for (
    const options of [
      { idleTimeout: "1" },
      { protocol: 5 },
      { onBufferFull: "wait" },
      { allowedOrigins: "all" },
      { allowedOrigins: [1] },
      { compress: "yes" },
      { idleTimeOut: 1 },
    ]
  ) {
    const error = assertThrows(
      () => upgradeWebSocket(request, options as UpgradeWebSocketOptions),
      TypeError,
    );
    assert(/^Cannot use option/.test(error.message), error.message);
  }
});
