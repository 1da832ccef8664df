/**
 * Another reading of the same bytes: Node's HTTP server, in a process of its own, on streams that come
 * in batches over stdin. Each batch is a count and as many streams, each after its length (32 bits,
 * little-endian); the answer is a length and JSON. Ends when stdin does. `oracles/process_oracle.ts` is the other end.
 */

import { Buffer } from "node:buffer";
import { createServer } from "node:http";
import process from "node:process";
import { Duplex } from "node:stream";
import { setImmediate as immediate } from "node:timers/promises";

/** A socket without a network: what is pushed is what the client sent, answers go nowhere. */
class Wire extends Duplex {
  reading = { requests: [], error: null };

  _read() {}

  _write(_chunk, _encoding, done) {
    done();
  }
}

/** Only the parser's own judgement is tested: limits that Weir also has are off. */
const server = createServer({
  insecureHTTPParser: false,
  requireHostHeader: false,
  maxHeaderSize: 1 << 20,
  requestTimeout: 0,
  headersTimeout: 0,
  keepAliveTimeout: 0,
  connectionsCheckingInterval: 1 << 30,
});
server.maxHeadersCount = 0;
server.httpAllowHalfOpen = true;

function note(request, socket) {
  const { method, url, rawHeaders } = request;
  const seen = { method, target: url, fields: rawHeaders, body: "", complete: false };
  socket.reading.requests.push(seen);
  return seen;
}

function serve(request, response) {
  const seen = note(request, request.socket);
  request.on("data", (piece) => seen.body += piece.latin1Slice());
  request.on("error", () => {});
  request.on("end", () => {
    seen.complete = request.complete;
    response.end();
  });
}

server.on("request", serve);
server.on("checkContinue", serve);
server.on("checkExpectation", serve);
server.on("connect", (request, socket) => {
  note(request, socket).complete = true;
  socket.destroy();
});
server.on("clientError", (error, socket) => {
  socket.reading.error ??= error.code;
  // In a later turn, so that the requests before the error can end.
  setImmediate(() => socket.destroy());
});

function opened(bytes) {
  const wire = new Wire();
  server.emit("connection", wire);
  wire.push(bytes);
  return wire;
}

/** After so many turns of the event loop, a server without timers and network is done. */
const TURNS = 4;

async function read(streams) {
  const wires = streams.map(opened);
  for (let turn = 0; turn < TURNS; turn++) await immediate();
  // Later, so that the end never overtakes a body.
  for (const wire of wires) wire.push(null);
  for (let turn = 0; turn < TURNS; turn++) await immediate();
  // After an Upgrade that nobody takes, Node neither reads nor closes.
  for (const wire of wires) wire.destroy();
  return wires.map(({ reading }) => reading);
}

async function answer(streams) {
  const json = Buffer.from(JSON.stringify(await read(streams)));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  process.stdout.write(Buffer.concat([length, json]));
}

/** The streams of a batch that is here whole, and where it ends; or nothing yet. */
function batchOf(input) {
  if (input.length < 4) return null;
  const streams = [];
  let at = 4;
  for (let left = input.readUInt32LE(0); left > 0; left--) {
    if (input.length < at + 4) return null;
    const end = at + 4 + input.readUInt32LE(at);
    if (input.length < end) return null;
    streams.push(input.subarray(at + 4, end));
    at = end;
  }
  return { streams, end: at };
}

let input = Buffer.alloc(0);
for await (const piece of process.stdin) {
  input = Buffer.concat([input, piece]);
  for (let batch = batchOf(input); batch !== null; batch = batchOf(input)) {
    input = input.subarray(batch.end);
    await answer(batch.streams);
  }
}
process.exit(0);
