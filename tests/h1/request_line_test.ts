import { get, head, testHeads } from "./heads.ts";

const HOST = "Host: a";

testHeads([
  ["takes a request line", head("GET /a?b=c HTTP/1.1", HOST), {
    method: "GET",
    target: "/a?b=c",
    form: "origin",
    minorVersion: 1,
    fields: "Host: a\r\n\r\n",
    length: 32,
  }],
  ["takes HTTP/1.0", head("GET / HTTP/1.0"), { minorVersion: 0, host: null, fields: "\r\n" }],
  ["needs more of nothing", "", "more"],
  ["needs more of half a request line", "GET /a HTT", "more"],
  ["needs more of a request line", "GET / HTTP/1.1\r\n", "more"],
  ["needs more of a head without its last byte", get().slice(0, -1), "more"],

  // RFC 9112 §2.2
  ["skips one CRLF in front", "\r\n" + get(), { method: "GET", length: get().length + 2 }],
  ["refuses two CRLF in front", "\r\n\r\n" + get(), "bad_request_line"],
  ["refuses a bare LF in front", "\n" + get(), "bad_request_line"],
  ["refuses a bare CR in front", "\r" + get(), "bad_request_line"],
  ["refuses a space in front", " " + get(), "bad_request_line"],
  [
    "refuses a bare LF after the request line",
    "GET / HTTP/1.1\nHost: a\r\n\r\n",
    "bad_request_line",
  ],
  [
    "refuses a bare CR after the request line",
    "GET / HTTP/1.1\rHost: a\r\n\r\n",
    "bad_request_line",
  ],

  // RFC 9112 §3
  ["refuses two spaces before the target", head("GET  / HTTP/1.1", HOST), "bad_request_line"],
  ["refuses two spaces after the target", head("GET /  HTTP/1.1", HOST), "bad_request_line"],
  ["refuses a space after the version", head("GET / HTTP/1.1 ", HOST), "bad_request_line"],
  ["refuses a tab as the first space", head("GET\t/ HTTP/1.1", HOST), "bad_request_line"],
  ["refuses a space in the target", head("GET /a b HTTP/1.1", HOST), "bad_request_line"],
  ["refuses a line without version", head("GET /", HOST), "bad_request_line"],
  ["refuses a line without version, LF", "GET /\n", "bad_request_line"],
  ["refuses a line without target", head("GET HTTP/1.1", HOST), "bad_request_line"],
  ["refuses a line without method", head("/ HTTP/1.1", HOST), "bad_request_line"],
  ["refuses a TLS handshake", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", "tls_handshake"],
]);

for (
  const method of [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "get",
    "Get",
    "GEX",
    "XET",
    "XOST",
    "XONNECT",
    "GETS",
    "POSX",
    "PURGE",
    "DELETX",
    "OPTIONX",
    "A",
    "a-b.c!#$%&'*+^_`|~9",
  ]
) {
  testHeads([[`keeps the method ${method}`, head(`${method} / HTTP/1.1`, HOST), { method }]]);
}

testHeads([
  ["takes a method of 32 bytes", head("M".repeat(32) + " / HTTP/1.1", HOST), {
    method: "M".repeat(32),
  }],
  ["refuses a method of 33 bytes", head("M".repeat(33) + " / HTTP/1.1", HOST), "method_too_long"],
  ["refuses a method of 33 bytes at once", "M".repeat(33), "method_too_long"],
  ["refuses a method that is no token", head("G(T / HTTP/1.1", HOST), "bad_request_line"],
  ["refuses a method with obs-text", head("G\xc9T / HTTP/1.1", HOST), "bad_request_line"],

  // RFC 9110 §2.5, RFC 9112 §2.3
  ["refuses HTTP/2.0", head("GET / HTTP/2.0", HOST), "bad_version"],
  ["refuses HTTP/0.9", head("GET / HTTP/0.9", HOST), "bad_version"],
  ["refuses HTTP/1.2", head("GET / HTTP/1.2", HOST), "bad_version"],
  ["refuses HTTP/1.9", head("GET / HTTP/1.9", HOST), "bad_version"],
  ["refuses HTTP/2's preface as a version", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "bad_version"],
  ["refuses HTTP/1.10", head("GET / HTTP/1.10", HOST), "bad_request_line"],
  ["refuses HTTP/11.1", head("GET / HTTP/11.1", HOST), "bad_request_line"],
  ["refuses HTTP/1", head("GET / HTTP/1", HOST), "bad_request_line"],
  ["refuses HTTP/1.", head("GET / HTTP/1.", HOST), "bad_request_line"],
  ["refuses HTTP/x.1", head("GET / HTTP/x.1", HOST), "bad_request_line"],
  ["refuses HTTP/1.x", head("GET / HTTP/1.x", HOST), "bad_request_line"],
  ["refuses HTTP/1,1", head("GET / HTTP/1,1", HOST), "bad_request_line"],
  ["refuses http/1.1", head("GET / http/1.1", HOST), "bad_request_line"],
  ["refuses HTTP-1.1", head("GET / HTTP-1.1", HOST), "bad_request_line"],
  ["refuses XTTP/1.1", head("GET / XTTP/1.1", HOST), "bad_request_line"],
  ["refuses ICY/1.1", head("GET / ICY/1.1", HOST), "bad_request_line"],
  ["refuses a wrong version at its first byte", "GET / X", "bad_request_line"],
]);

// RFC 9112 §3.2: what a target may hold.
testHeads([
  [
    "takes every visible byte in a target",
    head("GET /!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ HTTP/1.1", HOST),
    {
      target: "/!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    },
  ],
  ["refuses a byte below the visible ones", head("GET /\x1f HTTP/1.1", HOST), "bad_target"],
  ["refuses NUL in the target", head("GET /\0 HTTP/1.1", HOST), "bad_target"],
  ["refuses a tab in the target", head("GET /\t HTTP/1.1", HOST), "bad_target"],
  ["refuses DEL in the target", head("GET /\x7f HTTP/1.1", HOST), "bad_target"],
  ["refuses a non-ASCII byte in the target", head("GET /\x80 HTTP/1.1", HOST), "bad_target"],
  ["refuses UTF-8 in the target", head("GET /\xc3\xa9 HTTP/1.1", HOST), "bad_target"],
  ["refuses 0xff in the target", head("GET /\xff HTTP/1.1", HOST), "bad_target"],
]);

// RFC 9112 §3.2.1 to §3.2.4: which form, for which method.
testHeads([
  ["keeps an origin-form as it is", head("GET //a/../b HTTP/1.1", HOST), {
    form: "origin",
    target: "//a/../b",
  }],
  ["takes absolute-form", head("GET http://b:80/c HTTP/1.1", HOST), {
    form: "absolute",
    target: "http://b:80/c",
    host: "a",
  }],
  ["takes absolute-form with https", head("GET https://b/ HTTP/1.1", HOST), { form: "absolute" }],
  ["takes absolute-form in any case", head("GET HtTp://b/ HTTP/1.1", HOST), { form: "absolute" }],
  ["takes absolute-form of a host alone", head("GET http://b HTTP/1.1", HOST), {
    form: "absolute",
  }],
  ["takes absolute-form with a query", head("GET http://b?c HTTP/1.1", HOST), { form: "absolute" }],
  ["takes absolute-form with a fragment", head("GET http://b#c HTTP/1.1", HOST), {
    form: "absolute",
  }],
  ["takes absolute-form with OPTIONS", head("OPTIONS http://b HTTP/1.1", HOST), {
    form: "absolute",
  }],
  ["takes an @ after the authority", head("GET http://b/@ HTTP/1.1", HOST), { form: "absolute" }],
  ["wants a Host beside absolute-form", head("GET http://b/ HTTP/1.1"), "bad_host"],
  [
    "wants a sound Host beside absolute-form",
    head("GET http://b/ HTTP/1.1", "Host: a b"),
    "bad_host",
  ],
  ["refuses absolute-form without authority", head("GET http:/// HTTP/1.1", HOST), "bad_target"],
  ["refuses absolute-form that ends early", head("GET http:// HTTP/1.1", HOST), "bad_target"],
  ["refuses https that ends early", head("GET https:// HTTP/1.1", HOST), "bad_target"],
  ["refuses absolute-form with a query alone", head("GET http://?a HTTP/1.1", HOST), "bad_target"],
  ["refuses absolute-form without slashes", head("GET http:b HTTP/1.1", HOST), "bad_target"],
  ["refuses userinfo", head("GET http://u@b/ HTTP/1.1", HOST), "bad_target"],
  ["refuses userinfo with password", head("GET http://u:p@b/ HTTP/1.1", HOST), "bad_target"],
  ["refuses a port that is none", head("GET http://b:8x/ HTTP/1.1", HOST), "bad_target"],
  ["refuses a host that is none", head("GET http://b<c/ HTTP/1.1", HOST), "bad_target"],
  [
    "refuses an address that no bracket ends",
    head("GET http://[::1/:80 HTTP/1.1", HOST),
    "bad_target",
  ],
  ["refuses another scheme", head("GET ftp://b/ HTTP/1.1", HOST), "bad_target"],
  ["refuses a scheme that only begins so", head("GET httpx://b/ HTTP/1.1", HOST), "bad_target"],
  ["takes OPTIONS *", head("OPTIONS * HTTP/1.1", HOST), { form: "asterisk", target: "*" }],
  ["refuses GET *", head("GET * HTTP/1.1", HOST), "bad_target"],
  ["refuses OPTIONS **", head("OPTIONS ** HTTP/1.1", HOST), "bad_target"],
  ["refuses OPTIONS *a", head("OPTIONS *a HTTP/1.1", HOST), "bad_target"],
  ["takes CONNECT with host and port", head("CONNECT b:443 HTTP/1.1", HOST), {
    method: "CONNECT",
    form: "authority",
    target: "b:443",
  }],
  ["takes CONNECT with an IPv6 address", head("CONNECT [::1]:1 HTTP/1.1", HOST), {
    form: "authority",
  }],
  ["takes CONNECT with the highest port", head("CONNECT b:65535 HTTP/1.1", HOST), {
    form: "authority",
  }],
  ["refuses CONNECT without port", head("CONNECT b HTTP/1.1", HOST), "bad_target"],
  ["refuses CONNECT with an empty port", head("CONNECT b: HTTP/1.1", HOST), "bad_target"],
  ["refuses CONNECT with port 0", head("CONNECT b:0 HTTP/1.1", HOST), "bad_target"],
  ["refuses CONNECT with too high a port", head("CONNECT b:65536 HTTP/1.1", HOST), "bad_target"],
  ["refuses CONNECT without host", head("CONNECT :80 HTTP/1.1", HOST), "bad_target"],
  ["refuses CONNECT with a path", head("CONNECT / HTTP/1.1", HOST), "bad_target"],
  ["refuses CONNECT with absolute-form", head("CONNECT http://b:80/ HTTP/1.1", HOST), "bad_target"],
  ["refuses CONNECT *", head("CONNECT * HTTP/1.1", HOST), "bad_target"],
  ["refuses authority-form for GET", head("GET b:80 HTTP/1.1", HOST), "bad_target"],
  ["refuses authority-form for OPTIONS", head("OPTIONS b:80 HTTP/1.1", HOST), "bad_target"],
  [
    "refuses connect in lower case with authority",
    head("connect b:80 HTTP/1.1", HOST),
    "bad_target",
  ],
  ["refuses a relative path", head("GET a/b HTTP/1.1", HOST), "bad_target"],
  ["refuses a query alone", head("GET ?a HTTP/1.1", HOST), "bad_target"],
]);
