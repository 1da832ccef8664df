/**
 * `weir check`: sends one request through an app without a network, and says what came of it.
 *
 * @module
 */

import { serveOn } from "../handlers/serve.ts";
import { type App, serveInitOf } from "./app/app.ts";
import { MemoryWire } from "../handlers/memory_wire.ts";
import { formatSettings } from "./settings/print.ts";
import type { Resolved } from "./settings/settings.ts";

const REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** Checks `app`; resolves with the exit status, 1 if the app failed. */
export async function checkApp(app: App, { settings, inForce }: Resolved): Promise<number> {
  const wire = new MemoryWire(REQUEST);
  // The request does not come through a proxy.
  const { proxyProtocol: _, ...options } = settings.options;
  const began = performance.now();
  const server = serveOn(wire, { ...options, ...serveInitOf(app) });
  const answer = await wire.answer;
  const ms = (performance.now() - began).toFixed(1);
  await server.shutdown({ deadline: 0, grace: 0 });
  const [, status = "no answer"] = /^HTTP\/1\.1 (\d{3})/.exec(answer) ?? [];
  const bodyAt = answer.indexOf("\r\n\r\n") + 4;
  console.log(
    `${app.name} answers GET / with ${status}, ${answer.length - bodyAt} bytes, in ${ms} ms\n\n` +
      formatSettings(inForce),
  );
  return /^[1-4]/.test(status) ? 0 : 1;
}
