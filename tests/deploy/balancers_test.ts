import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { isInstalled, withProgram } from "../support/programs.ts";
import { pause, until, within } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { replaced, startHaproxy, startHaproxyForBytes, startNginx } from "./balancers.ts";
import { BreakingServer } from "./breaking_server.ts";
import { type Failure, Load } from "./load.ts";
import { Place, startTwo } from "./servers.ts";

const BALANCERS = [
  {
    program: "haproxy",
    start: startHaproxy,
    soon: (text: string) => replaced(text, "timeout server 60s", "timeout server 6s"),
  },
  {
    program: "nginx",
    start: startNginx,
    // More than proxy_next_upstream_timeout, as in the file.
    soon: (text: string) => replaced(text, "proxy_read_timeout 60s", "proxy_read_timeout 6s"),
  },
];

/** Two servers, and both balancers in front of them. */
interface Scene extends AsyncDisposable {
  readonly places: readonly [Place, Place];
  readonly haproxy: Awaited<ReturnType<typeof startHaproxy>>;
  readonly nginx: Awaited<ReturnType<typeof startNginx>>;
}

async function startScene(): Promise<Scene> {
  for (const { program } of BALANCERS) assert(isInstalled(program), `No ${program}`);
  await using stack = new AsyncDisposableStack();
  const places = await startTwo();
  for (const place of places) stack.use(place);
  const ports = places.map(({ port }) => port);
  const haproxy = stack.use(await startHaproxy(ports));
  const nginx = stack.use(await startNginx(ports));
  const all = stack.move();
  return { places, haproxy, nginx, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

for (const { program, start } of BALANCERS) {
  withProgram(
    program,
    `${program}: requests, streams and sockets pass as deploy/ has it`,
    async () => {
      const places = await startTwo();
      await using one = places[0];
      await using two = places[1];
      await using balancer = await start([one.port, two.port]);
      const url = `http://127.0.0.1:${balancer.port}`;

      const forged = { "x-forwarded-for": "203.0.113.7", "x-forwarded-host": "forged" };
      const client = await (await fetch(`${url}/client`, { headers: forged })).json();
      assertEquals([client.address, client.protocol], ["127.0.0.1", "http"]);
      assertEquals(client.host, `127.0.0.1:${balancer.port}`);

      for (const path of ["/healthz", "/readyz", "/metrics"]) {
        const { status, body } = await fetch(url + path);
        await body?.cancel();
        assertEquals([path, status], [path, 404]);
        const direct = await one.ask(path);
        await direct.body?.cancel();
        assertEquals([path, direct.status], [path, 200]);
      }

      const events = await fetch(`${url}/events`);
      const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
      let received = "";
      while (!received.includes("data: first")) {
        received += (await within(reader.read(), "an event through the balancer")).value ?? "";
      }
      await reader.cancel();

      const socket = new WebSocket(`ws://127.0.0.1:${balancer.port}/socket`);
      const { promise: echo, resolve, reject } = Promise.withResolvers<string>();
      socket.onopen = () => socket.send("through");
      socket.onmessage = ({ data }) => resolve(data);
      socket.onerror = reject;
      assertEquals(await within(echo, "the echo of a WebSocket"), "through");
      const closed = new Promise((done) => socket.onclose = done);
      socket.close();
      await closed;
    },
  );

  withProgram(program, `${program} uses its connections to the servers again`, async () => {
    const places = await startTwo();
    await using one = places[0];
    await using two = places[1];
    await using balancer = await start([one.port, two.port]);
    const accepted = async () => await one.accepted() + await two.accepted();
    const before = await accepted();
    const began = performance.now();
    using client = await WireClient.connect(balancer.port);
    for (let left = 200; left > 0; left--) {
      const { status } = await client.ask("GET / HTTP/1.1\r\nHost: weir\r\n\r\n");
      assertEquals(status, 200);
    }
    // Each balancer's health checks and each question for the metrics are connections of their own.
    const checks = 2 * Math.ceil((performance.now() - began) / 1_000 + 1) + 4;
    const used = await accepted() - before - checks;
    assert(used <= 10, `${used} connections for 200 requests`);
  });
}

for (const { program, start, soon } of BALANCERS) {
  withProgram(program, `${program} gives a silent server up, and asks no other one`, async () => {
    const places = await startTwo();
    await using one = places[0];
    await using two = places[1];
    await using balancer = await start([one.port, two.port], soon);
    const asked = fetch(`http://127.0.0.1:${balancer.port}/silent`);
    const isOver = asked.then(() => true);
    const busy = new Set<Place>();
    while (!await Promise.race([isOver, pause(100).then(() => false)])) {
      for (const place of places) {
        if (await place.handling() > 0) busy.add(place);
      }
    }
    const response = await asked;
    await response.body?.cancel();
    assertEquals(response.status, 504);
    assertEquals(busy.size, 1);
  });

  withProgram(program, `${program} repeats a GET that got no answer, and no POST`, async () => {
    await using breaking = new BreakingServer();
    await using whole = new Place();
    await whole.start();
    await using balancer = await start([breaking.port, whole.port]);
    const url = `http://127.0.0.1:${balancer.port}/`;
    const statuses: Record<string, number[]> = { GET: [], PUT: [], POST: [], PATCH: [] };
    for (const [method, got] of Object.entries(statuses)) {
      const read = breaking.read.length;
      // nginx leaves a server alone for a second after each failure.
      for (let turn = 0; turn < 100 && breaking.read.length < read + 2; turn++) {
        const body = method === "GET" ? null : "once";
        const headers = { connection: "close" };
        const response = await fetch(url, { method, body, headers });
        await response.body?.cancel();
        got.push(response.status);
        await pause(50);
      }
      assertEquals(breaking.read.slice(read), [method, method]);
    }
    for (const method of ["GET", "PUT"]) {
      assertEquals([method, [...new Set(statuses[method])]], [method, [200]]);
    }
    for (const method of ["POST", "PATCH"]) {
      assertEquals(statuses[method]!.filter((status) => status !== 200), [502, 502], method);
    }
  });
}

withProgram(
  "haproxy",
  "haproxy: bytes pass with the PROXY protocol, and health checks too",
  async () => {
    await using one = new Place();
    await using two = new Place();
    const places = [one, two];
    const flags = ["--proxy-protocol", "loopback"];
    await Promise.all(places.map((place) => place.start(...flags)));
    await using haproxy = await startHaproxyForBytes(places.map(({ port }) => port));
    using client = await WireClient.connect(haproxy.port);
    const { text } = await client.ask("GET /client HTTP/1.1\r\nHost: weir\r\n\r\n");
    assertEquals(JSON.parse(text).port, client.localAddr.port);
    // Until both checks of each server have gone wrong, if they do.
    await pause(3_000);
    for (const server of ["weir1", "weir2"]) assertEquals(await haproxy.status(server), "UP");
    one.program.send("SIGTERM");
    await becomes(haproxy, "weir1", "DOWN");
  },
);

Deno.test("nginx has no unused connection left when a server that leaves closes", async () => {
  await using scene = await startScene();
  await using load = new Load(scene.nginx.port, 16);
  await until(() => load.answered.POST > 100, "requests to be under way");
  await load.end();
  const [place] = scene.places;
  assert(await place.idle() > 0);
  place.program.send("SIGTERM");
  assertMatch(await place.program.line(), /^Weir leaving for 5000 ms/);
  let idle = Infinity;
  while (idle > 0) {
    // It throws when the server has closed.
    idle = await place.idle();
    await pause(50);
  }
});

Deno.test("HAProxy takes a server out that leaves, while it still serves", async () => {
  await using scene = await startScene();
  const { places: [leaving, staying], haproxy } = scene;
  assertEquals(await haproxy.status("weir1"), "UP");
  leaving.program.send("SIGTERM");
  assertMatch(await leaving.program.line(), /^Weir leaving for 5000 ms/);
  await becomes(haproxy, "weir1", "DOWN");
  const { status, headers } = await leaving.ask("/");
  assertEquals([status, headers.get("connection")], [200, "close"]);

  await using load = new Load(haproxy.port, 4);
  await until(() => load.answered.POST >= 20, "answers of the server that stays");
  await load.end();
  assertEquals([...load.pids], [staying.program.pid]);
  assertEquals(load.failures, []);
  assertEquals((await leaving.program.end()).code, 0);
});

Deno.test("restarts in turn fail no request by HAProxy, and by nginx no more than POSTs at the very end", async () => {
  await using scene = await startScene();
  await using byHaproxy = new Load(scene.haproxy.port, 8);
  await using byNginx = new Load(scene.nginx.port, 8);
  const loads = [byHaproxy, byNginx];
  const endsMs: number[] = [];
  for (const [at, place] of scene.places.entries()) {
    const old = place.program;
    await until(() => loads.every(({ pids }) => pids.has(old.pid)), "the old program to answer");
    old.send("SIGTERM");
    assertEquals((await old.end()).code, 0);
    endsMs.push(performance.now());
    await place.start();
    const { pid } = place.program;
    await until(() => loads.every(({ pids }) => pids.has(pid)), "the new program to answer");
    await becomes(scene.haproxy, `weir${at + 1}`, "UP");
  }
  for (const load of loads) {
    await load.end();
    assert(Math.min(load.answered.GET, load.answered.POST) > 1_000, JSON.stringify(load.answered));
  }
  assertEquals(byHaproxy.failures, []);
  // nginx asks no health check: it connects until it cannot. What the kernel completes between the last
  // accept and the close of the listener, it resets; a POST that was sent by then is not repeated.
  const isAtTheEnd = ({ method, reason, atMs }: Failure) =>
    method === "POST" && reason === "status 502" &&
    endsMs.some((endMs) => endMs - 1_000 < atMs && atMs < endMs);
  assertEquals(byNginx.failures.filter((failure) => !isAtTheEnd(failure)), []);
  assert(byNginx.failures.length <= 8, `${byNginx.failures.length} failed`);
});

Deno.test("a server that is killed costs at most the POSTs that were in it", async () => {
  await using scene = await startScene();
  const clients = 8;
  await using byHaproxy = new Load(scene.haproxy.port, clients);
  await using byNginx = new Load(scene.nginx.port, clients);
  const loads = [byHaproxy, byNginx];
  await until(() => loads.every(({ answered }) => answered.POST > 100), "requests to be under way");
  const { program } = scene.places[0];
  program.send("SIGKILL");
  await program.end();
  const diedMs = performance.now();
  await pause(3_000);
  for (const load of loads) {
    await load.end();
    assertEquals(load.failures.filter(({ method, atMs }) => method === "GET" || atMs > diedMs), []);
    assert(load.failures.length <= clients, `${load.failures.length} failed`);
  }
});

async function becomes(haproxy: Scene["haproxy"], server: string, status: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (await haproxy.status(server) !== status) {
    if (performance.now() > end) throw new Error(`${server} does not become ${status}`);
    await pause(50);
  }
}
