/**
 * Who the request is for: targets against Host, userinfo, ports, hosts that are spelled in two ways.
 *
 * @module
 */

import { head } from "../../support/requests.ts";
import { type Case, refused, served } from "../case.ts";
import { each, type Family } from "./family.ts";

const REFUSED = refused();
const HOST = "Host: h";

function hosts(lines: readonly string[]): Case[] {
  return each(REFUSED, lines.map((host) => head("GET / HTTP/1.1", `Host: ${host}`)));
}

const ABSOLUTE: Family = {
  name: "absolute-form against Host",
  about: "routing by the target or by the field",
  cases: [
    ...([
      ["http://o/", "http://o/"],
      ["http://o:81/a?b", "http://o:81/a?b"],
      ["HTTP://O/", "HTTP://O/"],
      ["http://o", "http://o/"],
      ["http://o?q", "http://o?q"],
      ["http://o/http://p/", "http://o/http://p/"],
      ["http://o//p/", "http://o//p/"],
      ["http://[::1]:81/", "http://[::1]:81/"],
      ["http://o/@p", "http://o/@p"],
      ["http://o:/", "http://o:/"],
    ] as const).map(([target, url]) => ({
      input: head(`GET ${target} HTTP/1.1`, HOST),
      outcome: served({ url, fields: { host: "h" } }),
    })),
    ...each(
      REFUSED,
      [
        "http://",
        "http:///",
        "http:/o/",
        "http:o/",
        "http//o/",
        "http:\\\\o\\",
        "http://o\\@h/",
        "http://o\\p/",
        "http:// o/",
        "http://o p/",
        "http://o\t/",
        "http://o\0/",
        "http://o:x/",
        "http://o:65536/",
        "http://o:-1/",
        "http://o:80:80/",
        "http://<o>/",
        "http://[o]/",
        "http://[::1/",
        "http://::1/",
        "http://%/",
        "http://%zz/",
        "http://\xe9/",
        "ftp://o/",
        "file:///etc",
        "gopher://o/",
        "javascript:a",
        "ws://o/",
        "o:80",
        "o/",
        "@o/",
        "?q",
      ].map((target) => head(`GET ${target} HTTP/1.1`, HOST)),
    ),
    ...each(REFUSED, [
      head("GET http://o/ HTTP/1.1"),
      head("GET http://o/ HTTP/1.1", "Host: o p"),
      head("GET http://o/ HTTP/1.1", HOST, "Host: o"),
      head("GET http://o/ HTTP/1.1", "Host:"),
    ]),
  ],
};

const USERINFO: Family = {
  name: "userinfo in an authority",
  about: "the host is before the at sign, or after it",
  cases: [
    ...each(
      REFUSED,
      [
        "http://u@h/",
        "http://u:p@h/",
        "http://@h/",
        "http://:@h/",
        "http://h@o/",
        "http://h:80@o/",
        "http://h:80@o:81/",
        "http://u@h@o/",
        "http://h%40o@p/",
        "http://h\\@o/",
      ].map((target) => head(`GET ${target} HTTP/1.1`, HOST)),
    ),
    ...hosts(["u@h", "u:p@h", "@h", "h@", "h@o", "h:80@o", "u@h:80", "h@o@p"]),
    ...each(
      REFUSED,
      ["u@h:80", "h:80@o:81", "@h:80"].map((target) => head(`CONNECT ${target} HTTP/1.1`, HOST)),
    ),
  ],
};

const HOSTS: Family = {
  name: "Host",
  about: "two hosts, hosts in lists, ports, paths, brackets, look-alikes",
  cases: [
    ...hosts([
      "",
      " ",
      "h i",
      "h\ti",
      "h/",
      "h/i",
      "/h",
      "h?i",
      "?h",
      "h#i",
      "h\\i",
      "http://h",
      "//h",
      "h:80:81",
      "h:x",
      "h:8x",
      "h:-1",
      "h:+80",
      "h:0x50",
      "h: 80",
      "h :80",
      "h:65536",
      "h:99999999999",
      "h:80/",
      ":80",
      ":",
      "[::1",
      "::1]",
      "::1",
      "[::1]x",
      "[::1]:x",
      "[::1%25eth0]",
      "[1::2::3]",
      "[v1.x]",
      "[]",
      "[h]",
      "h[::1]",
      "h%",
      "h%2",
      "h%zz",
      "h%20i",
      "h%00",
      "h%2fi",
      "h%40i",
      "h%3a80",
      "1.2.3.4.5",
      "999.1.1.1",
      "xn--h",
      '"h"',
      "<h>",
      "{h}",
      "h|i",
      "h^i",
      "h`i",
      "\xe9",
      "\xe2\x84\xaa",
      "h\xe3\x80\x82i",
      "h\0",
      "h\x01",
      "h\x7f",
      "h\r",
      "h\n",
    ]),
    ...each(REFUSED, [
      head("GET / HTTP/1.1"),
      head("GET / HTTP/1.1", HOST, "Host: o"),
      head("GET / HTTP/1.1", HOST, "host: h"),
      head("GET / HTTP/1.1", "Host:", HOST),
      head("GET / HTTP/1.1", HOST, "X: y", "HOST: o"),
      head("GET / HTTP/1.1", " Host: o", HOST),
      head("GET / HTTP/1.1", HOST, " Host: o"),
      head("GET / HTTP/1.1", "Host\0: o", HOST),
      head("GET / HTTP/1.1", "Host : o"),
      head("GET / HTTP/1.1", HOST, "Host : o"),
      head("GET / HTTP/1.1", "Host\xa0: o", HOST),
      head("GET / HTTP/1.0", HOST, "Host: o"),
      head("GET / HTTP/1.0", "Host: o p"),
    ]),
    ...[
      "h",
      "H",
      "h.",
      "h:80",
      "h:",
      "h:00080",
      "a,b",
      "a;b",
      "a%41b",
      "1.2.3.4",
      "999",
      "[::1]:8",
      "-",
      "_",
    ].map(
      (host) => ({
        input: head("GET / HTTP/1.1", `Host: ${host}`),
        outcome: served({ url: `http://${host}/`, fields: { host } }),
      }),
    ),
    ...["X-Host", "X-Forwarded-Host", "Forwarded", "X_Host", "Hosts", "Ho"].map((name) => ({
      input: head("GET / HTTP/1.1", HOST, `${name}: o`),
      outcome: served({ url: "http://h/" }),
    })),
  ],
};

/** The families of this file. */
export const TARGET_FAMILIES: readonly Family[] = [ABSOLUTE, USERINFO, HOSTS];
