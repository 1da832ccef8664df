import { get, head, type HeadCase, testHeads } from "./heads.ts";

/** A POST with these field lines and a Host. */
function post(...fields: string[]): string {
  return head("POST / HTTP/1.1", "Host: a", ...fields);
}

// RFC 9110 §8.6, RFC 9112 §6.3 items 5 to 7.
testHeads([
  ["frames no body without a field that does", post("Content-Type: a/b"), {
    framing: "none",
    contentLength: 0,
  }],
  ["frames by Content-Length", post("Content-Length: 5"), { framing: "length", contentLength: 5 }],
  ["frames by Content-Length for GET too", get("content-length:5"), {
    framing: "length",
    contentLength: 5,
  }],
  ["frames by Content-Length in HTTP/1.0", head("POST / HTTP/1.0", "Content-Length: 5"), {
    framing: "length",
    contentLength: 5,
  }],
  ["frames by Content-Length 0", post("Content-Length: 0"), {
    framing: "length",
    contentLength: 0,
  }],
  ["takes space around Content-Length", post("Content-Length: \t 5 \t"), { contentLength: 5 }],
  ["takes zeros before Content-Length", post("Content-Length: 0000000000000005"), {
    contentLength: 5,
  }],
  ["takes the largest exact Content-Length", post("Content-Length: 9007199254740991"), {
    contentLength: Number.MAX_SAFE_INTEGER,
  }],
]);

const BAD_LENGTHS = [
  "9007199254740992",
  "9007199254740993",
  "9999999999999999",
  "10000000000000000",
  "00000000000000005",
  "18446744073709551616",
  "",
  "+5",
  "-5",
  "5x",
  "x5",
  "0x5",
  "5 5",
  "5,5",
  "5, 5",
  "5;a",
  "1e3",
  "5.0",
  "\xb2",
];

testHeads([
  ...BAD_LENGTHS.map((value): HeadCase => [
    `refuses Content-Length ${JSON.stringify(value)}`,
    post(`Content-Length: ${value}`),
    "bad_framing",
  ]),
  ["refuses two Content-Lengths", post("Content-Length: 5", "Content-Length: 6"), "bad_framing"],
  [
    "refuses two equal Content-Lengths",
    post("Content-Length: 5", "x: y", "content-length: 5"),
    "bad_framing",
  ],
  [
    "refuses two Content-Lengths of 0",
    post("Content-Length: 0", "Content-Length: 0"),
    "bad_framing",
  ],
  [
    "refuses two Content-Lengths in HTTP/1.0",
    head("POST / HTTP/1.0", "Content-Length: 5", "Content-Length: 5"),
    "bad_framing",
  ],
  [
    "takes names close to Content-Length for others",
    post("Content-Lengti: x", "Content_Length: x", "Content-Lengthy: x"),
    {
      framing: "none",
    },
  ],
  ["refuses Content-Length with a space after its name", post("Content-Length : 5"), "bad_field"],
]);

// RFC 9112 §6.1, §6.3 items 3 and 4, §7.
testHeads([
  ["frames by chunked", post("Transfer-Encoding: chunked"), {
    framing: "chunked",
    contentLength: 0,
  }],
  ["frames by chunked in any case", post("tRANSFER-eNCODING:CHUNKed"), { framing: "chunked" }],
  ["takes space around chunked", post("Transfer-Encoding: \t chunked \t"), { framing: "chunked" }],
  [
    "takes names close to Transfer-Encoding for others",
    post("Transfer-Encodinh: x y", "Transfer_Encoding: x"),
    {
      framing: "none",
    },
  ],
  [
    "refuses Transfer-Encoding with Content-Length",
    post("Content-Length: 5", "Transfer-Encoding: chunked"),
    "bad_framing",
  ],
  [
    "refuses Content-Length with Transfer-Encoding",
    post("Transfer-Encoding: chunked", "Content-Length: 5"),
    "bad_framing",
  ],
  [
    "refuses Content-Length 0 with Transfer-Encoding",
    post("Transfer-Encoding: chunked", "Content-Length: 0"),
    "bad_framing",
  ],
  [
    "refuses Content-Length with an unknown coding",
    post("Transfer-Encoding: gzip, chunked", "Content-Length: 0"),
    "bad_framing",
  ],
  [
    "refuses Transfer-Encoding in HTTP/1.0",
    head("POST / HTTP/1.0", "Transfer-Encoding: chunked"),
    "bad_framing",
  ],
  [
    "refuses an unknown coding in HTTP/1.0",
    head("POST / HTTP/1.0", "Transfer-Encoding: gzip, chunked"),
    "bad_framing",
  ],
]);

