/**
 * Which addresses an option covers, as rows, and against two libraries that read addresses as well.
 *
 * @module
 */

import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { BlockList, isIP } from "node:net";
import { trustIn, trustInAddresses } from "../../handlers/client/trust.ts";
import { formatIp, parseIp } from "../../reactor/proxy_protocol/ip_address.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";

const RANGES: readonly (readonly [entry: string, inside: string, outside: string])[] = [
  ["192.0.2.1", "192.0.2.1 ::ffff:192.0.2.1", "192.0.2.2 192.0.2.0 ::1"],
  ["10.0.0.0/8", "10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"],
  ["10.1.2.3/8", "10.0.0.0 10.255.255.255", "11.0.0.0"],
  ["192.168.3.77/22", "192.168.0.0 192.168.3.255", "192.168.4.0"],
  ["192.0.2.7/31", "192.0.2.6 192.0.2.7", "192.0.2.5 192.0.2.8"],
  ["0.0.0.0/0", "1.1.1.1 255.255.255.255 ::ffff:1.1.1.1", "::1 2001:db8::1"],
  ["::/0", "::1 2001:db8::1", "1.1.1.1"],
  ["2001:db8::/33", "2001:db8:: 2001:db8:7fff::1", "2001:db8:8000:: 2001:db7::"],
  ["2001:db8::1", "2001:db8::1 2001:0DB8:0::1", "2001:db8::2"],
  ["::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0 ::1"],
  ["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"],
  ["loopback", "127.0.0.1 127.9.9.9 ::1", "128.0.0.0 10.0.0.1 ::2"],
  [
    "private",
    "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 fd00::1 fc00::",
    "172.32.0.0 172.15.255.255 192.169.0.0 127.0.0.1 fe80::1 fe00:: 169.254.1.1",
  ],
];

for (const [entry, inside, outside] of RANGES) {
  Deno.test(`trust in ${entry}`, () => {
    const trust = trustInAddresses("from", ["203.0.113.99", entry]);
    for (const text of inside.split(" ")) assert(trust(parseIp(text), 3), text);
    for (const text of outside.split(" ")) assert(!trust(parseIp(text), 0), text);
    assert(!trust(null, 0) && !trust("unix", 0));
  });
}

Deno.test("trust in hops counts from the socket's peer, and asks for no address", () => {
  const trust = trustIn("trustedProxies", 2);
  assertEquals([trust(null, 0), trust("unix", 1), trust(parseIp("::1"), 2)], [true, true, false]);
});

Deno.test("trust in nobody is possible", () => {
  assertEquals(trustIn("trustedProxies", [])(parseIp("127.0.0.1"), 0), false);
});

const REFUSED: readonly (readonly [given: unknown, said: string])[] = [
  [0, "received 0"],
  [-1, "received -1"],
  [1.5, "received 1.5"],
  [NaN, "received NaN"],
  ["loopback", 'received "loopback"'],
  [true, "received true"],
  [null, "received null"],
  [["loopback", "unix", "10.0.0.0/33"], "trustedProxies[2]"],
  [["10.0.0.0/"], '"10.0.0.0/"'],
  [["10.0.0.0/08"], '"10.0.0.0/08"'],
  [["10.0.0.0/-1"], '"10.0.0.0/-1"'],
  [["10.0.0/8"], '"10.0.0/8"'],
  [["010.0.0.0/8"], '"010.0.0.0/8"'],
  [["::/129"], '"::/129"'],
  [["::ffff:10.0.0.0/95"], '"::ffff:10.0.0.0/95"'],
  [["[::1]"], '"[::1]"'],
  [["proxy.example"], '"proxy.example"'],
  [["toString"], '"toString"'],
  [[""], '""'],
  [[5], "received 5"],
];

for (const [given, said] of REFUSED) {
  Deno.test(`trust in ${JSON.stringify(given)} is refused`, () => {
    const error = assertThrows(() => trustIn("trustedProxies", given));
    assert(error instanceof (typeof given === "number" ? RangeError : TypeError));
    assertStringIncludes(error.message, said);
  });
}

const TEXTS = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV6(), fc.nat(45), fc.constantFrom(..."0f:.g%1", "::"))
    .map(([text, at, char]) => text.slice(0, at) + char + text.slice(at)),
  fc.tuple(fc.ipV4(), fc.nat(15), fc.constantFrom(..."0.1x:"))
    .map(([text, at, char]) => text.slice(0, at) + char + text.slice(at)),
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef:::..."), maxLength: 20 }),
);

Deno.test("parseIp() takes what node:net takes as an address, and formatIp() writes what ipaddr.js writes", () => {
  let taken = 0;
  fc.assert(
    fc.property(TEXTS, (text) => {
      const ip = parseIp(text);
      // A zone means something to its own machine only.
      assertEquals(ip !== null, isIP(text) > 0 && !text.includes("%"), text);
      if (ip === null) return;
      taken++;
      const address = ipaddr.fromByteArray([...ip]);
      const isV6 = address instanceof ipaddr.IPv6;
      assertEquals(formatIp(ip), isV6 ? address.toRFC5952String() : address.toString(), text);
      // It takes "::1.2.3.4" for IPv4, which that has not been since RFC 4291.
      const isMixed = text.includes(":") && text.includes(".");
      if (!isMixed) assertEquals([...ip], ipaddr.process(text).toByteArray(), text);
      assertEquals(parseIp(formatIp(ip)), ip);
    }),
    { numRuns: 10_000 },
  );
  assert(taken > 2_000, `Only ${taken} were addresses`);
});

Deno.test("trust in a range is what node:net's BlockList finds in it", () => {
  const v4 = fc.record({ net: fc.ipV4(), bits: fc.nat(32), near: fc.ipV4(), kind: fc.constant(4) });
  const v6 = fc.record({
    net: fc.ipV6(),
    bits: fc.nat(128),
    near: fc.ipV6(),
    kind: fc.constant(6),
  });
  let inside = 0;
  fc.assert(
    fc.property(fc.oneof(v4, v6), fc.nat(15), ({ net, bits, near, kind }, at) => {
      // Most random addresses share no bit: those that differ in one byte are the edges.
      const bytes = parseIp(net)!.slice();
      bytes[at % bytes.length]! ^= 1 << at % 8;
      if (parseIp(net)!.length !== (kind === 4 ? 4 : 16)) return;
      const list = new BlockList();
      list.addSubnet(net, bits, kind === 4 ? "ipv4" : "ipv6");
      const trust = trustInAddresses("from", [`${net}/${bits}`]);
      for (const text of [near, formatIp(bytes)]) {
        const expected = list.check(text, text.includes(":") ? "ipv6" : "ipv4");
        if (expected) inside++;
        assertEquals(trust(parseIp(text), 0), expected, `${text} in ${net}/${bits}`);
      }
    }),
    { numRuns: 2_000 },
  );
  assert(inside > 300, `Only ${inside} were inside`);
});
