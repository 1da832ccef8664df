/**
 * HAProxy in front of a server, on a free port of the loopback address.
 *
 * @module
 */

import { ProxyProcess } from "./proxy_process.ts";

/** How it speaks to the server. */
export interface HaproxyOptions {
  /** `http`: it reads requests. `tcp`: it passes bytes on. */
  readonly mode?: "http" | "tcp";
  /** What stands after the server's address, such as `send-proxy-v2`. */
  readonly server?: string;
}

/** Starts it in front of the server on `port`. */
export function startHaproxy(port: number, options: HaproxyOptions = {}): Promise<ProxyProcess> {
  return startHaproxyWith((own) => configuration(own, port, options));
}

/** Starts it with what `configure` gives for its own port, after the usual defaults. */
export function startHaproxyWith(configure: (own: number) => string): Promise<ProxyProcess> {
  return ProxyProcess.start({
    program: "haproxy",
    configure: (own) => DEFAULTS + configure(own),
    args: (file) => ["-db", "-q", "-f", file],
  });
}

const DEFAULTS = `defaults
  timeout connect 5s
  timeout client 20s
  timeout server 20s
`;

function configuration(own: number, port: number, options: HaproxyOptions): string {
  const { mode = "http", server = "" } = options;
  return `frontend own
  mode ${mode}
  bind 127.0.0.1:${own}
  default_backend weir
backend weir
  mode ${mode}
  server weir 127.0.0.1:${port} ${server}
`;
}
