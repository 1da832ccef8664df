/**
 * docs/architecture.md tells the life of one GET in steps, each a function: these are called in that order.
 *
 * @module
 */

import { Connection } from "../../reactor/connection/connection.ts";
import { IoLoop } from "../../reactor/connection/io_loop.ts";
import { LiveExchange } from "../../reactor/connection/live_exchange.ts";
import { RequestReader } from "../../reactor/connection/request_reader.ts";
import { Agenda } from "../../reactor/dispatch/agenda.ts";
import { HeadParser } from "../../reactor/h1/head_parser.ts";
import { assertEquals } from "../support/assert.ts";
import { GET } from "./requests.ts";
import { answers, Rig } from "./rig.ts";

const CLASSES = { Agenda, Connection, HeadParser, IoLoop, LiveExchange, RequestReader };

type Method = (...given: unknown[]) => unknown;

/** The steps of the document, as `Class.method`. */
function stepsTold(): string[] {
  const text = Deno.readTextFileSync(new URL("../../docs/architecture.md", import.meta.url));
  const section = text.split("## The life of a GET")[1]!.split("\n## ")[0]!;
  return [...section.matchAll(/^\d+\. `(\w+\.\w+)`/gm)].map(([, step]) => step!);
}

/** Records each method when it is first called, until the function returned is called. */
function watch(steps: readonly string[], seen: string[]): () => void {
  const restore = steps.map((step) => {
    const [name = "", method = ""] = step.split(".");
    const prototype = CLASSES[name as keyof typeof CLASSES].prototype as unknown as Record<
      string,
      Method
    >;
    const original = prototype[method]!;
    prototype[method] = function (this: unknown, ...given: unknown[]): unknown {
      if (!seen.includes(step)) seen.push(step);
      return original.apply(this, given);
    };
    return () => {
      prototype[method] = original;
    };
  });
  return () => restore.forEach((undo) => undo());
}

Deno.test("the life of a GET goes through the steps that the architecture tells, in their order", async () => {
  const [first, ...steps] = stepsTold();
  assertEquals([first, steps.length <= 9], ["IoLoop.run", true]);
  const rig = new Rig({ handle: answers("hello") });
  const line = await rig.connect();
  // The loop has run since the connection was opened, and waits for bytes.
  assertEquals(line.wire.reading, true);
  const seen: string[] = [];
  const stop = watch(steps, seen);
  try {
    await line.wire.send(GET);
  } finally {
    stop();
  }
  assertEquals([line.statuses(), line.state], [[200], "idle"] as never);
  assertEquals(seen, steps);
  await rig.finish();
});
