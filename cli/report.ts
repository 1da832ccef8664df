/**
 * What the program says about addresses and its end, each as one line.
 *
 * @module
 */

import type { Address, ServeAddr, Shutdown, ShutdownReport } from "../mod.ts";
import { hostAndPort } from "../handlers/host_and_port.ts";
import type { ListenPlace } from "./listen_place.ts";

/** The address of a server as one would type it into a browser. */
export function formatAddress(addr: ServeAddr, secure: boolean): string {
  if ("path" in addr) return `unix:${addr.path}`;
  return `${secure ? "https" : "http"}://${hostAndPort(addr.hostname, addr.port)}/`;
}

/**
 * The addresses of a server: its own and, if that stands for all of the machine's, the first by which others
 * reach it, as far as the program may know that.
 */
export function formatAddresses(addr: ServeAddr, secure: boolean): string[] {
  const own = formatAddress(addr, secure);
  if ("path" in addr || !EVERY_ADDRESS.includes(addr.hostname)) return [own];
  const outer = outerHostname();
  return outer === undefined ? [own] : [own, formatAddress({ ...addr, hostname: outer }, secure)];
}

const EVERY_ADDRESS = ["0.0.0.0", "::"];

function outerHostname(): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "networkInterfaces" });
  if (state !== "granted") return undefined;
  return Deno.networkInterfaces().find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  )?.address;
}

/** Where the program was told to listen. */
export function formatPlace(place: ListenPlace): string {
  return place.kind === "unix" ? `unix:${place.path}` : hostAndPort(place.hostname, place.port);
}

/** One end of a connection. */
export function formatEnd(address: Address): string {
  return address.transport === "unix" ? "unix" : hostAndPort(address.hostname, address.port);
}

/** 128 and the signal's number, as a shell reports a process that a signal ended. */
export const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143, SIGBREAK: 149 } as const;

/** What a shutdown will do; `forcing` names what would end it at once. */
export function formatDraining({ readyDelay, deadline }: Shutdown, forcing: string): string {
  const delay = readyDelay > 0 ? `leaving for ${readyDelay} ms, then ` : "";
  return `${delay}draining for at most ${deadline} ms; ${forcing} forces`;
}

/** How a shutdown went. */
export function formatReport(report: ShutdownReport): string {
  const { drained, aborted, forced, drainMs, abortMs } = report;
  return `Weir stopped: ${drained} connections drained in ${drainMs} ms, ` +
    `${aborted} handlers aborted, ${forced} connections cut after another ${abortMs} ms`;
}
