import { standIn } from "../../handlers/fetch/stand_in.ts";
import { FieldSection } from "../../reactor/h1/field_section.ts";
import { realRequest } from "../../handlers/fetch/real_request.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

const BRAND = Symbol("brand");
const DATA = Symbol("data");
const LABEL = Symbol("label");
const MADE_LATE = Symbol("made late");

/** A class as the platform writes them: everything under symbols of the object. */
class Native {
  [MADE_LATE]: { readonly name: string } | undefined = undefined;
  [BRAND] = BRAND;
  [DATA]: { count: number } = { count: 0 };
  [LABEL] = "fixed";

  get count(): number {
    if (this[BRAND] !== BRAND) throw new TypeError("Illegal invocation");
    return this[DATA].count;
  }

  get shared(): { readonly name: string } {
    return this[MADE_LATE] ??= { name: "native" };
  }

  replace(): void {
    this[DATA] = { count: 100 };
  }

  label(): string {
    return this[LABEL];
  }

  hidden(): unknown {
    return this[MADE_LATE];
  }
}

function dressed(): { readonly made: Native; readonly reals: Native[] } {
  const reals: Native[] = [];
  class Lazy {
    get shared() {
      return OWN;
    }
  }
  standIn<Native>(Lazy.prototype, {
    native: Native,
    sample: new Native(),
    shared: ["shared"],
    fixed: ["fixed"],
    real: () => {
      if (reals.length === 0) reals.push(Object.assign(new Native(), { [DATA]: { count: 7 } }));
      return reals[0]!;
    },
  });
  return { made: new Lazy() as unknown as Native, reals };
}

const OWN = { name: "own" };

Deno.test("standIn() passes brand checks and fixed values without a real object", () => {
  const { made, reals } = dressed();
  assert(made instanceof Native);
  assertEquals(made.constructor, Native);
  assertEquals(made.label(), "fixed");
  assertEquals(made[BRAND], BRAND);
  assertEquals(reals, []);
});

Deno.test("standIn() makes the real object when a symbol is asked for, and writes to it", () => {
  const { made, reals } = dressed();
  assertEquals(made.count, 7);
  made.replace();
  assertEquals([made.count, reals[0]!.count, reals.length], [100, 100, 1]);
});

Deno.test("standIn() answers a shared property's symbol from the stand-in", () => {
  const { made } = dressed();
  assert(made.hidden() === OWN);
  const given = { name: "given" };
  made[MADE_LATE] = given;
  assert(made.hidden() === given);
});

const FIELDS = new FieldSection("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 16);

for (const method of ["CONNECT", "TRACE", "get", "pUT"]) {
  Deno.test(`realRequest() keeps ${method} and a body with it`, async () => {
    const body = new Response("abc").body;
    const made = realRequest({ method, url: "http://h:99999/../", fields: FIELDS, body });
    assertEquals([made.method, made.url], [method, "http://h:99999/../"]);
    assertEquals([made.headers.get("host"), await made.text()], ["h", "abc"]);
  });
}

Deno.test("realRequest() of a spent body cannot be read, and gets no Content-Type from it", async () => {
  const made = realRequest({ method: "POST", url: "http://h/", fields: FIELDS, body: "spent" });
  assertEquals([made.bodyUsed, [...made.headers]], [true, [["host", "h"]]]);
  await assertRejects(() => made.text(), TypeError);
});
