/**
 * `DENO_SERVE_ADDRESS`, with which Deno moves the first `Deno.serve` of a process to another address. Pure.
 *
 * @module
 */

/** Where the variable sends a server. */
export type ServeAddress =
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string }
  /** A vsock, a tunnel, a second address, or nothing that makes sense: the runtime knows what to do. */
  | { readonly kind: "other" };

/** Reads the variable's value as the runtime does: an address literal and a port, or a path. */
export function parseServeAddress(value: string): ServeAddress {
  const path = /^unix:(.+)$/s.exec(value)?.[1];
  if (path !== undefined) return { kind: "unix", path };
  const [, v6, v4, port = ""] =
    /^tcp:(?:\[([\da-f:.]+)\]|(\d+(?:\.\d+){3})):(\d{1,5})$/i.exec(value) ?? [];
  const hostname = v6 ?? v4;
  if (hostname === undefined || Number(port) > 65535) return { kind: "other" };
  return { kind: "tcp", hostname, port: Number(port) };
}
