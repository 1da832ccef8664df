/**
 * The settings of the PROXY protocol, with defaults filled in and checked once; `settings.ts` describes each.
 * What an address is, whoever uses them checks.
 *
 * @module
 */

import { checkInteger, checkNames, checkRecord, describe, MAX_MS } from "./option_checks.ts";
import type { ProxyProtocol } from "./settings.ts";

/** The defaults of {@linkcode ProxyProtocol}, which has none for `from`. */
export const DEFAULT_PROXY_PROTOCOL: Pick<ProxyProtocol, "timeout" | "others"> = {
  timeout: 5_000,
  others: "refuse",
};

const MS = { least: 0, most: MAX_MS, unit: "milliseconds" };

/**
 * Fills in the defaults and checks all settings; returns `null` without the PROXY protocol.
 *
 * @throws {TypeError} If a name is unknown, or a value is of the wrong kind.
 * @throws {RangeError} If the time-out is not whole or out of its range.
 */
export function resolveProxyProtocol(
  given: Partial<ProxyProtocol> | undefined,
): ProxyProtocol | null {
  if (given === undefined) return null;
  checkNames("proxyProtocol", checkRecord("proxyProtocol", given), ["from", "timeout", "others"]);
  const { from, timeout = DEFAULT_PROXY_PROTOCOL.timeout, others = DEFAULT_PROXY_PROTOCOL.others } =
    given;
  if (!Array.isArray(from) || from.length === 0) {
    throw new TypeError(
      "Cannot use option 'proxyProtocol.from': expected a list of at least one address, received " +
        describe(from),
    );
  }
  if (others !== "refuse" && others !== "plain") {
    throw new TypeError(
      `Cannot use option 'proxyProtocol.others': expected "refuse" or "plain", received ${
        describe(others)
      }`,
    );
  }
  return { from: [...from], timeout: checkInteger("proxyProtocol.timeout", timeout, MS), others };
}
