import { Health, serve } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { until } from "../support/time.ts";

type Phase = Parameters<Health["observe"]>[0]["phase"];

interface Ask {
  readonly path: string;
  readonly method?: string;
  readonly phase?: Phase;
  readonly status: number;
  readonly text: string;
}

const ASKS: readonly Ask[] = [
  { path: "/healthz", status: 200, text: "ok\n" },
  { path: "/healthz", phase: "leaving", status: 200, text: "ok\n" },
  { path: "/healthz", phase: "draining", status: 200, text: "ok\n" },
  { path: "/any/where/healthz?verbose", status: 200, text: "ok\n" },
  { path: "/readyz", status: 200, text: "ok\n" },
  { path: "/readyz", method: "HEAD", status: 200, text: "ok\n" },
  { path: "/readyz", phase: "leaving", status: 503, text: "leaving\n" },
  { path: "/readyz", phase: "draining", status: 503, text: "draining\n" },
  { path: "/readyz", phase: "ended", status: 503, text: "ended\n" },
  { path: "/readyz", method: "POST", status: 405, text: "Method not allowed\n" },
  { path: "/healthz", method: "DELETE", status: 405, text: "Method not allowed\n" },
  { path: "/other", status: 404, text: "Not found\n" },
  { path: "/healthz/", status: 404, text: "Not found\n" },
  { path: "/?next=/healthz", status: 404, text: "Not found\n" },
];

for (const { path, method = "GET", phase = "serving", status, text } of ASKS) {
  Deno.test(`Health answers ${method} ${path} with ${status} while ${phase}`, async () => {
    const health = new Health();
    health.observe({ phase });
    const response = health.handler(new Request(`http://a${path}`, { method }));
    assertEquals([response.status, await response.text()], [status, text]);
    assertEquals(response.headers.get("cache-control"), "no-store");
    assertEquals(response.headers.get("allow"), status === 405 ? "GET, HEAD" : null);
  });
}

Deno.test("Health is alive but not ready before it observes a server, and when that ends", () => {
  const health = new Health();
  const ask = (path: string) => health.handler(new Request(`http://a${path}`)).status;
  assertEquals([ask("/healthz"), ask("/readyz")], [200, 503]);
  const stop = health.observe({ phase: "serving" });
  assertEquals(ask("/readyz"), 200);
  stop();
  assertEquals([ask("/healthz"), ask("/readyz")], [200, 503]);
});

Deno.test("/readyz says 503 on new connections before the listener closes", async () => {
  const health = new Health();
  const server = serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, health.handler);
  health.observe(server);
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server.addr.port}${path}`, {
      headers: { connection: "close" },
    });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await ask("/healthz"), await ask("/readyz")], [200, 200]);
  const ended = server.shutdown({ readyDelay: 500 });
  assertEquals([await ask("/healthz"), await ask("/readyz")], [200, 503]);
  await until(() => server.phase !== "leaving", "the readyDelay to end");
  await ended;
  assertEquals(server.phase, "ended");
});
