/**
 * Real clients of TLS: two requests on one connection, a body each way, and the certificate is checked.
 *
 * @module
 */

import { Chromium } from "../status/browser.ts";
import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { type Made, Office } from "./certificates.ts";
import { pair, tlsServer } from "./server.ts";

const LOCAL = { name: "own", alternatives: ["DNS:localhost", "IP:127.0.0.1"] };

/** A large body: many records of TLS. */
const SIZE = 3_000_000;

/** Answers with the body that came, and counts requests on the connection. */
async function echo(request: Request): Promise<Response> {
  return new Response(await request.text());
}

/** Runs `body` with a server that gives back what it gets. */
async function withServer(body: (port: number, own: Made) => Promise<void>): Promise<void> {
  await using office = new Office();
  const own = await office.make(LOCAL);
  await using server = tlsServer({ ...pair(own), limits: { bufferedBodyBytes: SIZE } }, echo);
  await body(server.addr.port, own);
}

const PYTHON = `
import http.client, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
context.set_alpn_protocols(["http/1.1"])
connection = http.client.HTTPSConnection("localhost", int(sys.argv[1]), context=context)
said = []
for size in (5, ${SIZE}):
    connection.request("POST", "/", body=b"x" * size)
    said.append(str(len(connection.getresponse().read())))
said.append(connection.sock.version() + " " + str(connection.sock.selected_alpn_protocol()))
connection.sock.unwrap()
print(" ".join(said))
`;

withProgram(
  "python3",
  "Python's ssl, whose close_notify is answered",
  () =>
    withServer(async (port, { certPath }) => {
      const { stdout, stderr } = await run("python3", ["-c", PYTHON, `${port}`, certPath]);
      assertEquals(stdout, `5 ${SIZE} TLSv1.3 http/1.1\n`, stderr);
    }),
);

const NODE = `
const https = require("node:https"), fs = require("node:fs");
const [, port, ca] = process.argv;
const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: fs.readFileSync(ca) });
const ask = (size) => new Promise((resolve, reject) => {
  const options = { port, host: "localhost", agent, method: "POST" };
  https.request(options, (answer) => {
    let length = 0;
    const said = [answer.socket.getProtocol(), answer.req.reusedSocket];
    answer.on("data", (bytes) => length += bytes.length);
    answer.on("end", () => resolve([length, ...said].join()));
  }).on("error", reject).end("x".repeat(size));
});
(async () => { console.log(await ask(5), await ask(${SIZE})); agent.destroy(); })();
`;

withProgram(
  "node",
  "Node's https, two requests on one connection",
  () =>
    withServer(async (port, { certPath }) => {
      const { stdout, stderr } = await run("node", ["-e", NODE, `${port}`, certPath]);
      assertEquals(stdout, `5,TLSv1.3,false ${SIZE},TLSv1.3,true\n`, stderr);
    }),
);

withProgram(
  "curl",
  "curl, two requests on one connection, with 1.2 and 1.3",
  () =>
    withServer(async (port, { certPath, ...made }) => {
      const body = `${made.keyPath}.body`;
      await Deno.writeTextFile(body, "x".repeat(SIZE));
      for (const version of ["1.2", "1.3"]) {
        const url = `https://localhost:${port}/`;
        const common = ["--cacert", certPath, "--tls-max", version, "-o", "-"];
        const { stdout, stderr } = await run("curl", [
          ...["-sS", ...common, "-d", "hello", url, "-w", " %{num_connects} "],
          ...["--next", "-sS", ...common, "--data-binary", `@${body}`, url],
          ...["-w", "%{num_connects} %{http_code} %{ssl_verify_result}"],
        ]);
        assertEquals(
          stdout.replace(/x+/, ({ length }) => `${length} `),
          `hello 1 ${SIZE} 0 200 0`,
          stderr,
        );
      }
    }),
);

