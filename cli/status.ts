/**
 * The status page of the program, on a port of its own that only this machine reaches.
 *
 * Its buttons need a token. Where the start lines go to a terminal, one is made and said there once, in the
 * address; in a log it would stay, so there the page can only be read, unless a token was given.
 *
 * @module
 */

import { serve } from "../handlers/serve.ts";
import { randomText } from "../handlers/status/secrets.ts";
import { LEAST_TOKEN, StatusPage } from "../handlers/status/status_page.ts";
import type { ServeHandler, Server } from "../mod.ts";
import type { Lifetime } from "./lifetime.ts";
import { formatAddress, formatPlace } from "./report.ts";
import { Misuse, reasonOf, StartError } from "./settings/errors.ts";
import type { Settings } from "./settings/settings.ts";

/** Where the page is on its port. */
const PATH = "/_weir/";

/** The page has said that the server has ended; who does not take that in time misses nothing. */
const END = { deadline: 200, grace: 0 };

/** How the page is shown. */
export interface StatusInit {
  /** Gives the page what it is to show. */
  readonly observe: (page: StatusPage) => void;
  readonly settings: Pick<Settings, "statusToken" | "quiet">;
  /** Its port, 0 for any free one. */
  readonly port: number;
  readonly lifetime: Lifetime;
}

/** What is known of its visitors. */
export interface AccessInit {
  /** What they have to know; `null` if nothing was said. */
  readonly token: string | null;
  /** Whether somebody reads the start lines who may know a token. */
  readonly isSeen: boolean;
}

/** The page while it is shown. */
export interface ShownStatus {
  /** The start line that says where it is. */
  readonly line: string;
  /** Ends it; resolves when its port is free. */
  end(): Promise<void>;
}

/** How visitors get in. */
export type Access =
  /** They were told the token. */
  | { readonly kind: "given"; readonly token: string }
  /** They find it in the start line. */
  | { readonly kind: "said"; readonly token: string }
  /** Whoever is on this machine may read. */
  | { readonly kind: "read-only" };

/**
 * Shows the page, whose button drains as a signal does.
 *
 * @throws {Misuse} If the token is too short.
 * @throws {StartError} If the port cannot be had.
 */
export function showStatus(init: StatusInit): ShownStatus {
  const { quiet, statusToken: token } = init.settings;
  const access = accessOf({ token, isSeen: !quiet && Deno.stdout.isTerminal() });
  const page = new StatusPage({
    path: PATH,
    onDrain: () => init.lifetime.drain("a signal"),
    ...access.kind === "read-only" ? {} : { token: access.token },
  });
  init.observe(page);
  const own = listen(page, init.port);
  const address = `${formatAddress(own.addr, false)}${PATH.slice(1)}`;
  return {
    line: `Weir status page on ${withAccess(address, access)}`,
    end: async () => void await own.shutdown(END),
  };
}

/**
 * How visitors get in, by what is known of them.
 *
 * @throws {Misuse} If the token is too short.
 */
export function accessOf({ token, isSeen }: AccessInit): Access {
  if (token === null) return isSeen ? { kind: "said", token: randomText() } : { kind: "read-only" };
  if (token.length >= LEAST_TOKEN) return { kind: "given", token };
  throw new Misuse(`'statusToken' takes at least ${LEAST_TOKEN} characters`);
}

function withAccess(address: string, access: Access): string {
  switch (access.kind) {
    case "given":
      return address;
    case "said":
      return `${address}?token=${access.token}`;
    case "read-only":
      return `${address}, to be read only: its buttons need WEIR_STATUS_TOKEN`;
  }
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
