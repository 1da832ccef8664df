import { pinned, sharePinning } from "../../bench/cores.ts";
import { BadAnswer, maybeAnswer } from "../../bench/driver/answers.ts";
import { parseUsage, processTree, readUsage } from "../../bench/proc.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";

const STAT = "12273 (a b) c) S 12156 12156 14866 0 -1 4194304 120 0 0 0 31 12 0 0 20 0 1 0 351531";
const STATUS = "Name:\ta b) c\nVmPeak:\t    2592 kB\nVmHWM:\t    1620 kB\nVmRSS:\t    1500 kB\n";
const LINUX = Deno.build.os === "linux";

Deno.test("parseUsage() sums user and system time and memory over processes", () => {
  assertEquals(parseUsage(`${STAT}\n${STATUS}`, 1), {
    cpuMs: 430,
    residentBytes: 1500 * 1024,
    peakBytes: 1620 * 1024,
  });
  const two = `${STAT}\n${STATUS}${STAT}\n${STATUS}`;
  assertEquals(parseUsage(two, 2)?.cpuMs, 860);
  assertEquals(parseUsage(two, 3), null);
});

Deno.test({
  name: "readUsage() reads a live process tree, and null for one that is gone",
  ignore: !LINUX,
  async fn() {
    const usage = await readUsage([Deno.pid]);
    assert(usage !== null && usage.cpuMs > 0 && usage.peakBytes >= usage.residentBytes);
    assertEquals(await readUsage([2 ** 22 + 1]), null);
    const child = new Deno.Command("sh", { args: ["-c", "sleep 5 & wait"] }).spawn();
    let pids: number[] = [];
    while (pids.length < 2) pids = await processTree(child.pid);
    assertEquals(pids[0], child.pid);
    for (const pid of pids.reverse()) Deno.kill(pid, "SIGTERM");
    await child.status;
  },
});

Deno.test("sharePinning() gives the server the last processor", () => {
  const answer = (list: string) => `pid 1's current affinity list: ${list}\n`;
  assertEquals(sharePinning(answer("0,1")), { server: "1", load: "0" });
  assertEquals(sharePinning(answer("0-3,8")), { server: "8", load: "0,1,2,3" });
  assertEquals(sharePinning(answer("5")), null);
  assertEquals(sharePinning("taskset: failed"), null);
  assertEquals(pinned(["a"], "0"), ["taskset", "-c", "0", "a"]);
  assertEquals(pinned(["a"], null), ["a"]);
});

const ANSWERS: readonly (readonly [string, number, string])[] = [
  ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, "hello"],
  ["HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n", 500, ""],
  [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
    200,
    "abc0123456789",
  ],
];

Deno.test("maybeAnswer() needs every byte of an answer, and leaves what follows", () => {
  for (const [text, status, body] of ANSWERS) {
    const bytes = new TextEncoder().encode(text);
    for (let end = 0; end < bytes.length; end++) {
      assertEquals(maybeAnswer(bytes.subarray(0, end)), null, `${text} cut at ${end}`);
    }
    const answer = maybeAnswer(new TextEncoder().encode(`${text}HTTP/1.1 404`));
    assertEquals(answer?.status, status);
    assertEquals(new TextDecoder().decode(answer?.body), body);
    assertEquals(answer?.length, bytes.length);
  }
});

Deno.test("maybeAnswer() refuses what is no answer", () => {
  for (const text of ["hello\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"]) {
    assertThrows(() => maybeAnswer(new TextEncoder().encode(text)), BadAnswer);
  }
});