Deno.test("Deno's fetch, with a body each way", () =>
  withServer(async (port, { cert }) => {
    using client = Deno.createHttpClient({ caCerts: [cert] });
    for (const size of [5, SIZE]) {
      // No two pieces alike, so that one in the place of another shows.
      const body = Array.from({ length: size / 5 }, (_, index) => `${10_000 + index % 89_999}`)
        .join("");
      const answer = await fetch(`https://localhost:${port}/`, { client, method: "POST", body });
      assert(await answer.text() === body, `${size} bytes came back changed`);
    }
  }));

const GO = `
package main

import ("crypto/tls"; "crypto/x509"; "fmt"; "io"; "net/http"; "os"; "strings")

func main() {
	pem, _ := os.ReadFile(os.Args[2])
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	for _, size := range []int{5, ${SIZE}} {
		answer, err := client.Post("https://localhost:"+os.Args[1]+"/", "text/plain", strings.NewReader(strings.Repeat("x", size)))
		if err != nil { fmt.Println(err); os.Exit(1) }
		body, _ := io.ReadAll(answer.Body)
		fmt.Print(len(body), " ", answer.Proto, " ", answer.TLS.NegotiatedProtocol, "\\n")
	}
}
`;

withProgram(
  "go",
  "Go's net/http, which offers h2 as well",
  () =>
    withServer(async (port, { certPath, keyPath }) => {
      const source = `${keyPath}.go`;
      await Deno.writeTextFile(source, GO);
      const { stdout, stderr } = await run("go", ["run", source, `${port}`, certPath], {
        ms: 120_000,
      });
      assertEquals(stdout, `5 HTTP/1.1 http/1.1\n${SIZE} HTTP/1.1 http/1.1\n`, stderr);
    }),
);

withProgram("chromium", "Chromium loads a page, and a fetch from it posts", async () => {
  await using office = new Office();
  const own = await office.make(LOCAL);
  const protocols: string[] = [];
  await using server = tlsServer(pair(own), (request, { client }) => {
    protocols.push(client.protocol);
    if (request.method === "POST") return echo(request);
    return new Response("<!doctype html><title>ok</title>", {
      headers: { "content-type": "text/html" },
    });
  });
  await using browser = await Chromium.start(["--ignore-certificate-errors"]);
  const page = await browser.open(`https://localhost:${server.addr.port}/`);
  assertEquals(await page.title(), "ok");
  const echoed = await page.evaluate(
    `fetch("/", { method: "POST", body: "x".repeat(500000) }).then((answer) => answer.text())`,
  ) as string;
  assertEquals(echoed.length, 500_000);
  assertStringIncludes(protocols.join(), "https");
});

const SCANNER = "testssl";

/** What `testssl.sh` has to find, by its own names for the findings. */
const FINDINGS: Readonly<Record<string, RegExp>> = {
  SSLv2: /not offered/,
  SSLv3: /not offered/,
  TLS1: /not offered/,
  TLS1_1: /not offered/,
  TLS1_2: /^offered/,
  TLS1_3: /^offered/,
  cipherlist_NULL: /not offered/,
  cipherlist_aNULL: /not offered/,
  cipherlist_EXPORT: /not offered/,
  cipherlist_LOW: /not offered/,
  cipherlist_3DES_IDEA: /not offered/,
  cipherlist_AVERAGE: /not offered/,
  cipherlist_STRONG: /^offered/,
};

withProgram(
  SCANNER,
  "testssl.sh finds no protocol before 1.2 and no weak cipher",
  async () => {
    await using office = new Office();
    const own = await office.make(LOCAL);
    await using server = tlsServer(pair(own));
    const file = `${office.folder}/findings.json`;
    const args = ["--quiet", "--warnings", "batch", "--color", "0", "-p", "-s"];
    args.push("--jsonfile", file, `127.0.0.1:${server.addr.port}`);
    const { stdout } = await run(SCANNER, args, { ms: 240_000 });
    const findings = JSON.parse(await Deno.readTextFile(file)) as { id: string; finding: string }[];
    for (const [id, expected] of Object.entries(FINDINGS)) {
      const found = findings.find((each) => each.id === id)?.finding ?? "nothing";
      assertEquals([id, expected.test(found)], [id, true], `${id}: ${found}\n${stdout}`);
    }
  },
);
