/**
 * `weir check`: sends one request through an app without a network, and says what came of it.
 *
 * @module
 */

import { askInMemory } from "../handlers/ask_in_memory.ts";
import { type App, serveInitOf } from "./app/app.ts";
import { formatSettings } from "./settings/print.ts";
import type { Resolved } from "./settings/settings.ts";

/** Checks `app`; resolves with the exit status, 1 if the app failed. */
export async function checkApp(app: App, { settings, inForce }: Resolved): Promise<number> {
  // The request does not come through a proxy.
  const { proxyProtocol: _, ...options } = settings.options;
  const { answer, ms } = await askInMemory({ ...options, ...serveInitOf(app) }, "/");
  const [, status = "no answer"] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
  const bodyAt = answer.indexOf("\r\n\r\n") + 4;
  console.log(
    `${app.name} answers GET / with ${status}, ${answer.length - bodyAt} bytes, ` +
      `in ${ms.toFixed(1)} ms\n\n${formatSettings(inForce)}`,
  );
  return /^[1-4]/.test(status) ? 0 : 1;
}
