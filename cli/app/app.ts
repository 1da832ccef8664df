/**
 * What the program serves: the hello, a program of the user's, or a folder.
 *
 * @module
 */

import { hello } from "../../handlers/hello.ts";
import type { ServeAddr, ServeHandler, ServeOptions } from "../../mod.ts";
import type { Layer } from "../settings/layers.ts";

/** Something to serve. */
export interface App {
  /** As the start line calls it. */
  readonly name: string;
  readonly handler: ServeHandler;
  readonly onError?: ServeOptions["onError"];
  /** Called with the address, besides what the program prints. */
  readonly onListen?: (addr: ServeAddr) => void;
  /** The settings that it gives itself: a port, a host name. */
  readonly layer: Layer;
  /** What it needs once it is loaded and the server listens; everything else is given up then. */
  readonly needs: "network" | "files" | "everything";
}

/** What `serve` takes of an app besides where it listens; it says nothing of its own when it does. */
export function serveInitOf({ handler, onError }: App) {
  return { handler, ...onError === undefined ? {} : { onError }, onListen: () => {} };
}

/** What is served without an argument. */
export const HELLO: App = {
  name: "hello",
  handler: hello,
  layer: new Map(),
  needs: "network",
};
