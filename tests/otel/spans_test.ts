import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { request } from "../support/requests.ts";
import { pause } from "../support/time.ts";
import { WireClient } from "../support/wire.ts";
import { asking, CALLER, traced, TRACEPARENT } from "./traced.ts";

Deno.test("a span says what the conventions ask for, under the caller's", async () => {
  const { served } = await traced(async (port) => {
    using client = await WireClient.connect(port);
    const fields = [TRACEPARENT, "User-Agent: one/1"];
    await client.send(
      request({ target: "/a%20b?c=d&sig=secret", fields }).replace("Host: h", "Host: h.example:81"),
    );
    await client.response();
  });
  const { scope, name, kind, traceId, parentSpanId, status, attributes } = served("/a%20b");
  const { "network.peer.port": peerPort, ...rest } = attributes;
  assertEquals([scope, name, kind, traceId, parentSpanId, status], [
    "weir",
    "GET",
    2,
    CALLER.traceId,
    CALLER.spanId,
    0,
  ]);
  assert(typeof peerPort === "number" && peerPort > 0);
  assertEquals(rest, {
    "http.request.method": "GET",
    "http.response.status_code": 200,
    "url.scheme": "http",
    "url.path": "/a%20b",
    "url.query": "c=d&sig=REDACTED",
    "server.address": "h.example",
    "server.port": 81,
    "client.address": "127.0.0.1",
    "network.peer.address": "127.0.0.1",
    "network.protocol.version": "1.1",
    "user_agent.original": "one/1",
  });
});

Deno.test("without a caller a span is a root, wherever serve was called", async () => {
  const { served, named } = await traced(async (port) => {
    using client = await WireClient.connect(port);
    await client.ask(request());
  });
  assertEquals(served("/").parentSpanId, "");
  assert(served("/").traceId !== named("program").traceId);
});

Deno.test("what a handler makes is a child: at once, later, in fetch, in a stream, in onError", async () => {
  const telemetry = await traced(asking("/inner", "/pulled", "/throw"));
  const children = {
    "/inner": ["at once", "later"],
    "/pulled": ["pulled"],
    "/throw": ["mended"],
  };
  for (const [path, names] of Object.entries(children)) {
    const { spanId, traceId } = telemetry.served(path);
    for (const name of names) {
      const child = telemetry.named(name);
      assertEquals([child.parentSpanId, child.traceId], [spanId, CALLER.traceId], name);
      assertEquals(traceId, CALLER.traceId);
    }
  }
  const asked = telemetry.spans.filter(({ kind }) => kind === 3);
  assertEquals(asked.map((span) => span.parentSpanId), [telemetry.served("/inner").spanId]);
  assertStringIncludes(telemetry.callers[0] ?? "", asked[0]!.spanId);
});

Deno.test("pipelined requests have a span each, under its own caller", async () => {
  const other = CALLER.spanId.replace("b", "c");
  const telemetry = await traced(async (port) => {
    using client = await WireClient.connect(port);
    const fields = (spanId: string) => [TRACEPARENT.replace(CALLER.spanId, spanId)];
    await client.send(
      request({ target: "/inner", fields: fields(CALLER.spanId) }) +
        request({ target: "/two", fields: fields(other) }),
    );
    await client.response();
    await client.response();
  });
  assertEquals(telemetry.served("/inner").parentSpanId, CALLER.spanId);
  assertEquals(telemetry.served("/two").parentSpanId, other);
});

Deno.test("a request that comes before the API is loaded has its span", async () => {
  const { served } = await traced(async () => {}, { options: { early: "ask" } });
  assertEquals(served("/early").attributes["http.response.status_code"], 200);
});

Deno.test("a route that the handler sets is the span's, and its name unless the handler gives another", async () => {
  const { served } = await traced(asking("/route", "/routes"));
  for (
    const [path, name, route] of [["/route", "ANY /:any", "/:any"], [
      "/routes",
      "GET /:some",
      "/:some",
    ]]
  ) {
    assertEquals(served(path!).name, name!);
    assertEquals(served(path!).attributes["http.route"], route!);
  }
});

Deno.test("a server may end before the API is loaded", async () => {
  const { spans } = await traced(async () => {}, { options: { early: "end" } });
  assertEquals(spans.map(({ name }) => name), ["program"]);
});

interface End {
  readonly name: string;
  readonly path: string;
  /** Sends something and waits for what has to come; default: asks for the path. */
  readonly act?: (client: WireClient) => Promise<unknown>;
  /** The status of the answer, the error's type, whether the span is an error, exceptions. */
  readonly ending: readonly [number | undefined, string | undefined, boolean, string?];
}

