/**
 * Where Weir takes what another server refuses, or ends where it goes on: each rule with the servers that
 * have another, an example, and why Weir's reading is the one it is. Everything that is not here is a fault
 * of Weir. (That Weir refuses what others take needs no entry: it is the stricter one.)
 *
 * @module
 */

import { GET, head, request } from "../support/requests.ts";
import type { Parting } from "./comparison.ts";
import { DIFFERENCES, EXTENSION_SPACE, STEERING_TRAILER } from "./differences.ts";
import type { Seen } from "./reading.ts";

/** A rule that Weir reads in another way than some. */
export interface Disagreement {
  readonly name: string;
  readonly section: string;
  readonly servers: readonly string[];
  /** What these servers do. */
  readonly theirs: string;
  readonly why: string;
  readonly example: string;
  /** Whether this is why the two parted; asked for the servers above only. */
  readonly applies: (parting: Parting) => boolean;
}

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    name: "a percent sign without two hexadecimal digits in a target",
    section: "RFC 3986 §2.1",
    servers: ["Go", "nginx"],
    theirs: "400",
    why:
      "Browsers send it, and the URL parser that the handler's `request.url` goes through takes it",
    example: request({ target: "/100%" }),
    applies: (parting) => /%(?![0-9a-f]{2})/i.test(targetAt(parting)),
  },
  {
    name: "an octet in a target that no URI has, such as `<` or `>`",
    section: "RFC 9112 §3.2",
    servers: ["hyper"],
    theirs: "400",
    why: "Browsers send some of them unencoded in queries; visible ASCII cannot end a request line",
    example: request({ target: "/a<b" }),
    applies: (parting) =>
      parting.theirs.error === "invalid URI" && /["<>`]/.test(targetAt(parting)),
  },
  {
    name: "an empty line before the request line",
    section: "RFC 9112 §2.2",
    servers: ["Go", "h11"],
    theirs: "400",
    why: "A server SHOULD ignore one; Weir takes one, and refuses two",
    example: `\r\n${GET}`,
    applies: (parting) =>
      parting.server === "h11"
        ? parting.theirs.error === "no request line received"
        : hasEmptyLine(parting),
  },
  {
    name: "an absolute-form whose host has other octets than letters, digits, `-` and `.`",
    section: "RFC 3986 §3.2.2",
    servers: ["Go", "hyper", "nginx"],
    theirs: "400; Go and hyper for a percent sign alone",
    why: "A registered name may hold them, and a URL can be made of each that Weir takes",
    example: request({ target: "http://%41b/" }),
    applies: (parting) => {
      const authority = authorityOf(parting.weir.requests[parting.at]) ?? "";
      return parting.server === "nginx"
        ? /[^a-z0-9.:[\]-]/i.test(authority)
        : authority.includes("%");
    },
  },
  {
    name: "a fragment right after the authority of an absolute-form",
    section: "RFC 9112 §3.2.2, RFC 3986 §3.5",
    servers: ["Go", "nginx"],
    theirs: "400",
    why: "No client sends a fragment; one that does means the part before it",
    example: request({ target: "http://h:#x" }),
    applies: (parting) => /^https?:\/\/[^/?#]*#/i.test(targetAt(parting)),
  },
  {
    name: "a query right after the authority of an absolute-form",
    section: "RFC 9110 §4.2.1, RFC 3986 §3.3",
    servers: ["HAProxy"],
    theirs: "400",
    why: "The path of an http URI may be empty before a query",
    example: request({ target: "http://h?a" }),
    applies: (parting) => /^https?:\/\/[^/?#]*\?/i.test(targetAt(parting)),
  },
  {
    name: "a field that frames a message, in a trailer section",
    section: "RFC 9110 §6.5.1, RFC 9112 §7.1.2",
    servers: ["h11", "HAProxy"],
    theirs: "refuses the body",
    why: "Fields that frame or route a message mean nothing in trailers; Weir drops them unread",
    example: head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") +
      "0\r\nTransfer-Encoding: identity\r\n\r\n",
    applies: ({ bytes }) => STEERING_TRAILER.test(bytes),
  },
  {
    name: "white space before the `;` of a chunk extension",
    section: "RFC 9112 §7.1.1, RFC 9110 §5.6.3",
    servers: ["h11"],
    theirs: "refuses the body",
    why: "Bad white space has to be read and dropped",
    example: head("POST / HTTP/1.1", "Host: h", "Transfer-Encoding: chunked") +
      "3 ;a\r\nabc\r\n0\r\n\r\n",
    applies: ({ bytes, theirs }) =>
      theirs.error?.startsWith("illegal chunk header") === true && EXTENSION_SPACE.test(bytes),
  },
  {
    name: "an expectation that nobody knows, in HTTP/1.0",
    section: "RFC 9110 §10.1.1",
    servers: ["Go"],
    theirs: "417",
    why: "HTTP/1.0 has no expectations: Weir ignores all of them, as it must 100-continue",
    example: head("GET / HTTP/1.0", "Expect: more"),
    applies: ({ bytes, weir, theirs, at }) =>
      theirs.error === "417" && isOld(bytes, weir.requests[at]),
  },
  {
    name: "`close` or `keep-alive` as a word within a connection option that is no token",
    section: "RFC 9110 §7.6.1",
    servers: ["Go", "nginx"],
    theirs: "takes the word",
    why: "An option is all that stands between two commas; no message ends elsewhere for it",
    example: request({ fields: ["Connection: x: close"] }) + GET,
    applies: ({ weir, at }) => optionsOf(weir.requests[at - 1]).some(hasWord),
  },
  {
    name: "a tab before or after the value of Host",
    section: "RFC 9112 §5",
    servers: ["nginx"],
    theirs: "400",
    why: "White space around a value is no part of it, tabs included",
    example: head("GET / HTTP/1.1", "Host:\th"),
    applies: ({ bytes }) => /\nhost:(?: *\t|[^\r\n]*\t *\r)/i.test(bytes),
  },
  {
    name: "an encoded NUL in a target",
    section: "RFC 3986 §2.1",
    servers: ["nginx"],
    theirs: "400",
    why: "It is percent-encoded as it has to be; what it stands for is the handler's affair",
    example: request({ target: "/%00" }),
    applies: (parting) => targetAt(parting).includes("%00"),
  },
  {
    name: "two lines of Expect",
    section: "RFC 9110 §10.1.1, §5.3",
    servers: ["nginx"],
    theirs: "400",
    why: "Expect is a list, which may come in several lines",
    example: request({ fields: ["Expect: 100-continue", "Expect: 100-continue"] }),
    applies: ({ weir, at }) => fieldsOf(weir.requests[at], "expect").length > 1,
  },
  {
    name: "a Connection field with `close`, then another with `keep-alive`",
    section: "RFC 9110 §5.3, RFC 9112 §9.3",
    servers: ["nginx"],
    theirs: "goes by the last",
    why: "Several lines are one list, and `close` is in it",
    example: request({ fields: ["Connection: close", "Connection: keep-alive"] }) + GET,
    applies: ({ weir, at }) =>
      fieldsOf(weir.requests[at - 1], "connection").length > 1 &&
      optionsOf(weir.requests[at - 1]).includes("close"),
  },
  {
    name: "a path that leads out of the root, such as `/..`",
    section: "RFC 3986 §5.2.4",
    servers: ["nginx"],
    theirs: "400",
    why:
      "Nothing is above the root: a URL parser drops the segment, and so does what Weir decides by path",
    example: request({ target: "/.." }),
    applies: (parting) => /^[^?#]*\/\.\.(?:[/?#]|$)/.test(targetAt(parting)),
  },
  {
    name: "a Connection field of which one octet is no ASCII",
    section: "RFC 9110 §7.6.1, §5.6.1.2",
    servers: ["hyper"],
    theirs: "reads none of its options, not even `close`",
    why: "The other options of the list are still there, and the stricter reading is to close",
    example: request({ fields: ["Connection: \xff, close"] }) + GET,
    applies: ({ weir, at }) => fieldsOf(weir.requests[at - 1], "connection").some(isNotAscii),
  },
  {
    name: "a method with other octets than A to Z, `_` and `-`, or TRACE or CONNECT",
    section: "RFC 9110 §9.1, §16.1.1",
    servers: ["nginx"],
    theirs: "400 or 405",
    why: "Methods are an open list of tokens; what one means is the handler's affair",
    example: request({ method: "brew" }),
    applies: ({ weir, at }) => /^(?:TRACE|CONNECT)$|[^A-Z_-]/.test(weir.requests[at]?.method ?? ""),
  },
  {
    name: "`OPTIONS *`",
    section: "RFC 9112 §3.2.4",
    servers: ["nginx"],
    theirs: "400",
    why: "The asterisk-form is one of the four forms of a target",
    example: request({ method: "OPTIONS", target: "*" }),
    applies: (parting) => targetAt(parting) === "*",
  },
  {
    name: "a fragment in a target",
    section: "RFC 9112 §3.2",
    servers: ["HAProxy"],
    theirs: "400",
    why: "No client sends one; the URL parser drops it, and it moves no end of any message",
    example: request({ target: "/a#b" }),
    applies: (parting) => targetAt(parting).includes("#"),
  },
  {
    name: "a body with GET, HEAD or DELETE in HTTP/1.0",
    section: "RFC 9112 §6",
    servers: ["HAProxy"],
    theirs: "413",
    why: "Content-Length frames it as it does any other; a proxy fears servers that do not look",
    example: head("GET / HTTP/1.0", "Content-Length: 3") + "abc",
    applies: ({ theirs }) => theirs.error === "413",
  },
  {
    name: "an absolute-form whose authority is not that of Host",
    section: "RFC 9112 §3.2.2",
    servers: ["HAProxy"],
    theirs: "400",
    why: "An origin server MUST ignore Host then, and Weir does",
    example: request({ target: "http://a/" }),
    applies: ({ weir, at }) => hasOtherHost(weir.requests[at]),
  },
  {
    name: "a request after one of HTTP/1.0 with `keep-alive`",
    section: "RFC 9112 §9.3",
    servers: ["h11"],
    theirs: "closes",
    why: "The connection persists if both say so",
    example: head("GET / HTTP/1.0", "Connection: keep-alive") + GET,
    applies: ({ bytes, weir, at }) => at > 0 && isOld(bytes, weir.requests[at - 1]),
  },
  {
    name: "a request after one of HTTP/1.0 with both `close` and `keep-alive`",
    section: "RFC 9112 §9.3",
    servers: ["Go"],
    theirs: "serves it",
    why: "`close` comes first in the list of that section",
    example: head("GET / HTTP/1.0", "Connection: keep-alive, close") + GET,
    applies: ({ weir, at }) => {
      const options = optionsOf(weir.requests[at - 1]);
      return options.includes("close") && options.includes("keep-alive");
    },
  },
];

/** Why Weir and another server parted; `undefined` for a fault. */
export function disagreementOf(parting: Parting): { readonly name: string } | undefined {
  const { server, bytes, weir, theirs, at } = parting;
  if (server === "Node") {
    return DIFFERENCES.find(({ applies }) => applies({ bytes, weir, node: theirs, at }));
  }
  return DISAGREEMENTS.find(({ servers, applies }) => servers.includes(server) && applies(parting));
}

function targetAt({ weir, at }: Parting): string {
  return weir.requests[at]?.target ?? "";
}

/** Whether a line end stands between the request and what came before. */
function hasEmptyLine({ bytes, weir, at }: Parting): boolean {
  const { method, target } = weir.requests[at] ?? { method: "", target: "" };
  const line = `\r\n${method} ${target} HTTP/`;
  const before = weir.requests[at - 1]?.body ?? "";
  return bytes.startsWith(line) || bytes.includes(`\r\n\r\n${line}`) ||
    (before !== "" && bytes.includes(before + line));
}

function authorityOf(seen: Seen | undefined): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(seen?.target ?? "")?.[1];
}

function hasOtherHost(seen: Seen | undefined): boolean {
  const authority = authorityOf(seen);
  return authority !== undefined && authority !== fieldsOf(seen, "host")[0];
}

/** An option that is no token, in which one stands that steers the connection. */
function hasWord(option: string): boolean {
  const words = option.split(/[^!#$%&'*+.^_`|~0-9a-z-]+/);
  return words.length > 1 && (words.includes("close") || words.includes("keep-alive"));
}

function isNotAscii(value: string): boolean {
  return /[\x80-\xff]/.test(value);
}

function isOld(bytes: string, seen: Seen | undefined): boolean {
  return bytes.includes(`${seen?.method} ${seen?.target} HTTP/1.0\r\n`);
}

function optionsOf(seen: Seen | undefined): string[] {
  return fieldsOf(seen, "connection")
    .flatMap((value) => value.toLowerCase().split(","))
    .map((option) => option.replace(/^[ \t]+|[ \t]+$/g, ""));
}

function fieldsOf(seen: Seen | undefined, name: string): string[] {
  const { fields } = seen ?? { fields: [] };
  return fields.filter((_, index) => index % 2 === 1 && fields[index - 1]!.toLowerCase() === name);
}
