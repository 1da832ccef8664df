import { FieldSection, isToken } from "../../reactor/h1/field_section.ts";
import { assertEquals } from "../support/assert.ts";
import { head } from "../support/requests.ts";

const START = "GET / HTTP/1.1";

function sectionOf(...lines: string[]): FieldSection {
  return new FieldSection(head(START, ...lines), START.length + 2);
}

const VALUES: readonly (readonly [lines: readonly string[], name: string, value: string | null])[] =
  [
    [["a:b"], "a", "b"],
    [["a: b"], "A", "b"],
    [["A:\t b \t"], "a", "b"],
    [["a: \xa0b\xa0"], "a", "\xa0b\xa0"],
    [["a:"], "a", ""],
    [["a: \t "], "a", ""],
    [["a: b:c"], "a", "b:c"],
    [["ab: c"], "a", null],
    [["a: b"], "ab", null],
    [["a: b"], "a:", null],
    [["a:b:c"], "a:b", null],
    [["a: b"], "", null],
    [[], "a", null],
    [["z: 1", "Z: 2"], "z", "1, 2"],
    [["b: 0", "a: 1", "c: 0", "a:", "a: 3"], "a", "1, , 3"],
    [["Cookie: a=1", "b: c", "cookie: d=2"], "COOKIE", "a=1; d=2"],
    [["Accept: a", "accept: b"], "accept", "a, b"],
    [["Cookies: a", "cookies: b"], "cookies", "a, b"],
    // Bit 5 tells the cases of letters apart, and other characters too.
    [["a{: 1"], "a[", null],
    [["a`: 1"], "a@", null],
    [["a~: 1"], "a^", null],
    [["a-: 1"], "a\r", null],
  ];

for (const [lines, name, value] of VALUES) {
  const text = JSON.stringify(lines);
  Deno.test(`FieldSection.get(${JSON.stringify(name)}) of ${text} is ${value}`, () => {
    assertEquals(sectionOf(...lines).get(name), value);
    const shared = new FieldSection(head(...lines), 0, { shared: true });
    assertEquals([shared.get(name), shared.get(name)], [value, value]);
  });
}

Deno.test("FieldSection.forEach() gives each line in order, cookies at the place of the first", () => {
  const section = sectionOf("Host:h", "cookie: a", "X:\t1 ", "Cookie: b", "x:", "y: z:z");
  for (let i = 0; i < 2; i++) {
    const seen: string[][] = [];
    section.forEach((name, value) => seen.push([name, value]));
    assertEquals(
      seen,
      [["Host", "h"], ["cookie", "a; b"], ["X", "1"], ["x", ""], ["y", "z:z"]],
    );
  }
  assertEquals([...section.copyInto(new Headers())].map(([name]) => name), [
    "cookie",
    "host",
    "x",
    "y",
  ]);
});

Deno.test("FieldSection.text is what was sent, the empty line included", () => {
  assertEquals(sectionOf("a: b ", "c:").text, "a: b \r\nc:\r\n\r\n");
  assertEquals(sectionOf().text, "\r\n");
});

Deno.test("isToken() takes what a field name is made of, and not nothing", () => {
  for (const name of ["a", "A-1", "!#$%&'*+-.^_`|~09azAZ"]) assertEquals(isToken(name), true, name);
  for (const name of ["", "a b", "a:", "a\n", "\xe4", "(", "a/b"]) {
    assertEquals(isToken(name), false, name);
  }
});
