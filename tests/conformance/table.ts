/**
 * All rows, in the order of the documents.
 *
 * @module
 */

import type { Requirement } from "./requirement.ts";
import { RFC9110_FIELDS } from "./rfc9110_fields.ts";
import { RFC9110_SEMANTICS } from "./rfc9110_semantics.ts";
import { RFC9112_BODIES } from "./rfc9112_bodies.ts";
import { RFC9112_CONNECTIONS } from "./rfc9112_connections.ts";
import { RFC9112_MESSAGES } from "./rfc9112_messages.ts";

/** What binds a server in RFC 9112, and in RFC 9110 as far as it touches messages. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...RFC9112_MESSAGES,
  ...RFC9112_BODIES,
  ...RFC9112_CONNECTIONS,
  ...RFC9110_FIELDS,
  ...RFC9110_SEMANTICS,
];
