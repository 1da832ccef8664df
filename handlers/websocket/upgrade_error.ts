/**
 * The error of a handshake that cannot succeed, with the answer that the client should get.
 *
 * @module
 */

/** The status of the answer to a handshake that was refused. */
export type UpgradeErrorStatus = 400 | 403 | 405 | 426;

/**
 * A request that `upgradeWebSocket` cannot take over. Without an `onError` of the program's own, the server
 * answers with {@linkcode UpgradeError.getResponse}, and does not report it.
 */
export class UpgradeError extends TypeError {
  /** Always "UpgradeError". */
  override readonly name = "UpgradeError";
  /**
   * 400 for a handshake that breaks RFC 6455 §4.2.1, 403 for an `Origin` that is not allowed, 405 for a
   * method other than GET, 426 for a version other than 13.
   */
  readonly status: UpgradeErrorStatus;

  /** The message is for people. */
  constructor(status: UpgradeErrorStatus, message: string) {
    super(message);
    this.status = status;
  }

  /** The answer for the client, with the fields that its status asks for. */
  getResponse(): Response {
    return new Response(`${TEXTS[this.status]}\n`, {
      status: this.status,
      headers: FIELDS[this.status],
    });
  }
}

const TEXTS: Readonly<Record<UpgradeErrorStatus, string>> = {
  400: "Not a WebSocket handshake",
  403: "Origin not allowed",
  405: "Method not allowed",
  426: "WebSocket version 13 required",
};

/** RFC 6455 §4.2.2 asks for the version, RFC 9110 §15.5.22 for Upgrade, which needs its option (§7.8). */
const FIELDS: Readonly<Record<UpgradeErrorStatus, HeadersInit>> = {
  400: {},
  403: {},
  405: { allow: "GET" },
  426: { "sec-websocket-version": "13", upgrade: "websocket", connection: "upgrade" },
};
