/**
 * One answer as a line, in the formats that log readers know. Pure. What is not known is `-`, in JSON
 * `null`.
 *
 * @module
 */

import type { Address } from "../../reactor/ports.ts";
import { escapeField, escapeJson } from "./escape.ts";

/** What a line looks like. */
export type LogFormat = "common" | "combined" | "json";

/** What one line tells. */
export interface Entry {
  /** When the exchange was over, in milliseconds since 1970. */
  readonly wallMs: number;
  /** The address of whoever sent the request; `null` at a unix socket. */
  readonly client: string | null;
  /** The client's end of the connection. */
  readonly peer: Address;
  /** The connection's id. */
  readonly connection: number;
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly bodyBytes: number;
  /** The request; `null` when it was refused before it was known. */
  readonly request: RequestEntry | null;
  /** Why the answer was not delivered whole, or, without a request, which rule was broken. */
  readonly reason: string | null;
}

/** What a line tells of the request. */
export interface RequestEntry {
  readonly method: string;
  /** `null` when it began before anybody listened; so are the others below. */
  readonly target: string | null;
  readonly minorVersion: 0 | 1;
  /** Its number on its connection, from 1. */
  readonly number: number | null;
  /** From its whole head to the end of the exchange, in milliseconds. */
  readonly ms: number | null;
  readonly queuedMs: number;
  readonly referer: string | null;
  readonly userAgent: string | null;
}

/** Makes a line, its end included. */
export type Format = (entry: Entry) => string;

/** The formats by name. */
export const FORMATS: Readonly<Record<LogFormat, Format>> = { common, combined, json };

/** Fields whose values only some formats show. */
export function showsHeaders(format: LogFormat): boolean {
  return format !== "common";
}

function common(entry: Entry): string {
  return `${commonPart(entry)}\n`;
}

function combined(entry: Entry): string {
  const { request } = entry;
  const fields = `${quoted(request?.referer ?? null)} ${quoted(request?.userAgent ?? null)}`;
  return `${commonPart(entry)} ${fields}\n`;
}

function commonPart(entry: Entry): string {
  const { request, status, bodyBytes } = entry;
  const line = request === null
    ? null
    : `${request.method} ${request.target ?? "-"} HTTP/1.${request.minorVersion}`;
  return `${hostOf(entry)} - - [${commonTime(entry.wallMs)}] ${quoted(line)} ` +
    `${status} ${bodyBytes}`;
}

function quoted(text: string | null): string {
  return text === null ? '"-"' : `"${escapeField(text)}"`;
}

/** A unix socket's client has no address; nginx writes so. */
function hostOf({ client }: Entry): string {
  return client === null ? "unix:" : escapeField(client);
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function commonTime(wallMs: number): string {
  const time = new Date(wallMs);
  const day = `${two(time.getUTCDate())}/${MONTHS[time.getUTCMonth()]}/${time.getUTCFullYear()}`;
  const minute = `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}`;
  return `${day}:${minute}:${two(time.getUTCSeconds())} +0000`;
}

function two(number: number): string {
  return number < 10 ? `0${number}` : `${number}`;
}

function json(entry: Entry): string {
  const { client, peer, request, reason } = entry;
  const isUnix = peer.transport === "unix";
  return `{"time":"${new Date(entry.wallMs).toISOString()}","client":${nullable(client)},` +
    `"peer":${escapeJson(isUnix ? "unix:" : peer.hostname)},"port":${isUnix ? null : peer.port},` +
    `"connection":${entry.connection},"request":${request?.number ?? null},` +
    `"method":${nullable(request?.method)},"target":${nullable(request?.target)},` +
    `"protocol":${request === null ? null : `"HTTP/1.${request.minorVersion}"`},` +
    `"status":${entry.status},"bytes":${entry.bodyBytes},` +
    `"ms":${rounded(request?.ms)},"queued_ms":${rounded(request?.queuedMs)},` +
    `"referer":${nullable(request?.referer)},"user_agent":${nullable(request?.userAgent)},` +
    `"reason":${nullable(reason)}}\n`;
}

function nullable(text: string | null | undefined): string {
  return text === null || text === undefined ? "null" : escapeJson(text);
}

/** To a microsecond: no clock here knows more. */
function rounded(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : Math.round(ms * 1000) / 1000;
}
