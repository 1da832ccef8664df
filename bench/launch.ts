/**
 * Starting a peer's server and waiting for its first answer.
 *
 * @module
 */

import { type Child, startChild } from "./children.ts";
import { pinned } from "./cores.ts";
import type { Peer } from "./peers/catalog.ts";
import { ask } from "./probe.ts";
import { processTree } from "./proc.ts";
import { ROUTES } from "./routes.ts";
import type { Site } from "./site.ts";

/** A server that has answered once. */
export interface Server {
  readonly port: number;
  readonly command: readonly string[];
  /** The process and its descendants. */
  readonly pids: readonly number[];
  /** From starting the process to having the first answer whole, in milliseconds. */
  readonly firstAnswerMs: number;
  /** Why it is not there any more, or `null`. */
  fault(): string | null;
  stop(): Promise<void>;
}

/** A peer that did not come up. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}

/** Enough for a runtime that has to fetch a package first. */
const START_LIMIT_MS = 20_000;
/** Short compared with any cold start, and long enough to leave the processor to the server. */
const POLL_MS = 1;
const ROOT = new URL("../", import.meta.url).pathname;

/** Starts the peer on a free port. @throws {StartFailure} When it ends or does not answer in time. */
export async function launch(
  peer: Peer,
  options: { readonly site: Site; readonly cores: string | null },
): Promise<Server> {
  const port = freePort();
  const command = pinned(peer.command(port, options.site), options.cores);
  const begin = performance.now();
  const child = startChild(command);
  try {
    await firstAnswer(child, port);
  } catch (error) {
    await child.end();
    throw error;
  }
  return {
    port,
    command,
    firstAnswerMs: performance.now() - begin,
    pids: await processTree(child.pid),
    fault: () => child.ended ? `server ended: ${lastWords(child)}` : null,
    stop: () => child.end(),
  };
}

async function firstAnswer(child: Child, port: number): Promise<void> {
  const deadline = performance.now() + START_LIMIT_MS;
  while (performance.now() < deadline) {
    if (child.ended) {
      await child.exited;
      throw new StartFailure(`did not start: ${lastWords(child)}`);
    }
    if (await answers(port)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new StartFailure(`did not answer within ${START_LIMIT_MS / 1000} s`);
}

/** Any answer will do here: whether it is right is checked before each run. */
async function answers(port: number): Promise<boolean> {
  try {
    await ask(ROUTES.hello, { port });
    return true;
  } catch {
    return false;
  }
}

/** The line of stderr that says what went wrong, without paths: in a stack trace, the first. */
function lastWords(child: Child): string {
  const text = child.complaint().replaceAll(ROOT, "").replaceAll("file://", "");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /error|emerg/i.test(line)) ?? lines.at(-1) ?? "without a word";
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
