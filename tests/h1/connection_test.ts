import { get, head, testHeads } from "./heads.ts";

/** A GET in HTTP/1.0. */
function get10(...fields: string[]): string {
  return head("GET / HTTP/1.0", ...fields);
}

// RFC 9112 §9.3, RFC 9110 §7.6.1.
testHeads([
  ["keeps HTTP/1.1 alive", get(), { keepAlive: true }],
  ["keeps HTTP/1.1 alive when asked", get("Connection: keep-alive"), { keepAlive: true }],
  ["keeps HTTP/1.1 alive with other options", get("Connection: x, closed, clos"), {
    keepAlive: true,
  }],
  [
    "keeps HTTP/1.1 alive with options as long as those it knows",
    get("Connection: clotx, upgradx, keep-alivx, xlose, xpgrade, xeep-alive", "Upgrade: a"),
    { keepAlive: true, upgrade: false },
  ],
  ["closes HTTP/1.1 when asked", get("Connection: close"), { keepAlive: false }],
  ["closes in any case", get("cONNECTION:CLOSE"), { keepAlive: false }],
  ["closes with close among several options", get("Connection: x , close\t,y"), {
    keepAlive: false,
  }],
  ["closes with close after a bare comma", get("Connection: x,close"), { keepAlive: false }],
  [
    "closes with close before other fields",
    get(
      "Connection: close",
      "Expect: 100-continue",
      "Upgrade: a",
      "Connection: x",
      "Content-Length: 1",
    ),
    { keepAlive: false },
  ],
  ["closes with empty list elements", get("Connection: ,, close,"), { keepAlive: false }],
  ["closes with close in a later line", get("Connection: keep-alive", "Connection: close"), {
    keepAlive: false,
  }],
  ["closes with close in an earlier line", get("Connection: close", "Connection: x"), {
    keepAlive: false,
  }],
  ["closes with both options", get("Connection: keep-alive, close"), { keepAlive: false }],
  ["takes an empty Connection", get("Connection:"), { keepAlive: true }],
  ["takes names close to Connection for others", get("Connectiom: close", "Connections: close"), {
    keepAlive: true,
  }],
  ["closes HTTP/1.0", get10(), { keepAlive: false }],
  ["closes HTTP/1.0 when asked", get10("Connection: close"), { keepAlive: false }],
  ["closes HTTP/1.0 with an option as long as keep-alive", get10("Connection: keep-alivx"), {
    keepAlive: false,
  }],
  ["keeps HTTP/1.0 alive when asked", get10("Connection: keep-alive"), { keepAlive: true }],
  ["keeps HTTP/1.0 alive in any case", get10("Connection: a, Keep-Alive"), { keepAlive: true }],
  ["closes HTTP/1.0 with both options", get10("Connection: keep-alive, close"), {
    keepAlive: false,
  }],
  ["closes HTTP/1.0 with both in two lines", get10("Connection: close", "Connection: keep-alive"), {
    keepAlive: false,
  }],
]);

// RFC 9110 §10.1.1.
testHeads([
  ["expects 100 with a length", get("Expect: 100-continue", "Content-Length: 1"), {
    expectContinue: true,
  }],
  ["expects 100 with chunks", get("Transfer-Encoding: chunked", "eXPECT:100-CONTINUE"), {
    expectContinue: true,
  }],
  [
    "expects 100 said twice",
    get("Expect: 100-continue", "Expect: 100-continue", "Content-Length: 1"),
    {
      expectContinue: true,
    },
  ],
  ["expects nothing by itself", get("Content-Length: 1"), { expectContinue: false }],
  ["expects nothing without body", get("Expect: 100-continue"), { expectContinue: false }],
  ["expects nothing of an empty body", get("Expect: 100-continue", "Content-Length: 0"), {
    expectContinue: false,
  }],
  [
    "refuses another expectation",
    get("Expect: 100-continued", "Content-Length: 1"),
    "bad_expectation",
  ],
  ["refuses another expectation without body", get("Expect: x"), "bad_expectation"],
  ["expects nothing of an empty list", get("Expect: ,", "Content-Length: 1"), {
    expectContinue: false,
  }],
  ["skips empty expectations", get("Expect:, 100-continue ,,", "Content-Length: 1"), {
    expectContinue: true,
  }],
  ["refuses a second expectation", get("Expect: 100-continue, x"), "bad_expectation"],
  [
    "refuses a second expectation in its own line",
    get("Expect: 100-continue", "Expect: x"),
    "bad_expectation",
  ],
  [
    "refuses a first expectation in its own line",
    get("Expect: x", "Expect: 100-continue"),
    "bad_expectation",
  ],
  ["takes names close to Expect for others", get("Expecu: x", "Expects: x"), { keepAlive: true }],
  ["ignores Expect in HTTP/1.0", get10("Expect: 100-continue", "Content-Length: 1"), {
    expectContinue: false,
  }],
  ["ignores another expectation in HTTP/1.0", get10("Expect: x"), { expectContinue: false }],
]);