const UNKNOWN = [
  "gzip, chunked",
  "gzip,chunked",
  "gzip \t,\t chunked",
  "identity, chunked",
  "a, b, chunked",
  "xchunked, chunked",
  "gzip;a=b, chunked",
  "gzip ; a = b, chunked",
  'gzip;a="b,;\\"c", chunked',
  'gzip;a="", chunked',
  "gzip;a=b;c=d, chunked",
];

const BAD_CODINGS = [
  "",
  " ",
  ",",
  "chunked,",
  ",chunked",
  "chunked, ,",
  "gzip, , chunked",
  "gzip",
  "identity",
  "xchunked",
  "chunkedx",
  "chunke",
  "chunked, gzip",
  "chunked, chunked",
  "chunked, gzip, chunked",
  "gzip, chunked, chunked",
  "chunked;a=b",
  "gzip, chunked;a=b",
  "chunked;",
  "chunked ;",
  "chunked;a=b, chunked",
  "chunked chunked",
  "gzip chunked",
  "gzip xchunked",
  "chunked x",
  "chunked\x80",
  '"chunked"',
  "chunked/1",
  "(x) chunked",
  "gzip;, chunked",
  "gzip;a, chunked",
  "gzip;a=, chunked",
  "gzip;=b, chunked",
  "gzip;a;b=c, chunked",
  "gzip;a:b, chunked",
  'gzip;a="b, chunked',
  'gzip;a="b\\", chunked',
  'gzip;a="b"c, chunked',
  "gzip;a=b c, chunked",
];

testHeads([
  ...UNKNOWN.map((value): HeadCase => [
    `does not know the coding in ${value}`,
    post(`Transfer-Encoding: ${value}`),
    "unknown_coding",
  ]),
  ...BAD_CODINGS.map((value): HeadCase => [
    `refuses Transfer-Encoding ${JSON.stringify(value)}`,
    post(`Transfer-Encoding: ${value}`),
    "bad_framing",
  ]),
  [
    "reads several Transfer-Encodings as one list",
    post("Transfer-Encoding: gzip", "x: y", "Transfer-Encoding: chunked"),
    "unknown_coding",
  ],
  [
    "refuses several with chunked first",
    post("Transfer-Encoding: chunked", "Transfer-Encoding: gzip"),
    "bad_framing",
  ],
  [
    "refuses several with chunked twice",
    post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "bad_framing",
  ],
  [
    "refuses several with an empty one last",
    post("Transfer-Encoding: chunked", "Transfer-Encoding:"),
    "bad_framing",
  ],
  [
    "refuses several with an empty one first",
    post("Transfer-Encoding:", "Transfer-Encoding: chunked"),
    "bad_framing",
  ],
  [
    "refuses several of which the first is malformed",
    post("Transfer-Encoding: a b", "Transfer-Encoding: chunked"),
    "bad_framing",
  ],
  [
    "refuses several of which the first is malformed and a later one unknown",
    post("Transfer-Encoding: a b", "Transfer-Encoding: gzip, chunked"),
    "bad_framing",
  ],
  ["refuses a vertical tab before chunked", post("Transfer-Encoding: \vchunked"), "bad_field"],
]);

// RFC 9110 §9.3.6.
testHeads([
  ["frames no body for CONNECT", head("CONNECT b:1 HTTP/1.1", "Host: b:1"), { framing: "none" }],
  [
    "refuses CONNECT with Content-Length",
    head("CONNECT b:1 HTTP/1.1", "Host: b:1", "Content-Length: 5"),
    "bad_framing",
  ],
  [
    "refuses CONNECT with Content-Length 0",
    head("CONNECT b:1 HTTP/1.1", "Host: b:1", "Content-Length: 0"),
    "bad_framing",
  ],
  [
    "refuses CONNECT with Transfer-Encoding",
    head("CONNECT b:1 HTTP/1.1", "Host: b:1", "Transfer-Encoding: chunked"),
    "bad_framing",
  ],
]);

// In which order errors count: what comes first in the bytes, then Host, framing, expectation, upgrade.
testHeads([
  ["names Host before framing", head("POST / HTTP/1.1", "Transfer-Encoding: gzip"), "bad_host"],
  [
    "names framing before the expectation",
    post("Expect: x", "Transfer-Encoding: gzip"),
    "bad_framing",
  ],
  [
    "names the expectation before the upgrade",
    post("Expect: x", "Connection: upgrade", "Upgrade: y", "Content-Length: 1"),
    "bad_expectation",
  ],
]);
