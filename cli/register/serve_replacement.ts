/**
 * What stands in the place of `Deno.serve`: Weir's `serve` for all that Weir can serve, and the runtime's
 * own for the rest.
 *
 * @module
 */

import { serve as weirServe, type Server } from "../../handlers/serve.ts";
import { unsupportedOption } from "../../handlers/serve_arguments.ts";
import type { Shutdown } from "../../reactor/options/options.ts";
import { say } from "../../handlers/report.ts";
import type { ProgramEnding } from "./ending.ts";
import { parseServeAddress, type ServeAddress } from "./serve_address.ts";
import { ENVIRONMENT } from "../settings/environment.ts";
import type { GivenSettings } from "../settings/settings.ts";
import { inheriting, withSettings } from "./settings.ts";

type DenoServe = typeof Deno.serve;
type AnyServer = Deno.HttpServer<Deno.Addr>;
type WeirServe = (...given: Arguments) => Server<Deno.Addr>;
type OriginalServe = (...given: Arguments) => AnyServer;

/** What a {@linkcode ServeReplacement} is made of. */
export interface ServeReplacementInit {
  /** The runtime's own function. */
  readonly original: DenoServe;
  readonly settings: GivenSettings;
  readonly ending: ProgramEnding;
}

/** As the program gave them, in whichever of the three shapes. */
type Arguments = readonly [first?: unknown, second?: unknown];

const ADDRESS_VARIABLE = "DENO_SERVE_ADDRESS";

/** Decides for each call who serves. */
export class ServeReplacement {
  readonly #init: ServeReplacementInit;
  /** The variable moves the first server of the process alone. */
  #address: "unread" | "applied" | "read" = "unread";

  constructor(init: ServeReplacementInit) {
    this.#init = init;
  }

  /** Serves as `Deno.serve` does. */
  serve(given: Arguments): AnyServer {
    const options = optionsOf(given);
    // Weir says what is wrong with the call, in the runtime's words.
    if (options === null) return this.#serveOnWeir(given);
    const address = this.#nextAddress();
    const addressed = at(address, options);
    const reason = address?.kind === "other"
      ? `${ADDRESS_VARIABLE} names no plain TCP or unix address`
      : reasonToPassOn(addressed);
    if (reason !== null) return this.#passOn(given, reason);
    if (address !== null) this.#address = "applied";
    const complete = withSettings(withCompression(addressed), this.#init.settings);
    return this.#serveOnWeir([complete, handlerOf(given)]);
  }

  #serveOnWeir(call: Arguments): AnyServer {
    const server = (weirServe as WeirServe)(...call);
    const { ending, settings } = this.#init;
    if (settings.shutdown !== undefined) timeShutdown(server, settings.shutdown);
    ending.add(server);
    return server;
  }

  #passOn(given: Arguments, reason: string): AnyServer {
    say(`weir: Deno itself serves this one: ${reason}`);
    const { original, ending } = this.#init;
    const call = () => (original as OriginalServe)(...given);
    const server = this.#address === "applied" ? withoutVariable(ADDRESS_VARIABLE, call) : call();
    ending.add(server);
    return server;
  }

  #nextAddress(): ServeAddress | null {
    if (this.#address !== "unread") return null;
    this.#address = "read";
    const value = ENVIRONMENT.get(ADDRESS_VARIABLE) ?? "";
    return value === "" ? null : parseServeAddress(value);
  }
}

/** The options of a call; `null` if the call has none of the shapes that `Deno.serve` takes. */
function optionsOf(given: Arguments): object | null {
  const [first] = given;
  if (typeof first === "object") return first;
  return typeof first === "function" || handlerOf(given) !== undefined ? {} : null;
}

/** The handler that is an argument of its own; the first wins. */
function handlerOf(given: Arguments): unknown {
  return given.find((argument) => typeof argument === "function");
}

/** Why Weir cannot serve these options; `null` if it can. */
function reasonToPassOn(options: object): string | null {
  if (isLoadBalanced(options)) return "only Deno shares a port between the workers of --parallel";
  return unsupportedOption(options);
}

/** `deno serve` marks its own calls with a symbol that it gives nobody. */
function isLoadBalanced(options: object): boolean {
  return Object.getOwnPropertySymbols(options).some((symbol) =>
    symbol.description === "kLoadBalanced" && Reflect.get(options, symbol) === true
  );
}

function at(address: ServeAddress | null, options: object): object {
  switch (address?.kind) {
    case "tcp": {
      const { hostname, port } = address;
      return inheriting(options, { hostname, port, path: undefined, cid: undefined });
    }
    case "unix":
      return inheriting(options, { path: address.path, cid: undefined });
    default:
      return options;
  }
}

/** `DENO_SERVE_AUTOMATIC_COMPRESSION` counts where the call says nothing of compression. */
function withCompression(options: object): object {
  const isSaid = Reflect.get(options, "automaticCompression") !== undefined;
  const value = isSaid ? undefined : ENVIRONMENT.get("DENO_SERVE_AUTOMATIC_COMPRESSION");
  return value === "1" || value === "true"
    ? inheriting(options, { automaticCompression: true })
    : options;
}

/** A shutdown that the program asks for takes as long as the operator set. */
function timeShutdown(server: Server<Deno.Addr>, times: Partial<Shutdown>): void {
  const shutdown = server.shutdown.bind(server);
  Object.defineProperty(server, "shutdown", {
    value: (own?: Partial<Shutdown>) => shutdown({ ...times, ...own }),
    configurable: true,
    writable: true,
  });
}

/** Calls with a variable hidden that may be read, and so may be set. */
function withoutVariable<Result>(name: string, call: () => Result): Result {
  const value = Deno.env.get(name);
  Deno.env.delete(name);
  try {
    return call();
  } finally {
    if (value !== undefined) Deno.env.set(name, value);
  }
}
