/**
 * Weir's `info.upgrade()`, which the types of Deno.serve's handlers do not know.
 *
 * @module
 */

/** The part of a raw connection that the tests use. */
export interface RawConn {
  read(into: Uint8Array<ArrayBuffer>): Promise<number | null>;
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  close(): void;
}

/** What a handler takes the connection over with. */
type Upgrade = (init?: { status?: number; headers?: HeadersInit }) => RawConn;

/** The `upgrade` of a handler's info, to be called. */
export function upgradeOf(info: Deno.ServeHandlerInfo): Upgrade {
  const more = info as unknown as { upgrade: Upgrade };
  return (init) => more.upgrade(init);
}
