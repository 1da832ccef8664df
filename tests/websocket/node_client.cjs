// A client of npm's ws: sends texts and bytes of the lengths given, compares what comes back, closes.
const [folder, url, lengths] = process.argv.slice(2);
const { WebSocket } = require(folder);

const socket = new WebSocket(url, ["a", "b"]);
const sent = JSON.parse(lengths).flatMap((length) => ["x".repeat(length), Buffer.alloc(length, 7)]);
const said = { protocol: "", extensions: "", wrong: 0, pong: "", close: null };
let got = 0;

socket.on("open", () => {
  said.protocol = socket.protocol;
  said.extensions = socket.extensions;
  for (const message of sent) socket.send(message);
  socket.ping("hello");
});
socket.on("pong", (data) => said.pong = data.toString());
socket.on("message", (data, isBinary) => {
  const expected = sent[got++];
  const same = isBinary
    ? Buffer.isBuffer(expected) && expected.equals(data)
    : data.toString() === expected;
  if (!same) said.wrong++;
  if (got === sent.length) setTimeout(() => socket.close(4000, "bye"), 50);
});
socket.on("close", (code, reason) => {
  said.close = [code, reason.toString()];
  console.log(JSON.stringify(said));
});
