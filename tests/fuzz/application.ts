/**
 * The handlers of fuzzed connections: each records what it sees, and reads and answers in its own
 * manner.
 *
 * @module
 */

import { BodyError } from "../../reactor/errors.ts";
import { FieldSection } from "../../reactor/h1/field_section.ts";
import { fromLatin1, latin1, settled } from "../engine/fakes.ts";
import type { Call } from "../engine/rig.ts";
import type { Seen } from "./reading.ts";

/** How a handler reads and answers. */
export type Manner = "at once" | "by pieces" | "later" | "while answering" | "not at all";

/** The requests of one connection, in their order, and how they are handled. */
export interface Sitting {
  readonly requests: Seen[];
  readonly manner: Manner;
}

interface Noted extends Seen {
  body: string;
  complete: boolean;
}

/** Handles one request. */
export async function serve(call: Call, { requests, manner }: Sitting): Promise<void> {
  const seen: Noted = { ...headOf(call), body: "", complete: false };
  const place = requests.push(seen);
  if (manner === "not at all") return answer(call, { seen, place });
  if (manner === "while answering") return await answerFirst(call, seen);
  if (manner === "later") await settled();
  try {
    await (manner === "by pieces" ? readPieces(call, seen) : readAll(call, seen));
    answer(call, { seen, place });
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    call.exchange.respond({ status: error.status, fields: [] }, null);
  }
}

function headOf({ method, target, fieldLines }: Call): Pick<Seen, "method" | "target" | "fields"> {
  const fields: string[] = [];
  new FieldSection(fieldLines, 0).forEach((name, value) => fields.push(name, value));
  return { method, target, fields };
}

function answer(call: Call, { seen, place }: { seen: Seen; place: number }): void {
  const text = `${seen.method} ${seen.target.length} ${seen.body.length}`;
  call.exchange.respond({ status: 200, fields: ["x-served", `${place}`] }, text);
}

/** Begins to answer, and sends the body back when it is there; what goes wrong then ends the connection. */
async function answerFirst(call: Call, seen: Noted): Promise<void> {
  const { exchange } = call;
  const streams = exchange.beginBody({ status: 200, fields: [] }, null);
  try {
    await readPieces(call, seen);
    if (streams) await exchange.writeBody(latin1(seen.body));
    exchange.endBody();
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    exchange.cut();
  }
}

async function readAll({ exchange }: Call, seen: Noted): Promise<void> {
  const { body } = exchange;
  if (body !== null) seen.body = fromLatin1(await body.readAll());
  seen.complete = true;
}

async function readPieces({ exchange }: Call, seen: Noted): Promise<void> {
  const { body } = exchange;
  while (body !== null) {
    const piece = await body.read();
    if (piece === null) break;
    seen.body += fromLatin1(piece);
  }
  seen.complete = true;
}
