import {
  alertFor,
  beginsLikeHttp,
  beginsLikeTls,
  CERTIFICATE_REFUSED,
  HTTP_TO_TLS,
  UnknownServerName,
} from "../../handlers/tls/refusals.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { fromLatin1, latin1 } from "../support/wire.ts";

/** The beginning of a ClientHello that says this version. */
function hello(version: string): string {
  return "\x16\x03\x01\x00\xff\x01\x00\x00\xfb" + version + "rest";
}

const TLS_1_1 = hello("\x03\x02");
const TLS_1_2 = hello("\x03\x03");

const ALERTS: readonly (readonly [error: object, hello: string, alert: number])[] = [
  [{ code: "ERR_SSL_NO_APPLICATION_PROTOCOL", message: "" }, TLS_1_2, 120],
  [new UnknownServerName(), TLS_1_2, 112],
  [{ message: "peer is incompatible: NoKxGroupsInCommon" }, TLS_1_2, 40],
  [{ message: "peer is incompatible: SignatureAlgorithmsExtensionRequired" }, TLS_1_1, 70],
  [{ message: "peer is incompatible: Tls13RequiredForQuic, version" }, TLS_1_2, 70],
  [{ message: "peer is incompatible: Tls12NotOffered" }, TLS_1_2, 70],
  [{ message: "received corrupt message of type InvalidContentType" }, TLS_1_2, 50],
  [{}, "\x16\x03", 40],
];

for (const [error, first, alert] of ALERTS) {
  Deno.test(`alertFor() says ${alert} for ${Deno.inspect(error).split("\n")[0]}`, () => {
    assertEquals([...alertFor(error, latin1(first))], [21, 3, 3, 0, 2, 2, alert]);
  });
}

Deno.test("what a connection begins with tells HTTP from TLS and from neither", () => {
  const rows: readonly (readonly [bytes: string, http: boolean, tls: boolean])[] = [
    ["GET / HTTP/1.1\r\n", true, false],
    ["get", true, false],
    ["\x16\x03\x01", false, true],
    ["\x00", false, false],
    ["[", false, false],
    ["@", false, false],
    ["", false, false],
  ];
  for (const [bytes, http, tls] of rows) {
    const given = latin1(bytes);
    assertEquals([beginsLikeHttp(given), beginsLikeTls(given)], [http, tls], JSON.stringify(bytes));
  }
});

Deno.test("the answers to clients that are refused are whole answers", () => {
  for (const answer of [HTTP_TO_TLS, CERTIFICATE_REFUSED]) {
    const [head = "", body = ""] = fromLatin1(answer).split("\r\n\r\n");
    assertMatch(head, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assertMatch(head, new RegExp(`\r\nContent-Length: ${body.length}\r\nConnection: close$`));
  }
});
