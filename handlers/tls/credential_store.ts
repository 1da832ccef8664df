/**
 * Which certificate a handshake gets, by the server name that the client asks for. What the program's
 * function finds is kept, and how much it is asked at a time is bounded.
 *
 * @module
 */

import { forgetOldest } from "../oldest.ts";
import { UnknownServerName } from "./refusals.ts";
import type { Credentials } from "./credentials.ts";

/** Finds the credentials for a name that none of the list has; `null` if there are none. */
export type FindCredentials = (serverName: string) => Promise<Credentials | null>;

/** For how long what was found is kept, in milliseconds. */
const KEPT_MS = 3_600_000;

/** How many names are kept. */
const KEPT_NAMES = 1_000;

/** How many names are looked up at a time. */
const LOOKUPS = 100;

/** What was found for a name. */
interface Found {
  readonly credentials: Credentials | null;
  readonly untilMs: number;
}

/** The credentials of one server. */
export class CredentialStore {
  readonly #find: FindCredentials | null;
  readonly #wallMs: () => number;
  #default!: Credentials;
  #byName!: ReadonlyMap<string, Credentials>;
  /** Whether some name leads to another certificate than the default. */
  #hasOthers = false;
  /** In the order of their use: the first was not used for the longest time. */
  readonly #found = new Map<string, Found>();
  readonly #lookups = new Map<string, Promise<Credentials>>();

  constructor(
    list: readonly Credentials[],
    { find, wallMs }: { find: FindCredentials | null; wallMs: () => number },
  ) {
    this.#find = find;
    this.#wallMs = wallMs;
    this.replace(list);
  }

  /** What a client gets that asks for no name. */
  get default(): Credentials {
    return this.#default;
  }

  /** Whether the name makes a difference. */
  get hasChoice(): boolean {
    return this.#find !== null || this.#hasOthers;
  }

  /** Puts others in the place of all; the first is the default. */
  replace(list: readonly Credentials[]): void {
    this.#default = list[0]!;
    // The first that has a name keeps it.
    this.#byName = new Map(
      list.flatMap((each) => each.names.map((name) => [name, each] as const)).reverse(),
    );
    this.#hasOthers = [...this.#byName.values()].some((each) => each !== this.#default);
    this.#found.clear();
  }

  /**
   * The credentials for a server name; at once where that is possible, so that most handshakes wait for
   * nothing.
   *
   * @throws {UnknownServerName} If too many names are being looked up; a promise also rejects as the
   * program's function does.
   */
  forName(serverName: string): Credentials | Promise<Credentials> {
    const name = serverName.toLowerCase();
    const known = this.#byName.get(name) ?? this.#byName.get(wildcardOf(name));
    if (known !== undefined) return known;
    if (this.#find === null || name === "") return this.#default;
    const found = this.#recall(name);
    if (found !== undefined) return found.credentials ?? this.#default;
    const underWay = this.#lookups.get(name);
    if (underWay !== undefined) return underWay;
    if (this.#lookups.size >= LOOKUPS) throw new UnknownServerName();
    const lookup = this.#lookUp(name, this.#find);
    this.#lookups.set(name, lookup);
    return lookup;
  }

  async #lookUp(name: string, find: FindCredentials): Promise<Credentials> {
    try {
      const credentials = await find(name);
      this.#keep(name, credentials);
      return credentials ?? this.#default;
    } finally {
      this.#lookups.delete(name);
    }
  }

  #recall(name: string): Found | undefined {
    const found = this.#found.get(name);
    if (found === undefined) return undefined;
    this.#found.delete(name);
    if (found.untilMs <= this.#wallMs()) return undefined;
    this.#found.set(name, found);
    return found;
  }

  #keep(name: string, credentials: Credentials | null): void {
    const validToMs = credentials?.validToMs ?? Infinity;
    const untilMs = Math.min(this.#wallMs() + KEPT_MS, validToMs);
    this.#found.set(name, { credentials, untilMs });
    forgetOldest(this.#found, KEPT_NAMES);
  }
}

/** The wildcard that stands for a name: it takes the place of the first label alone (RFC 6125 §6.4.3). */
function wildcardOf(name: string): string {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : `*${name.slice(dot)}`;
}
