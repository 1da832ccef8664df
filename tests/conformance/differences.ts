/**
 * Where Weir does not do what an RFC asks for, or reads it more strictly than it has to, and why; and what
 * a reader would look for that does not bind an origin server. For the document alone.
 *
 * @module
 */

/** A requirement and what Weir does in its place. */
export interface Difference {
  /** As `9110 §2.5`. */
  readonly section: string;
  readonly asks: string;
  readonly weir: string;
  readonly why: string;
}

/** Requirements that Weir does not follow. */
export const NOT_FOLLOWED: readonly Difference[] = [
  {
    section: "9110 §2.5",
    asks: "SHOULD take a higher minor version as HTTP/1.1",
    weir: "505 to HTTP/1.2 and later",
    why:
      "There is no such version: whoever sends it is probing, and a proxy may frame it otherwise",
  },
  {
    section: "9110 §5.6.1.2",
    asks: "MUST ignore empty list elements",
    weir: "400 if they are in Transfer-Encoding or Content-Length; ignored in all other lists",
    why: "A known way to smuggle: two servers that read such a list differently frame differently",
  },
  {
    section: "9110 §6.2",
    asks: "SHOULD answer HTTP/1.0 with a status line of HTTP/1.1",
    weir: "the version of the request",
    why: "As Deno.serve; no client of HTTP/1.0 is told of things that it does not know",
  },
  {
    section: "9110 §7.4",
    asks: "MUST refuse an https target that came neither through TLS nor from a trusted gateway",
    weir: "served, and `request.url` says https",
    why:
      "Behind a proxy that ends TLS the client is that gateway; which is which only the program knows",
  },
  {
    section: "9110 §9.1",
    asks: "SHOULD answer an unknown method with 501",
    weir: "the handler gets every method of up to 32 bytes",
    why: "Only the program knows its methods",
  },
  {
    section: "9110 §10.1.1",
    asks: "MUST answer 100-continue at once, with 100 or a final status",
    weir: "100 when the handler first reads the body",
    why: "The handler decides which of the two, by reading or by answering; it should not wait",
  },
  {
    section: "9110 §15.5, §15.6",
    asks: "SHOULD explain an error in the content of its answer",
    weir: "what the engine refuses by itself has no content",
    why: "Right for every method, HEAD included, and no byte of an attacker comes back",
  },
];

/** Where an RFC leaves a choice, or says nothing, and Weir is stricter than most. */
export const STRICTER: readonly Difference[] = [
  {
    section: "9112 §2.2",
    asks: "a lone LF may end a line",
    weir: "400",
    why: "It allows smuggling behind proxies that want CRLF",
  },
  {
    section: "9112 §3.2",
    asks: "Host may be empty where the target has no authority",
    weir: "400",
    why: "An http URI has one (RFC 9110 §4.2.1)",
  },
  {
    section: "9112 §3.2",
    asks: "a host may be any name of RFC 3986: `1.2.3.4.5`, `a%2fb`, `xn--a`",
    weir: "400 if no URL can be made with it",
    why: "Handlers make a URL of each request, and what throws there is a 500",
  },
  {
    section: "9112 §3.2.2",
    asks: "a target may have any scheme",
    weir: "400 to all but http and https",
    why: "Others are for proxies",
  },
  {
    section: "9112 §6.1",
    asks: "Content-Length and Transfer-Encoding together may be served by the latter",
    weir: "400",
    why: "An attempt to smuggle, as likely as not",
  },
  {
    section: "9112 §6.3",
    asks: "the same length several times may be taken once",
    weir: "400",
    why: "One length, said once",
  },
  {
    section: "9112 §7.1",
    asks: "a chunk size may have any number of leading zeros",
    weir: "16 digits at most, then 400",
    why: "Padding is how sizes are made to overflow",
  },
  {
    section: "9110 §7.8",
    asks: "Upgrade may be ignored; a 100 goes before a 101",
    weir:
      "400 if the request has a body, so that no 100 is due; else ignored unless the handler takes it",
    why: "As Deno.serve",
  },
  {
    section: "9110 §5.5",
    asks: "control characters other than CR, LF and NUL may stay in a value",
    weir: "400",
    why: "No sender needs them",
  },
];

/** What does not bind a server that is nobody's proxy, or is its handler's. */
export const NOT_APPLICABLE: readonly (readonly [section: string, what: string])[] = [
  ["9112 §3.2.1, §3.2.2, §9.3.1, §9.4, §9.5", "what clients send, retry and open"],
  ["9112 §5.2, §6.3 (items 3, 5, 8), §7.1.2", "what clients and proxies make of answers"],
  ["9112 §7.2", "compression as a transfer coding: none is implemented, so that all get 501"],
  ["9112 §9.7", "TLS records: the runtime's"],
  ["9110 §7.3, §7.6, §7.7", "routing, forwarding, Via, Max-Forwards, transformations: proxies"],
  [
    "9110 §8, §11 to §14",
    "representations, authentication, negotiation, conditions, ranges: handlers",
  ],
  ["9110 §15", "fields that a status asks for (Allow, WWW-Authenticate, …): handlers"],
];

/** What bytes and answers alone do not show, or what is no request's: where it is tested. */
export const ELSEWHERE: readonly (readonly [section: string, what: string, tests: string])[] = [
  [
    "9112 §6.3, §8",
    "MUST treat a body that does not come in time as incomplete, and close",
    "tests/engine/timeouts_test.ts",
  ],
  [
    "9112 §9.6",
    "close in stages, so that no reset takes the last answer away",
    "tests/protocol/ending_test.ts",
  ],
  [
    "9112 §9.8",
    "MUST attempt a closure alert before it closes a TLS connection",
    "tests/tls/handshake_test.ts",
  ],
  [
    "9110 §8.4, §8.8.1",
    "MUST name the coding that was applied; no strong validator for other bytes",
    "tests/drop_in/compression_test.ts",
  ],
  [
    "9110 §15.5.6",
    "MUST send Allow with 405: the ready-made handlers do",
    "tests/status/health_test.ts",
  ],
];
