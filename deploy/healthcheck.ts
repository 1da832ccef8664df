/**
 * Asks a Weir program on this machine whether it is alive, for the HEALTHCHECK of an image that has no
 * curl: `deno run --allow-net=127.0.0.1:8080 healthcheck.ts 8080`. The status is 0 if it is, and 1 if not.
 *
 * @module
 */

/** Less than the time-out of the health check, so that it is this line that says what is wrong. */
const PATIENCE_MS = 2_000;

const [port = "8080"] = Deno.args;
const url = `http://127.0.0.1:${port}/healthz`;
try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (status !== 200) throw new Error(`status ${status}`);
} catch (error) {
  console.error(`Cannot get ${url}: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
