import { CASES, sendsFiles, takesPart } from "../../bench/cases.ts";
import { parseFlags, UsageError } from "../../bench/flags.ts";
import { PEERS } from "../../bench/peers/catalog.ts";
import { barLine, Progress, timeLeft } from "../../bench/progress.ts";
import { planSteps, runSteps } from "../../bench/runner.ts";
import { selectCases } from "../../bench/selection.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../support/assert.ts";
import { figures } from "./sample.ts";

const HELLO = CASES.filter(({ id }) => id === "hello");
const THREE = PEERS.filter(({ id }) => ["weir", "floor", "deno"].includes(id));

Deno.test("planSteps() has all peers in each round and begins it with another", () => {
  const steps = planSteps(HELLO, { peers: THREE, rounds: 3 });
  assertEquals(steps.map(({ peers, round }) => `${round} ${peers.map(({ id }) => id)}`), [
    "1 weir,floor,deno",
    "2 floor,deno,weir",
    "3 deno,weir,floor",
  ]);
});

Deno.test("takesPart() leaves out what a peer cannot do", () => {
  const ids = (peerId: string) =>
    CASES.filter((at) => PEERS.some((peer) => peer.id === peerId && takesPart(peer, at)))
      .map(({ id }) => id);
  assertEquals(ids("weir"), CASES.map(({ id }) => id));
  assert(!ids("floor").includes("json") && !ids("floor").includes("pipelined"));
  assert(!ids("nginx").includes("upload") && ids("nginx").includes("pipelined"));
  assert(ids("hono-weir").includes("json") && !ids("hono-weir").includes("c1024"));
  const files = CASES.filter(sendsFiles).map(({ id }) => id);
  assertEquals(files, ["file-1k", "file-100k", "file-10m"]);
  const takers = PEERS.filter(({ id }) => files.every((at) => ids(id).includes(at)));
  assertEquals(takers.map(({ id }) => id), [
    "weir",
    "deno",
    "nginx",
    "hono-weir",
    "hono-deno",
  ]);
});

Deno.test("runSteps() tells when a case is complete, and stops when there is no time", async () => {
  const steps = planSteps(CASES.slice(0, 2), { peers: THREE, rounds: 2 });
  const complete: string[] = [];
  let stepsLeft = 3;
  const runs = await runSteps(steps, {
    measure: ({ peers }) =>
      Promise.resolve(
        peers.map(() => ({ outcome: { kind: "measured", figures: figures() }, commands: [] })),
      ),
    onStep: () => stepsLeft--,
    onCase: ({ id }, sofar) => complete.push(`${id} after ${sofar.length}`),
    hasTime: () => stepsLeft > 0,
  });
  assertEquals(runs.map(({ case: id, peer, round }) => `${id} ${round} ${peer}`), [
    "hello 1 weir",
    "hello 1 floor",
    "hello 1 deno",
    "hello 2 floor",
    "hello 2 deno",
    "hello 2 weir",
    "browser 1 weir",
    "browser 1 floor",
    "browser 1 deno",
  ]);
  assertEquals(complete, ["hello after 6"]);
});

Deno.test("parseFlags() chooses cases and peers in the order of the catalogs", () => {
  const flags = parseFlags(["--case", "json,hello", "--peer", "deno", "--peer", "weir"]);
  assertEquals([flags.cases, flags.peers], [["hello", "json"], ["weir", "deno"]]);
  assertEquals(parseFlags([]).cases.length, CASES.length);
  assertEquals(parseFlags(["--quick"]).cases, CASES.filter((at) => at.quick).map(({ id }) => id));
  assertEquals(parseFlags(["--quick", "--rounds", "3"]).rounds, 3);
  assertEquals(parseFlags(["--seconds=0.5"]).seconds, 0.5);
});

Deno.test("parseFlags() refuses what it does not know", () => {
  const wrong = [
    ["--fast"],
    ["hello"],
    ["--case", "helo"],
    ["--peer", "apache"],
    ["--rounds", "0"],
    ["--rounds", "1.5"],
    ["--rounds", "many"],
    ["--seconds", "1000"],
    ["--seconds"],
  ];
  for (const args of wrong) {
    const { message } = assertThrows(() => parseFlags(args), UsageError);
    assert(!message.includes("\n"), message);
  }
});

Deno.test("selectCases() fits the cases to the machine and says so", () => {
  const allow = { descriptors: 2_000, wrk: false, quick: false };
  const { cases, notes, idleConnections } = selectCases(CASES, allow);
  const ids = cases.map(({ id }) => id);
  assert(ids.includes("c1024") && !ids.includes("c4096") && !ids.includes("pipelined-wrk"));
  assertEquals(idleConnections, 1_800);
  assertEquals(notes.length, 4);
  assertStringIncludes(notes.join("\n"), "wrk is not installed");
  assertStringIncludes(notes.join("\n"), "Idle connections: 1,800");
  const roomy = selectCases(CASES, { descriptors: null, wrk: true, quick: false });
  assertEquals([roomy.cases.length, roomy.idleConnections], [CASES.length, 10_000]);
});

Deno.test("Progress draws over itself on a terminal and writes lines elsewhere", () => {
  const stand = { done: 6, total: 24, elapsedMs: 30_000, now: "hello" };
  const written = (terminal: boolean) => {
    let text = "";
    const progress = new Progress({ terminal, write: (part) => text += part });
    progress.show(stand);
    progress.print("table");
    return text;
  };
  assertEquals(written(false), "[7/24] hello (90 s left)\ntable\n".replace("90 s", "2 min"));
  assertEquals(written(true), `\r\x1b[2K${barLine(stand)}\r\x1b[2Ktable\n`);
  assertStringIncludes(barLine(stand), "██████░░░░░░░░░░░░░░░░░░ 6/24");
});

Deno.test("timeLeft() expects the rest to go as the beginning went", () => {
  const stand = { done: 1, total: 3, elapsedMs: 10_000, now: "" };
  assertEquals(timeLeft(stand), "20 s left");
  assertEquals(timeLeft({ ...stand, total: 31 }), "5 min left");
  assertEquals(timeLeft({ ...stand, done: 0 }), "time left unknown");
});
