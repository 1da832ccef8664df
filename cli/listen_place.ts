/**
 * Where the program is to listen.
 *
 * @module
 */

/** Where to listen, as the flags say it. */
export type ListenPlace =
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | {
    readonly kind: "tls";
    readonly hostname: string;
    readonly port: number;
    readonly certFile: string;
    readonly keyFile: string;
  }
  | { readonly kind: "unix"; readonly path: string };
