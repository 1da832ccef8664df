/**
 * The application that the engine runs for a fetch-style handler: request head → Request → handler →
 * Response → answer. Errors of every stage end in `onError`, and nothing leaves this file as a throw.
 *
 * @module
 */

import { AbortError, BodyError } from "../../reactor/errors.ts";
import type { Application, Exchange } from "../../reactor/exchange.ts";
import type { Address } from "../../reactor/ports.ts";
import type { ServeHandler, ServeHandlerInfo } from "../serve_options.ts";
import { report } from "../report.ts";
import { bytesOf } from "./direct_body.ts";
import { HandlerInfo } from "./info.ts";
import { lazyRequest } from "./request.ts";
import { sendPlan } from "./response.ts";
import type { HandlerContext } from "./handler_context.ts";
import type { SendPlan, StreamPlan, WholePlan } from "./send_plan.ts";
import { discard, sendStream } from "./send_stream.ts";
import { takeOverOf } from "./take_over.ts";

/** What the application is made of. */
export interface FetchInit {
  readonly handler: ServeHandler;
  /** Answers when the handler failed, and hears of failures after the head went out. */
  readonly onError: (error: unknown) => Response | Promise<Response>;
  /** Where the server listens. */
  readonly addr: Address;
  /** The authority of `request.url` where the client sent no Host (HTTP/1.0). */
  readonly defaultHost: string;
  /** Whether answers are compressed for clients that accept it. */
  readonly compressing: boolean;
  /** What each call of the handler, and all that follows from it, runs in; `null` for nothing. */
  readonly context: HandlerContext | null;
}

/** Taken once: the global is a getter, and a program may put something else in its place. */
const NativeResponse = Response;

/** The application for one server. */
export function fetchApplication(init: FetchInit): Application {
  const { handler, addr, defaultHost, context } = init;
  const compressor = init.compressing ? import("./compression.ts") : null;
  const begin: Begin = (exchange, request) => {
    try {
      const info = new HandlerInfo(exchange, { request, serverAddr: addr });
      const result = handler(request, info as ServeHandlerInfo);
      if (result instanceof NativeResponse) {
        exchange.settled();
        answer({ init, exchange, request, compressor }, result);
      } else {
        answerLater({ init, exchange, request, compressor }, result);
      }
    } catch (error) {
      exchange.settled();
      recover({ init, exchange, request, compressor }, error);
    }
  };
  const run = context === null ? begin : beginIn(context, begin);
  return (exchange, head) => run(exchange, lazyRequest({ exchange, head, defaultHost }));
}

type Begin = (exchange: Exchange, request: Request) => void;

function beginIn(context: HandlerContext, begin: Begin): Begin {
  return (exchange, request) =>
    context.enter({ exchange: exchange.info, request }, () => begin(exchange, request));
}

/** Loaded for those servers alone that compress: it brings zlib, which others should not start with. */
type Compressor = Promise<typeof import("./compression.ts")>;

interface Call {
  readonly init: FetchInit;
  readonly exchange: Exchange;
  readonly request: Request;
  readonly compressor: Compressor | null;
}

/** Sends a Response; throws, with nothing sent, if it cannot be sent. */
function answer(call: Call, response: unknown): void {
  // The client is gone, or the connection was taken over: a body that nobody will read is let go.
  if (call.exchange.responded) return discard(response);
  const plan = planOf(response);
  if (isInterim(plan)) takeOver(call, plan);
  else send(call, encoded(call, plan));
}

function planFor(call: Call, response: unknown): SendPlan {
  const plan = planOf(response);
  if (isInterim(plan)) throw interim();
  return encoded(call, plan);
}

/** The plan; a body of bytes that are here behind their stream is sent without it. */
function planOf(response: unknown): SendPlan {
  const plan = sendPlan(response);
  if (plan.kind !== "stream") return plan;
  const { status, fields, stream } = plan;
  const body = bytesOf(stream);
  return body === null ? plan : { kind: "whole", status, fields, body };
}

function isInterim(plan: SendPlan): plan is WholePlan | StreamPlan {
  return plan.kind !== "later" && plan.status < 200;
}

/** The plan, with the body compressed where the server does that. */
function encoded(call: Call, plan: SendPlan): SendPlan {
  if (call.compressor === null) return plan;
  return { kind: "later", plan: compressed(call, plan, call.compressor) };
}

async function compressed(
  call: Call,
  plan: SendPlan,
  compressor: Compressor,
): Promise<WholePlan | StreamPlan> {
  const { compress } = await compressor;
  const small = compress(plan, call.request.headers.get("accept-encoding"));
  return small.kind === "later" ? await small.plan : small;
}

/** A 101 hands the connection over to whoever has asked for it. */
async function takeOver(call: Call, { status, fields }: WholePlan | StreamPlan): Promise<void> {
  try {
    const begin = takeOverOf(call.exchange);
    if (status !== 101 || begin === undefined) throw interim();
    await begin(fields);
  } catch (error) {
    recover(call, error);
  }
}

function interim(): TypeError {
  return new TypeError(
    "Cannot send the answer: only info.upgrade() can answer with a status of 1xx",
  );
}

function send(call: Call, plan: SendPlan): void {
  switch (plan.kind) {
    case "whole":
      return call.exchange.respond(plan, plan.body);
    case "stream":
      runStream(call, plan);
      return;
    case "later":
      sendLater(call, plan.plan);
  }
}

async function answerLater(call: Call, result: unknown): Promise<void> {
  try {
    const response = await result;
    call.exchange.settled();
    answer(call, response);
  } catch (error) {
    call.exchange.settled();
    recover(call, error);
  }
}

async function sendLater(call: Call, plan: Promise<WholePlan | StreamPlan>): Promise<void> {
  try {
    send(call, await plan);
  } catch (error) {
    recover(call, error);
  }
}

async function runStream(call: Call, plan: StreamPlan): Promise<void> {
  try {
    await sendStream(call.exchange, plan);
  } catch (error) {
    recover(call, error);
  }
}

/** Something failed: the answer comes from `onError`; once a head has gone out, the connection can only be cut. */
async function recover(call: Call, error: unknown): Promise<void> {
  const { exchange, init } = call;
  try {
    // A handler that stops because it was told to has not failed.
    if (exchange.abortReason !== undefined && isAftermath(error, exchange.abortReason)) {
      return exchange.cut();
    }
    init.context?.failed(exchange.info, error);
    const response: unknown = await init.onError(error);
    if (exchange.responded) {
      discard(response);
      return exchange.cut();
    }
    await sendOnly(call, response);
  } catch (failure) {
    init.context?.failed(exchange.info, failure);
    if (exchange.responded) exchange.cut();
    else exchange.respond({ status: 500, fields: [] }, "Internal Server Error");
    report("onError failed, the client gets a bare 500:", failure);
  }
}

/** As `answer`, but failing instead of coming back to `onError`. */
async function sendOnly(call: Call, response: unknown): Promise<void> {
  let plan = planFor(call, response);
  if (plan.kind === "later") plan = await plan.plan;
  if (plan.kind === "whole") call.exchange.respond(plan, plan.body);
  else await sendStream(call.exchange, plan as StreamPlan);
}

function isAftermath(error: unknown, reason: Error): boolean {
  return error === reason || error instanceof AbortError ||
    (error instanceof BodyError && error.code !== "body_too_large") ||
    (error instanceof Error && error.cause === reason);
}
