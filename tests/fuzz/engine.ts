/**
 * What Weir makes of streams: its engine on fake wires, with one connection per stream, or several
 * at once whose reads take turns.
 *
 * @module
 */

import { settled } from "../engine/fakes.ts";
import type { Limits } from "../../reactor/options/settings.ts";
import { type Call, type Line, Rig } from "../engine/rig.ts";
import { type Manner, serve, type Sitting } from "./application.ts";
import type { Reading } from "./reading.ts";

/** A stream, and how it comes and is handled. */
export interface Sending {
  readonly bytes: string;
  /** Offsets at which it is cut into reads. */
  readonly cuts?: readonly number[];
  readonly manner?: Manner;
  /** Whether limits are so low that many streams meet one. */
  readonly tight?: boolean;
}

/** What Weir read, and what it wrote. */
export interface WeirReading extends Reading {
  /** All its answers, interim ones included. */
  readonly output: string;
}

interface Client {
  readonly line: Line;
  readonly packets: string[];
  readonly sitting: Sitting;
}

/** After so many turns of {@linkcode settled} every stream has come to its end. */
const MOST_TURNS = 1_000;

const GENEROUS = { headBytes: 1 << 20, headerCount: 10_000 };
const TIGHT = {
  headBytes: 120,
  headerCount: 3,
  targetBytes: 10,
  bodyBytes: 30,
  pipelinedRequests: 1,
  drainBytes: 10,
};

/** Two engines that read streams, with different limits. */
export class WeirReader {
  readonly #sittings = new Map<string, Sitting>();
  readonly #generous = this.#rigWith(GENEROUS);
  readonly #tight = this.#rigWith(TIGHT);

  #rigWith(limits: Partial<Limits>): Rig {
    const handle = (call: Call) => void serve(call, this.#sittings.get(peerOf(call.exchange))!);
    return new Rig({ limits, handle });
  }

  /** Sends streams and their ends, one packet of each in turn; the connections must then end by themselves. */
  async read(...sendings: readonly Sending[]): Promise<WeirReading[]> {
    const clients: Client[] = [];
    for (const sending of sendings) clients.push(await this.#connect(sending));
    const most = Math.max(...clients.map(({ packets }) => packets.length));
    for (let turn = 0; turn <= most; turn++) {
      for (const { line, packets } of clients) {
        if (turn < packets.length) await line.wire.send(packets[turn]!);
        else if (turn === packets.length) await line.wire.end();
      }
    }
    for (const { line } of clients) await closed(line);
    this.#sittings.clear();
    for (const rig of [this.#generous, this.#tight]) checkNothingLeft(rig);
    return clients.map(({ line, sitting }) => ({
      requests: sitting.requests,
      error: refusalOf(line),
      output: line.wire.output,
    }));
  }

  /** Ends the engines, and checks that nothing is left of them. */
  async finish(): Promise<void> {
    await this.#generous.finish();
    await this.#tight.finish();
  }

  async #connect(
    { bytes, cuts = [], manner = "at once", tight = false }: Sending,
  ): Promise<Client> {
    const hostname = `192.0.2.${this.#sittings.size}`;
    const sitting: Sitting = { requests: [], manner };
    this.#sittings.set(hostname, sitting);
    const line = await (tight ? this.#tight : this.#generous).connect({ hostname });
    return { line, packets: packetsOf(bytes, cuts), sitting };
  }
}

function checkNothingLeft({ buffers, calls, defects }: Rig): void {
  calls.length = 0;
  if (defects.length > 0) throw new Error("The engine has a defect", { cause: defects[0] });
  if (buffers.out !== 0) throw new Error(`${buffers.out} buffers did not come back`);
}

function peerOf({ remoteAddr }: { remoteAddr: Line["wire"]["remoteAddr"] }): string {
  return remoteAddr.transport === "tcp" ? remoteAddr.hostname : remoteAddr.path;
}

async function closed(line: Line): Promise<void> {
  for (let turn = 0; !line.wire.closed; turn++) {
    if (turn === MOST_TURNS) throw new Error(`Still ${line.state}`);
    await settled();
  }
}

/** The status of the last answer, if it was a refusal: the engine's own, or of a body that broke off. */
function refusalOf(line: Line): string | null {
  const last = line.wire.output.match(/HTTP\/1\.[01] \d\d\d /g)?.at(-1)?.slice(9, 12);
  return last !== undefined && last >= "400" ? last : null;
}

function packetsOf(bytes: string, cuts: readonly number[]): string[] {
  const ends = [...cuts, bytes.length];
  return ends.map((end, index) => bytes.slice(index === 0 ? 0 : ends[index - 1], end))
    .filter((packet) => packet !== "");
}
