/**
 * The socket that a program gets: a `WebSocket` as the WHATWG's standard has it, on the server's side. Here
 * are the events and the checks of arguments; the protocol is in `link.ts`.
 *
 * `socket instanceof WebSocket` holds, since libraries ask for it: the prototype is put below that of the
 * runtime's class when the first socket is made, so that a server without sockets does not load that class.
 * Each of its members has one of the same name here, and none of its own runs on a socket of this kind.
 *
 * @module
 */

import type { LinkEnd, LinkEvents, LinkPhase } from "./link.ts";

/** What a socket calls. */
export interface SocketLink {
  /** Who is told of what happens from now on. */
  events: LinkEvents;
  readonly phase: LinkPhase;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array | Blob): void;
  close(frame: { readonly code?: number | undefined; readonly reason?: string | undefined }): void;
}

/** What a socket is made of. */
export interface SocketInit {
  /** `ws:` or `wss:`, and the rest as in the request. */
  readonly url: string;
  readonly protocol: string;
  readonly link: SocketLink;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const READY_STATES: Readonly<Record<LinkPhase, number>> = {
  connecting: CONNECTING,
  open: OPEN,
  closing: CLOSING,
  ending: CLOSING,
  closed: CLOSED,
};

/** RFC 6455 §5.5.1: a control frame has 125 bytes, of which the code takes two. */
const MOST_REASON_BYTES = 123;

type HandlerName = "open" | "message" | "error" | "close";
type Handler = (this: WebSocket, event: never) => unknown;

const encoder = new TextEncoder();

/** What is inside of a socket, for those of this file: one function for all sockets, so that each is small. */
let receive: (socket: ServerSocket, received: string | ArrayBuffer) => void;
/** The listener for what `onopen` and its like are set to. */
let callHandler: (event: Event) => void;

/** One socket; handed out as a `WebSocket`. */
class ServerSocket extends EventTarget {
  readonly url: string;
  readonly protocol: string;
  extensions = "";
  readonly #link: SocketLink;
  /** What `onopen` and its like are set to. */
  readonly #handlers: Partial<Record<HandlerName, Handler>> = {};
  #binaryType: BinaryType = "blob";

  constructor({ url, protocol, link }: SocketInit) {
    super();
    this.url = url;
    this.protocol = protocol;
    this.#link = link;
    link.events = new SocketEvents(this);
  }

  static {
    receive = (socket, received) => socket.#receive(received);
    callHandler = (event) => {
      const socket = event.currentTarget as ServerSocket;
      const handler = socket.#handlers[event.type as HandlerName];
      if (handler !== undefined) Reflect.apply(handler, socket, [event]);
    };
  }

  get CONNECTING(): 0 {
    return CONNECTING;
  }

  get OPEN(): 1 {
    return OPEN;
  }

  get CLOSING(): 2 {
    return CLOSING;
  }

  get CLOSED(): 3 {
    return CLOSED;
  }

  get readyState(): number {
    return READY_STATES[this.#link.phase];
  }

  get bufferedAmount(): number {
    return this.#link.bufferedAmount;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(given: BinaryType) {
    if (given === "blob" || given === "arraybuffer") this.#binaryType = given;
  }

  get onopen(): Handler | null {
    return this.#handler("open");
  }

  set onopen(given: unknown) {
    this.#setHandler("open", given);
  }

  get onmessage(): Handler | null {
    return this.#handler("message");
  }

  set onmessage(given: unknown) {
    this.#setHandler("message", given);
  }

  get onerror(): Handler | null {
    return this.#handler("error");
  }

  set onerror(given: unknown) {
    this.#setHandler("error", given);
  }

  get onclose(): Handler | null {
    return this.#handler("close");
  }

  set onclose(given: unknown) {
    this.#setHandler("close", given);
  }

  send(...args: [data?: unknown]): void {
    requireArgument("send", args.length);
    const data = sendable(args[0]);
    if (this.readyState === CONNECTING) {
      throw new DOMException("'readyState' not OPEN", "InvalidStateError");
    }
    this.#link.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#link.close({
      code: code === undefined ? undefined : checkCode(code),
      reason: reason === undefined ? undefined : checkReason(reason),
    });
  }

  #receive(received: string | ArrayBuffer): void {
    const isBlob = typeof received !== "string" && this.#binaryType === "blob";
    const data = isBlob ? new Blob([received]) : received;
    this.dispatchEvent(new MessageEvent("message", { data, origin: this.url }));
  }

  #handler(name: HandlerName): Handler | null {
    return this.#handlers[name] ?? null;
  }

  /** HTML's event handlers: the first handler's place among the listeners is kept until it is removed. */
  #setHandler(name: HandlerName, given: unknown): void {
    if (typeof given === "function") {
      // It is there at most once.
      this.addEventListener(name, callHandler);
      this.#handlers[name] = given as Handler;
    } else {
      this.removeEventListener(name, callHandler);
      delete this.#handlers[name];
    }
  }
}

/** What happens on the link of a socket, as the socket's events. */
class SocketEvents implements LinkEvents {
  readonly #socket: ServerSocket;

  constructor(socket: ServerSocket) {
    this.#socket = socket;
  }

  opened(extensions: string): void {
    this.#socket.extensions = extensions;
    this.#socket.dispatchEvent(new Event("open"));
  }

  received(data: string | ArrayBuffer): void {
    receive(this.#socket, data);
  }

  failed(error: Error): void {
    this.#socket.dispatchEvent(new ErrorEvent("error", { error, message: error.message }));
  }

  ended(end: LinkEnd): void {
    this.#socket.dispatchEvent(new CloseEvent("close", { ...end }));
  }
}

/** A socket in its first state. */
export function serverSocket(init: SocketInit): WebSocket {
  passForWebSocket();
  return new ServerSocket(init) as unknown as WebSocket;
}

function passForWebSocket(): void {
  const { prototype } = ServerSocket;
  if (prototype instanceof WebSocket) return;
  Object.setPrototypeOf(prototype, WebSocket.prototype);
  Object.defineProperty(prototype, "constructor", { value: WebSocket, enumerable: false });
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const model = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
    if (model !== undefined) {
      Object.defineProperty(prototype, name, { enumerable: model.enumerable ?? false });
    }
  }
}

function requireArgument(method: string, given: number): void {
  if (given > 0) return;
  throw new TypeError(
    `Failed to execute '${method}' on 'WebSocket': 1 argument required, but only 0 present`,
  );
}

/** What is neither bytes nor a Blob is sent as text, as Web IDL has it. */
function sendable(data: unknown): string | Uint8Array | Blob {
  if (typeof data === "string") return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return data instanceof Blob ? data : String(data);
}

/**
 * A server may use more codes than a client: all but those that RFC 6455 §7.4 reserves or forbids in a
 * frame. `Deno.upgradeWebSocket` takes any.
 */
function checkCode(given: number): number {
  const code = Math.min(Math.max(Math.round(Number(given)) || 0, 0), 65_535);
  const isAllowed = (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999);
  if (isAllowed) return code;
  throw new DOMException(
    `The close code must be one that may be sent (RFC 6455 section 7.4): received ${code}`,
    "InvalidAccessError",
  );
}

function checkReason(given: string): string {
  const reason = String(given);
  if (encoder.encode(reason).length <= MOST_REASON_BYTES) return reason;
  throw new DOMException(
    `The close reason may not be longer than ${MOST_REASON_BYTES} bytes`,
    "SyntaxError",
  );
}