const ENDS: readonly End[] = [
  { name: "an answer", path: "/", ending: [200, undefined, false] },
  { name: "a 404", path: "/404", ending: [404, undefined, false] },
  { name: "a 500", path: "/500", ending: [500, "500", true] },
  { name: "a handler that throws", path: "/throw", ending: [500, "500", true, "RangeError"] },
  { name: "no Response", path: "/no-response", ending: [500, "500", true, "TypeError"] },
  {
    name: "a HEAD",
    path: "/head",
    act: (client) => client.ask(request({ method: "HEAD", target: "/head" })),
    ending: [200, undefined, false],
  },
  {
    name: "an upgrade",
    path: "/upgrade",
    act: async (client) => {
      const fields = ["Connection: upgrade", "Upgrade: other"];
      await client.send(request({ target: "/upgrade", fields }));
      await client.remains();
    },
    ending: [101, undefined, false],
  },
  {
    name: "a stream that breaks",
    path: "/breaks",
    ending: [200, "RangeError", true, "RangeError"],
  },
  {
    name: "a client that leaves after the first piece",
    path: "/endless",
    act: async (client) => {
      await client.send(request({ target: "/endless" }));
      await client.readOnce();
      await pause(20);
    },
    ending: [200, "peer_gone", true],
  },
  {
    name: "a client that leaves before its answer",
    path: "/never",
    act: async (client) => {
      await client.send(request({ target: "/never" }));
      await pause(50);
    },
    ending: [undefined, "peer_gone", true],
  },
  {
    name: "a handler that takes too long",
    path: "/slow/never",
    ending: [503, "handler_timeout", true],
  },
  {
    name: "a body that is too large",
    path: "/large",
    act: async (client) => {
      const fields = ["Transfer-Encoding: chunked"];
      await client.send(request({ method: "POST", target: "/large", fields }));
      await client.send(`80\r\n${"a".repeat(128)}\r\n`);
      await client.response();
    },
    ending: [413, "body_too_large", false],
  },
  {
    name: "a body that stops coming",
    path: "/stops",
    act: async (client) => {
      await client.send(request({ target: "/stops", body: "0123456789" }).slice(0, -5));
      await client.response();
    },
    ending: [408, "body_timeout", false],
  },
];

Deno.test("each request ends its span once, with the status that was sent and what went wrong", async () => {
  const options = {
    timeouts: { body: 200 },
    limits: { bodyBytes: 100 },
    overrides: [{ path: "/slow/*", timeouts: { handler: 200 } }],
  };
  const telemetry = await traced(async (port) => {
    for (const { path, act } of ENDS) {
      if (act === undefined) {
        await asking(path)(port);
        continue;
      }
      using client = await WireClient.connect(port);
      await act(client);
    }
  }, { options });
  for (const { name, path, ending } of ENDS) {
    const { attributes, status, events } = telemetry.served(path);
    const [code, errorType, isError, thrown] = ending;
    assertEquals(
      [attributes["http.response.status_code"], attributes["error.type"], status === 2],
      [code, errorType, isError],
      name,
    );
    const exceptions = events.map((event) => event.attributes["exception.type"]);
    assertEquals(exceptions, thrown === undefined ? [] : [thrown], name);
  }
});

Deno.test("a shutdown that cuts a handler ends its span", async () => {
  using clients = new DisposableStack();
  const { served } = await traced(async (port) => {
    const client = clients.use(await WireClient.connect(port));
    await client.send(request({ target: "/slow/never" }));
    await client.send(request({ target: "/" }));
    await asking("/after")(port);
  });
  assertEquals(served("/slow/never").attributes["error.type"], "shutdown");
  assertEquals(served("/slow/never").status, 2);
});

Deno.test("a refused request has no span, and an unknown method not its name", async () => {
  const telemetry = await traced(async (port) => {
    for (const raw of ["GET / HTTP/1.1\r\n\r\n", request({ method: "MAKEUP", target: "/made" })]) {
      using client = await WireClient.connect(port);
      await client.ask(raw);
    }
  });
  assertEquals(telemetry.spans.filter(({ kind }) => kind === 2).length, 1);
  const { name, attributes } = telemetry.served("/made");
  assertEquals(name, "HTTP");
  assertEquals(attributes["http.request.method"], "_OTHER");
  assertEquals(attributes["http.request.method_original"], "MAKEUP");
});

Deno.test("spans are those of Deno.serve, as far as the conventions go", async () => {
  const paths = ["/", "/404", "/500", "/route", "/throw"];
  const [ours, theirs] = [
    await traced(asking(...paths)),
    await traced(asking(...paths), { server: "Deno.serve" }),
  ];
  for (const path of paths) {
    const [weir, deno] = [ours.served(path), theirs.served(path)];
    const tree = ["name", "kind", "traceId", "parentSpanId", "status"] as const;
    for (const key of tree) assertEquals(weir[key], deno[key], `${path}: ${key}`);
    for (const [key, value] of Object.entries(deno.attributes)) {
      // Not among those of servers; there only when there is a query.
      if (key === "url.full" || (key === "url.query" && value === "")) continue;
      assertEquals(String(weir.attributes[key]), String(value), `${path}: ${key}`);
    }
  }
});
