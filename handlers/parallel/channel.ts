/**
 * One end of the way between two threads: it tells the other end something, asks it, and answers what it is
 * asked. Topics and their values are types alone; see `words.ts`.
 *
 * @module
 */

import { fromWire, toWire, type WireError } from "../workers/wire_error.ts";

/** By topic, what is told. */
export type Told = Readonly<Record<string, unknown>>;

/** By topic, what is asked and answered. */
export type Asked = {
  readonly [topic: string]: { readonly question: unknown; readonly answer: unknown };
};

/** What goes over the wire. */
type Message =
  | { readonly kind: "tell"; readonly topic: string; readonly value: unknown }
  | {
    readonly kind: "ask";
    readonly topic: string;
    readonly value: unknown;
    readonly id: number;
  }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: WireError };

/** What is done with what is told; a topic without a function is not for this end. */
export type Hearers<T> = { readonly [Topic in keyof T]?: (value: T[Topic]) => void };

/** What answers what is asked. */
export type Answerers<A> = {
  readonly [Topic in keyof A]?: (question: QuestionOf<A, Topic>) => Promise<AnswerOf<A, Topic>>;
};

type QuestionOf<A, Topic extends keyof A> = A[Topic] extends { readonly question: infer Q } ? Q
  : never;
type AnswerOf<A, Topic extends keyof A> = A[Topic] extends { readonly answer: infer R } ? R : never;

/** What an end is made of: how it posts, and what it does with what comes. */
export interface ChannelInit<Hears, Answers> {
  readonly post: (message: unknown) => void;
  readonly hear: Hearers<Hears>;
  readonly answer: Answerers<Answers>;
}

/** See the head of this file: `Tells` and `Asks` go out, `Hears` and `Answers` come in. */
export class Channel<Tells, Asks, Hears, Answers> {
  readonly #init: ChannelInit<Hears, Answers>;
  readonly #asked = new Map<number, PromiseWithResolvers<never>>();
  #questions = 0;

  constructor(init: ChannelInit<Hears, Answers>) {
    this.#init = init;
  }

  /** Tells the other end. */
  tell<Topic extends keyof Tells & string>(topic: Topic, value: Tells[Topic]): void {
    this.#post({ kind: "tell", topic, value });
  }

  /** Asks the other end; rejects if that fails there, or this end is closed first. */
  ask<Topic extends keyof Asks & string>(
    topic: Topic,
    value: QuestionOf<Asks, Topic>,
  ): Promise<AnswerOf<Asks, Topic>> {
    const id = ++this.#questions;
    const answer = Promise.withResolvers<never>();
    this.#asked.set(id, answer);
    this.#post({ kind: "ask", topic, value, id });
    return answer.promise;
  }

  /** Takes in what the other end has posted. */
  receive(posted: unknown): void {
    const message = posted as Message;
    switch (message.kind) {
      case "tell":
        return this.#init.hear[message.topic as keyof Hears]?.(message.value as never);
      case "ask":
        return void this.#answer(message);
      case "answer":
        return this.#take(message.id)?.resolve(message.value as never);
      case "failure":
        return this.#take(message.id)?.reject(fromWire(message.error));
    }
  }

  /** The other end is gone: nothing that was asked will be answered. */
  close(): void {
    for (const { reject } of this.#asked.values()) reject(new Error("The other thread has ended"));
    this.#asked.clear();
  }

  #take(id: number): PromiseWithResolvers<never> | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  async #answer({ id, topic, value }: Extract<Message, { kind: "ask" }>): Promise<void> {
    try {
      const answerer = this.#init.answer[topic as keyof Answers];
      if (answerer === undefined) throw new Error(`Nobody answers '${topic}'`);
      this.#post({ kind: "answer", id, value: await answerer(value as never) });
    } catch (error) {
      this.#post({ kind: "failure", id, error: toWire(error) });
    }
  }

  #post(message: Message): void {
    this.#init.post(message);
  }
}
