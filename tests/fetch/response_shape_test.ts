import { sendPlan, takeApart } from "../../handlers/fetch/response.ts";
import type * as shape from "../../handlers/fetch/response_shape.ts";
import { cheapPlan, shapeHolds } from "../../handlers/fetch/response_shape.ts";
import { assert, assertEquals } from "../support/assert.ts";

let copies = 0;

/** A fresh copy of the module, with its own memory, in a runtime that `change` has altered. */
async function underAltered(change: () => () => void): Promise<typeof shape> {
  const restore = change();
  try {
    return await import(`../../handlers/fetch/response_shape.ts?copy=${++copies}`);
  } finally {
    restore();
  }
}

function hideSymbol(description: string): () => void {
  const { getOwnPropertySymbols } = Object;
  Object.getOwnPropertySymbols = (object) =>
    getOwnPropertySymbols(object).filter((symbol) => symbol.description !== description);
  return () => Object.getOwnPropertySymbols = getOwnPropertySymbols;
}

function alterGetter(name: keyof Response, get: () => unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(Response.prototype, name)!;
  Object.defineProperty(Response.prototype, name, { ...before, get });
  return () => Object.defineProperty(Response.prototype, name, before);
}

Deno.test("shapeHolds() in the runtime that these tests run on", () => {
  // If this fails, nothing is broken: the public way is taken, which is slower. Look for the new
  // shape.
  assert(shapeHolds());
});

const NEEDED = ["response", "lazy static body", "lazy static content type", "serve fast consumed"];

for (const description of NEEDED) {
  Deno.test(`shapeHolds() not without the symbol "${description}"`, async () => {
    const { shapeHolds } = await underAltered(() => hideSymbol(description));
    assertEquals(shapeHolds(), false);
  });
}

Deno.test("shapeHolds() without the copy outside JavaScript", async () => {
  const { shapeHolds, cheapPlan } = await underAltered(() => hideSymbol("serve native response"));
  assert(shapeHolds());
  const plan = cheapPlan(new Response("hi", { headers: { "X-A": "b" } }));
  assertEquals(plan?.fields, ["X-A", "b", "Content-Type", "text/plain;charset=UTF-8"]);
});

const DISAGREEMENTS: readonly [name: keyof Response, get: () => unknown][] = [
  ["status", () => 299],
  ["headers", () => new Headers({ "x-else": "1" })],
  ["bodyUsed", () => false],
];

for (const [name, get] of DISAGREEMENTS) {
  Deno.test(`shapeHolds() not where the public ${name} says otherwise`, () => {
    const restore = alterGetter(name, get);
    try {
      assertEquals(shapeHolds(), false);
    } finally {
      restore();
    }
    assert(shapeHolds());
  });
}

Deno.test("cheapPlan() leaves streams alone where their shape does not hold, and only them", async () => {
  const { shapeHolds, cheapPlan } = await underAltered(() => () => {});
  assert(shapeHolds());
  const restore = alterGetter("bodyUsed", () => false);
  try {
    assertEquals(cheapPlan(new Response(new ReadableStream())), null);
  } finally {
    restore();
  }
  assertEquals(cheapPlan(new Response(new ReadableStream())), null, "for good");
  assertEquals(cheapPlan(new Response("hi"))?.kind, "whole");
});

Deno.test("cheapPlan() releases the runtime's copy of an answer with fields", () => {
  const response = new Response("hi", { headers: { "X-A": "b" } });
  const slot = Object.getOwnPropertySymbols(response)
    .find((symbol) => symbol.description === "serve native response");
  const copy = () => (response as unknown as Record<symbol, unknown>)[slot!];
  assert(copy() !== null);
  cheapPlan(response);
  assertEquals(copy(), null);
});

Deno.test("sendPlan() takes the public way for good once the shape did not hold", () => {
  const restore = alterGetter("headers", () => new Headers());
  takeApart("auto");
  try {
    assertEquals(sendPlan(new Response("hi")).kind, "later");
  } finally {
    restore();
  }
  assertEquals(sendPlan(new Response("hi")).kind, "later");
  takeApart("auto");
  assertEquals(sendPlan(new Response("hi")).kind, "whole");
});
