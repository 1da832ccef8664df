/**
 * `automaticCompression` on a real socket: each piece of a stream arrives before the next is made, in a form
 * that can be decompressed at once. Deno.serve holds such pieces back (denoland/deno#19889).
 *
 * @module
 */

import zlib from "node:zlib";
import { eventStream, serve } from "../../mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";

const CODINGS = {
  gzip: () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
} as const;

/** What a client has decompressed so far. */
class Decoder {
  readonly #stream: ReturnType<typeof CODINGS["gzip" | "br"]>;
  text = "";

  constructor(coding: keyof typeof CODINGS) {
    this.#stream = CODINGS[coding]();
    this.#stream.on("data", (piece: Uint8Array) => this.text += new TextDecoder().decode(piece));
  }

  take(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => error ? reject(error) : resolve());
    });
  }

  end(): void {
    this.#stream.destroy();
  }
}

/** The data of the next chunk. */
async function chunk(client: WireClient): Promise<Uint8Array> {
  const data = await client.exactly(Number.parseInt(await client.line(), 16));
  await client.line();
  return data;
}

async function head(client: WireClient): Promise<string> {
  let text = "";
  for (let line = await client.line(); line !== ""; line = await client.line()) text += `${line}\n`;
  return text;
}

for (const coding of ["gzip", "br"] as const) {
  for (const piece of ["a", "piece of some length ", "x".repeat(30_000)]) {
    Deno.test(`${coding}: a piece of ${piece.length} bytes arrives before the next is made`, async () => {
      let wanted = Promise.withResolvers<void>();
      let left = 5;
      const body = new ReadableStream<string>({
        async pull(controller) {
          await wanted.promise;
          wanted = Promise.withResolvers();
          if (left-- > 0) controller.enqueue(piece);
          else controller.close();
        },
      }, { highWaterMark: 0 });
      await using server = serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {}, automaticCompression: true },
        () =>
          new Response(body.pipeThrough(new TextEncoderStream()), {
            headers: { "content-type": "text/plain" },
          }),
      );
      using client = await WireClient.connect(server.addr.port);
      await client.send(`GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: ${coding}\r\n\r\n`);
      // The head does not wait for the first piece either.
      assert((await within(head(client), "the head")).includes(`content-encoding: ${coding}\n`));
      const decoder = new Decoder(coding);
      for (let i = 1; i <= 5; i++) {
        wanted.resolve();
        while (decoder.text.length < i * piece.length) await decoder.take(await chunk(client));
        assertEquals(decoder.text, piece.repeat(i));
      }
      wanted.resolve();
      while ((await chunk(client)).length > 0);
      decoder.end();
    });
  }
}

Deno.test("an event stream goes out uncompressed, whatever the client accepts", async () => {
  await using server = serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {}, automaticCompression: true },
    (request) => eventStream(request, ({ send }) => void send("x".repeat(1_000))),
  );
  using client = await WireClient.connect(server.addr.port);
  await client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\n\r\n");
  assert(!(await head(client)).includes("content-encoding"));
  assertEquals(new TextDecoder().decode(await chunk(client)), "retry: 2000\n\n\n");
  assertEquals(new TextDecoder().decode(await chunk(client)), `data: ${"x".repeat(1_000)}\n\n`);
});
