/**
 * A server that is ready, reads each request, and closes the connection without an answer: as one does that
 * dies with a request in it.
 *
 * @module
 */

const READY = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/** Reads, and breaks off. */
export class BreakingServer implements AsyncDisposable {
  /** The methods of the requests that it has read, in their order. */
  readonly read: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #serving = this.#serve();

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const all: Promise<void>[] = [];
    for await (const conn of this.#listener) all.push(this.#break(conn));
    await Promise.all(all);
  }

  /** Requests are short: one read has all of it. */
  async #break(conn: Deno.TcpConn): Promise<void> {
    using _ = conn;
    const buffer = new Uint8Array(4_096);
    const length = await conn.read(buffer).catch(() => null);
    if (length === null) return;
    const [method = "", path] = new TextDecoder().decode(buffer.subarray(0, length)).split(" ");
    if (path !== "/readyz") this.read.push(method);
    else await conn.write(new TextEncoder().encode(READY)).catch(() => {});
  }
}
