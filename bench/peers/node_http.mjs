/**
 * Peer: the app on node:http as a user of Node writes it. Plain JavaScript, because Node 20 runs no TypeScript.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import process from "node:process";
import {
  BLOCK,
  FILLER,
  GREETING,
  JSON_FIELDS,
  STREAM_PIECE_BYTES,
  STREAM_PIECES,
} from "../app_values.mjs";

const [port, pageFile] = process.argv.slice(2);
const PIECE = Buffer.alloc(STREAM_PIECE_BYTES, FILLER);
const TEXT = "text/plain;charset=UTF-8";

function send(response, type, body) {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function describe(request, response) {
  const url = new URL(request.url, "http://127.0.0.1");
  const body = {
    path: url.pathname,
    name: url.searchParams.get("name"),
    language: request.headers[JSON_FIELDS[0]],
    id: request.headers[JSON_FIELDS[1]],
  };
  send(response, "application/json", JSON.stringify(body));
}

async function echo(request, response) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const value = JSON.parse(Buffer.concat(pieces).toString());
  send(response, "application/json", JSON.stringify(value));
}

async function stream(response) {
  response.writeHead(200, { "content-type": "application/octet-stream" });
  for (let left = STREAM_PIECES; left > 0; left--) {
    if (!response.write(PIECE)) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end();
}

async function count(request, response) {
  let bytes = 0;
  for await (const piece of request) bytes += piece.length;
  send(response, TEXT, String(bytes));
}

function page(response) {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  createReadStream(pageFile).pipe(response);
}

function handle(request, response) {
  const path = request.url;
  if (path === "/") return send(response, TEXT, GREETING);
  if (path.startsWith("/json")) return describe(request, response);
  if (path === "/echo") return echo(request, response);
  if (path === "/64k") return send(response, TEXT, BLOCK);
  if (path === "/stream") return stream(response);
  if (path === "/upload") return count(request, response);
  if (path === "/page.html") return page(response);
  response.writeHead(404).end();
}

createServer(handle).listen(Number(port), "127.0.0.1");
