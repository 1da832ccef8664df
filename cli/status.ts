/**
 * The status page of the program, on a port of its own that only this machine reaches.
 *
 * @module
 */

import { serve } from "../handlers/serve.ts";
import { StatusPage } from "../handlers/status/status_page.ts";
import type { ServeHandler, Server } from "../mod.ts";
import type { Lifetime } from "./lifetime.ts";
import { formatAddress, formatPlace } from "./report.ts";
import { reasonOf, StartError } from "./settings/errors.ts";

/** Where the page is on its port. */
const PATH = "/_weir/";

/** The page has said that the server has ended; who does not take that in time misses nothing. */
const END = { deadline: 200, grace: 0 };

/** The page while it is shown. */
export interface ShownStatus {
  readonly address: string;
  /** Ends it; resolves when its port is free. */
  end(): Promise<void>;
}

/**
 * Shows `server`; the button of the page drains as a signal does.
 *
 * @throws {StartError} If the port cannot be had.
 */
export function showStatus(server: Server, port: number, lifetime: Lifetime): ShownStatus {
  const page = new StatusPage({ path: PATH, onDrain: () => lifetime.drain("a signal") });
  page.observe(server);
  const own = listen(page, port);
  return {
    address: `${formatAddress(own.addr, false)}${PATH.slice(1)}`,
    end: async () => void await own.shutdown(END),
  };
}

function listen(page: StatusPage, port: number): Server<Deno.NetAddr> {
  const hostname = "127.0.0.1";
  const handler: ServeHandler<Deno.NetAddr> = (request, info) =>
    new URL(request.url).pathname === "/"
      ? new Response(null, { status: 307, headers: { location: PATH } })
      : page.handler(request, info);
  try {
    return serve({ hostname, port, onListen: () => {} }, handler);
  } catch (error) {
    const place = formatPlace({ kind: "tcp", hostname, port });
    throw new StartError(`Cannot show the status on ${place}: ${reasonOf(error)}`);
  }
}
