/**
 * The way between two threads: telling, asking, failing, closing.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { Channel } from "../../handlers/parallel/channel.ts";
import { settled } from "../engine/fakes.ts";

interface Told {
  readonly word: string;
}

interface Asked {
  readonly double: { readonly question: number; readonly answer: number };
  readonly nothing: { readonly question: null; readonly answer: null };
}

type End = Channel<Told, Asked, Told, Asked>;

function pair(): { one: End; other: End; heard: string[] } {
  const heard: string[] = [];
  const end = (post: (message: unknown) => void): End =>
    new Channel<Told, Asked, Told, Asked>({
      post: (message) => post(structuredClone(message)),
      hear: { word: (word) => heard.push(word) },
      answer: {
        double: (question) => {
          if (question < 0) throw new RangeError("too small");
          return Promise.resolve(2 * question);
        },
      },
    });
  const one: End = end((message) => other.receive(message));
  const other: End = end((message) => one.receive(message));
  return { one, other, heard };
}

Deno.test("channel: what is told is heard", () => {
  const { one, other, heard } = pair();
  one.tell("word", "a");
  other.tell("word", "b");
  assertEquals(heard, ["a", "b"]);
});

Deno.test("channel: questions from both ends have their own answers", async () => {
  const { one, other } = pair();
  const answers = [one.ask("double", 1), other.ask("double", 2), one.ask("double", 3)];
  assertEquals(await Promise.all(answers), [2, 4, 6]);
});

Deno.test("channel: what fails there fails here, with its name and message", async () => {
  const { one } = pair();
  const error = await assertRejects(() => one.ask("double", -1), Error, "too small");
  assertEquals(error.name, "RangeError");
  await assertRejects(() => one.ask("nothing", null), Error, "Nobody answers 'nothing'");
});

Deno.test("channel: a close fails what was asked, and a late answer is no error", async () => {
  const posted: unknown[] = [];
  const one: End = new Channel<Told, Asked, Told, Asked>({
    post: (message) => posted.push(message),
    hear: {},
    answer: {},
  });
  const answer = assertRejects(() => one.ask("double", 1), Error, "The other thread has ended");
  await settled();
  one.close();
  await answer;
  one.receive({ kind: "answer", id: 1, value: 2 });
  one.receive({ kind: "failure", id: 1, error: { name: "Error", message: "", stack: "" } });
  assertEquals(posted.length, 1);
});
