/**
 * The kinds of value that settings have: what each accepts in a text and in JSON, and how it is written.
 *
 * @module
 */

import * as kinds from "../../cli/settings/kinds.ts";
import { OVERRIDES } from "../../cli/settings/overrides.ts";
import { assertEquals } from "../support/assert.ts";

type Row = readonly [text: string, value: unknown];

const TIMES: readonly Row[] = [
  ["0", 0],
  ["0s", 0],
  ["1ms", 1],
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5s", 1_500],
  ["0.001s", 1],
  ["0.29s", 290],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["2147483647ms", 2_147_483_647],
  ["2147483648ms", undefined],
  ["0.0001s", undefined],
  ["1.5ms", undefined],
  ["30", undefined],
  ["30 s", undefined],
  ["s", undefined],
  ["", undefined],
  ["-1s", undefined],
  ["+1s", undefined],
  ["1e3ms", undefined],
  ["1d", undefined],
  ["1S", undefined],
  ["1sec", undefined],
  ["1.s", undefined],
  [".5s", undefined],
  ["1toString", undefined],
  ["Infinityms", undefined],
  ["99999999999999999999h", undefined],
];

const SIZES: readonly Row[] = [
  ["0", 0],
  ["1", 1],
  ["512B", 512],
  ["1kB", 1_000],
  ["1KiB", 1_024],
  ["1.5KiB", 1_536],
  ["1MB", 1_000_000],
  ["16MiB", 16_777_216],
  ["2GiB", 2_147_483_648],
  ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ["9007199254740992", undefined],
  ["1K", undefined],
  ["1mb", undefined],
  ["1Kib", undefined],
  ["1.5B", undefined],
  ["-1", undefined],
  ["0x10", undefined],
  ["", undefined],
  ["1 MiB", undefined],
];

const TABLES: readonly [name: string, kind: kinds.Kind<unknown>, rows: readonly Row[]][] = [
  ["a time", kinds.duration(), TIMES],
  ["a size", kinds.size(), SIZES],
  ["a time that may be off", kinds.duration("off"), [...TIMES, ["off", 0]]],
  ["a time that may not be 0", kinds.duration("refused"), [["0", undefined], ["1ms", 1]]],
  ["a time", kinds.duration(), [["off", undefined]]],
  ["a rate", kinds.rate(), [
    ["240", 240],
    ["240B/s", 240],
    ["1KiB/s", 1_024],
    ["1KiB", 1_024],
    ["0", undefined],
    ["1KiB/m", undefined],
    ["/s", undefined],
  ]],
  ["a number", kinds.count({ zero: "off" }), [
    ["off", 0],
    ["0", 0],
    ["12", 12],
    ["1.5", undefined],
    ["1k", undefined],
    ["", undefined],
  ]],
  ["a port", kinds.PORT, [
    ["0", 0],
    ["65535", 65_535],
    ["65536", undefined],
    ["8e3", undefined],
    ["0x50", undefined],
    ["-1", undefined],
  ]],
  ["a choice", kinds.choice(["a", "b"]), [["a", "a"], ["A", undefined], ["toString", undefined]]],
  ["a switch", kinds.SWITCH, [["true", true], ["false", false], ["1", undefined], ["", undefined]]],
  ["a text", kinds.text("<x>"), [["x", "x"], ["", undefined]]],
  ["either", kinds.either(["auto", "off"], kinds.count({ zero: "refused" })), [
    ["auto", "auto"],
    ["off", "off"],
    ["8", 8],
    ["0", undefined],
    ["of", undefined],
  ]],
];

for (const [name, kind, rows] of TABLES) {
  for (const [text, value] of rows) {
    Deno.test(`${name} of "${text}" is ${value}`, () => assertEquals(kind.parse(text), value));
  }
  Deno.test(`${name} is written as it is read`, () => {
    for (const [, value] of rows) {
      if (value !== undefined) assertEquals(kind.parse(kind.format(value)), value);
    }
  });
}

const JSON_ROWS: readonly [
  name: string,
  kind: kinds.Kind<unknown>,
  json: unknown,
  value: unknown,
][] = [
  ["a time", kinds.duration(), 500, 500],
  ["a time", kinds.duration(), "500ms", 500],
  ["a time", kinds.duration(), "500", undefined],
  ["a time", kinds.duration(), 1.5, undefined],
  ["a time", kinds.duration(), -1, undefined],
  ["a time", kinds.duration(), null, undefined],
  ["a time", kinds.duration(), true, undefined],
  ["a time", kinds.duration(), [], undefined],
  ["a size", kinds.size(), "1MiB", 1_048_576],
  ["a size", kinds.size(), {}, undefined],
  ["a switch", kinds.SWITCH, "true", undefined],
  ["a switch", kinds.SWITCH, true, true],
  ["a text", kinds.text(""), 5, undefined],
  ["the status page", kinds.optional(kinds.PORT, 8082), true, 8082],
  ["the status page", kinds.optional(kinds.PORT, 8082), false, undefined],
  ["the status page", kinds.optional(kinds.PORT, 8082), 90, 90],
  ["overrides", OVERRIDES, [], []],
  ["overrides", OVERRIDES, {}, undefined],
  ["overrides", OVERRIDES, [{}], undefined],
  ["overrides", OVERRIDES, [null], undefined],
  ["overrides", OVERRIDES, [{ path: "a" }], undefined],
  ["overrides", OVERRIDES, [{ path: "/a*b" }], undefined],
  ["overrides", OVERRIDES, [{ path: "/a", limit: {} }], undefined],
  ["overrides", OVERRIDES, [{ path: "/a", limits: { headBytes: 1 } }], undefined],
  ["overrides", OVERRIDES, [{ path: "/a", limits: [] }], undefined],
  ["overrides", OVERRIDES, [{ path: "/a", limits: { toString: 1 } }], undefined],
  [
    "overrides",
    OVERRIDES,
    [{ path: "/a/*", limits: { bodyBytes: "1KiB" }, timeouts: { handler: "off" } }],
    [{ path: "/a/*", limits: { bodyBytes: 1_024 }, timeouts: { handler: 0 } }],
  ],
];

for (const [name, kind, json, value] of JSON_ROWS) {
  Deno.test(`${name} of JSON ${JSON.stringify(json)} is ${JSON.stringify(value)}`, () => {
    assertEquals(kind.read(json), value);
  });
}
