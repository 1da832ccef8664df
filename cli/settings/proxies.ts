/**
 * The kinds of settings that name proxies: lists of addresses, which a flag separates by commas.
 *
 * @module
 */

import { trustIn } from "../../handlers/client/trust.ts";
import type { TrustedProxies } from "../../mod.ts";
import type { Kind } from "./kinds.ts";

const ADDRESS = "IP addresses, ranges such as 10.0.0.0/8, 'loopback', 'private' or 'unix'";

/** A list of addresses. */
export const ADDRESSES: Kind<readonly string[]> = {
  placeholder: "<addresses>",
  expects: `a list of ${ADDRESS}`,
  parse: (text) => addressesIn(text.split(",").map((entry) => entry.trim())),
  read: (json) => Array.isArray(json) ? addressesIn(json) : undefined,
  format: (list) => list.join(","),
  schema: { type: "array", items: { type: "string" }, minItems: 1 },
};

/** A list of addresses, or how many proxies there are in a row. */
export const PROXIES: Kind<TrustedProxies> = {
  placeholder: "<addresses>|<number>",
  expects: `a list of ${ADDRESS}, or a number of hops from 1 on`,
  parse: (text) => /^\d{1,4}$/.test(text) ? hopsIn(Number(text)) : ADDRESSES.parse(text),
  read: (json) => typeof json === "number" ? hopsIn(json) : ADDRESSES.read(json),
  format: (given) => typeof given === "number" ? `${given}` : ADDRESSES.format(given),
  schema: { anyOf: [{ type: "integer", minimum: 1 }, ADDRESSES.schema] },
};

function addressesIn(list: readonly unknown[]): readonly string[] | undefined {
  return list.length > 0 && isTrust(list) ? list as readonly string[] : undefined;
}

function hopsIn(number: number): number | undefined {
  return isTrust(number) ? number : undefined;
}

function isTrust(given: unknown): boolean {
  try {
    trustIn("", given);
    return true;
  } catch {
    return false;
  }
}