// RFC 9110 §7.8.
testHeads([
  ["sees an upgrade", get("Connection: upgrade", "Upgrade: websocket"), {
    upgrade: true,
    keepAlive: true,
  }],
  ["sees an upgrade in any case", get("uPGRADE: a", "Connection: x, UPGRADE"), { upgrade: true }],
  ["sees an upgrade with versions", get("Connection: upgrade", "Upgrade: a/1.0 ,\tb, c/2"), {
    upgrade: true,
  }],
  ["sees an upgrade over two lines", get("Connection: upgrade", "Upgrade: a", "Upgrade: b"), {
    upgrade: true,
  }],
  ["sees no upgrade without the option", get("Upgrade: websocket"), { upgrade: false }],
  ["sees no upgrade without the field", get("Connection: upgrade"), { upgrade: false }],
  ["sees no upgrade in an option close to it", get("Connection: upgradf", "Upgrade: a"), {
    upgrade: false,
  }],
  ["sees no upgrade in a field close to it", get("Connection: upgrade", "Upgradf: a"), {
    upgrade: false,
  }],
  ["sees no upgrade in an empty field", get("Connection: upgrade", "Upgrade:"), { upgrade: false }],
  ["sees no upgrade to what is no token", get("Connection: upgrade", "Upgrade: a b"), {
    upgrade: false,
  }],
  ["sees no upgrade to an empty version", get("Connection: upgrade", "Upgrade: a/"), {
    upgrade: false,
  }],
  ["sees no upgrade to a version alone", get("Connection: upgrade", "Upgrade: /1"), {
    upgrade: false,
  }],
  ["sees no upgrade to a version that is no token", get("Connection: upgrade", "Upgrade: a/?1"), {
    upgrade: false,
  }],
  ["sees no upgrade to a second that is no token", get("Connection: upgrade", "Upgrade: a,?b"), {
    upgrade: false,
  }],
  ["sees no upgrade to two versions", get("Connection: upgrade", "Upgrade: a/1/2"), {
    upgrade: false,
  }],
  ["skips empty elements", get("Connection: upgrade", "Upgrade: , a,,b/1 ,"), {
    upgrade: true,
  }],
  ["sees no upgrade in empty elements", get("Connection: upgrade", "Upgrade: , ,"), {
    upgrade: false,
  }],
  [
    "sees no upgrade when a line is malformed",
    get("Connection: upgrade", "Upgrade: a", "Upgrade: ?"),
    {
      upgrade: false,
    },
  ],
  ["sees no upgrade in HTTP/1.0", get10("Connection: upgrade", "Upgrade: a"), { upgrade: false }],
  ["ignores h2c", get("Connection: upgrade", "Upgrade: h2c"), { upgrade: false, keepAlive: true }],
  ["ignores H2C beside another", get("Connection: upgrade", "Upgrade: H2C, a"), {
    upgrade: true,
  }],
  ["sees an upgrade close to h2c", get("Connection: upgrade", "Upgrade: h2c/1"), { upgrade: true }],
  [
    "ignores h2c with a length",
    get("Connection: upgrade", "Upgrade: h2c", "Content-Length: 1"),
    { upgrade: false },
  ],
  [
    "refuses an upgrade with a length",
    get("Connection: upgrade", "Upgrade: a", "Content-Length: 1"),
    "bad_upgrade",
  ],
  [
    "refuses an upgrade with chunks",
    get("Connection: upgrade", "Upgrade: a", "Transfer-Encoding: chunked"),
    "bad_upgrade",
  ],
  [
    "sees an upgrade with an empty body",
    get("Connection: upgrade", "Upgrade: a", "Content-Length: 0"),
    {
      upgrade: true,
    },
  ],
  ["takes a body without the upgrade option", get("Upgrade: a", "Content-Length: 1"), {
    upgrade: false,
    contentLength: 1,
  }],
  [
    "takes a body with an upgrade in HTTP/1.0",
    get10("Connection: upgrade", "Upgrade: a", "Content-Length: 1"),
    {
      contentLength: 1,
    },
  ],
]);
