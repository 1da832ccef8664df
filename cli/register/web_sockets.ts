/**
 * What stands in the place of `Deno.upgradeWebSocket`: Weir's for the requests that Weir has handed out, so
 * that their sockets have its bounds and its shutdown; the runtime's own for all others.
 *
 * @module
 */

import { exchangeOf } from "../../handlers/fetch/take_over.ts";
import { upgradeWebSocket as upgradeOnWeir } from "../../handlers/websocket/upgrade_web_socket.ts";

type Upgrade = typeof Deno.upgradeWebSocket;

/** The replacement of the runtime's own function. */
export function upgradeReplacement(original: Upgrade): Upgrade {
  return function upgradeWebSocket(request, options) {
    return exchangeOf(request) === null
      ? original(request, options)
      : upgradeOnWeir(request, denoOptions(options));
  };
}

/** The options that Deno knows: it ignores all others, and there are libraries that give some. */
function denoOptions(
  { protocol, idleTimeout }: Deno.UpgradeWebSocketOptions = {},
): Deno.UpgradeWebSocketOptions {
  return {
    ...protocol === undefined ? {} : { protocol },
    ...idleTimeout === undefined ? {} : { idleTimeout },
  };
}
