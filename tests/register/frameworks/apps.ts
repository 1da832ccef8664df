/**
 * The applications: one for each framework, as small as it can be.
 *
 * @module
 */

import { type FrameworkApp, SLOW, STANDARD_LIBRARY, STREAM } from "./framework.ts";

const CSS = "h1{color:teal}\n";

/** Nitro, the server of Nuxt, SolidStart and TanStack Start, with its preset for Deno. */
const NITRO: FrameworkApp = {
  name: "nitro",
  packages: { nitropack: "2.13.6" },
  files: {
    "nitro.config.ts": `export default defineNitroConfig({
      preset: "deno-server",
      compatibilityDate: "2026-01-01",
      experimental: { websocket: true },
    });`,
    "routes/index.ts": `export default defineEventHandler(() => "<h1>Page</h1>");`,
    "routes/echo.post.ts": `export default defineEventHandler((event) => readRawBody(event));`,
    "routes/stream.ts": `export default defineEventHandler(() => ${STREAM});`,
    "routes/slow.ts": `export default defineEventHandler(async () => {${SLOW}return "slow";});`,
    "routes/socket.ts": `export default defineWebSocketHandler({
      message: (peer, message) => { peer.send(message.text()); },
    });`,
    "public/style.css": CSS,
  },
  build: ["npx", "nitropack", "build"],
  run: ["--unstable-byonm", "--unstable-node-globals", ".output/server/index.mjs"],
  page: "<h1>Page</h1>",
  asset: ["/style.css", CSS],
  endsItself: false,
  socket: "/socket",
};

const SVELTE_ROUTE = (method: string, body: string) =>
  `export const ${method} = async ({ request }) => {${body}};`;

/** SvelteKit with an adapter for Deno. */
const SVELTEKIT: FrameworkApp = {
  name: "sveltekit",
  packages: {
    "@sveltejs/kit": "2.70.4",
    "@sveltejs/vite-plugin-svelte": "6.2.3",
    "svelte": "5.57.3",
    "sveltekit-adapter-deno": "0.16.1",
    "vite": "7.3.8",
  },
  files: {
    ...STANDARD_LIBRARY,
    "deno.json": JSON.stringify({
      imports: {
        "jsr:@std/http@1/file-server": "./std/file_server.ts",
        "jsr:@std/path@1": "./std/path.ts",
      },
    }),
    "svelte.config.js": `import adapter from "sveltekit-adapter-deno";
      export default { kit: { adapter: adapter(), csrf: { trustedOrigins: ["*"] } } };`,
    "vite.config.js": `import { sveltekit } from "@sveltejs/kit/vite";
      export default { plugins: [sveltekit()] };`,
    "src/app.html":
      "<!doctype html><html><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>",
    "src/routes/+page.svelte": "<h1>Page</h1>",
    "src/routes/echo/+server.js": SVELTE_ROUTE(
      "POST",
      "return new Response(await request.text());",
    ),
    "src/routes/stream/+server.js": SVELTE_ROUTE("GET", `return new Response(${STREAM});`),
    "src/routes/slow/+server.js": SVELTE_ROUTE("GET", `${SLOW}return new Response("slow");`),
    "static/style.css": CSS,
  },
  build: ["npx", "vite", "build"],
  run: ["build/mod.ts"],
  page: "<h1>Page</h1>",
  asset: ["/style.css", CSS],
  endsItself: false,
};

const ASTRO_ROUTE = (method: string, body: string) =>
  `export const prerender = false; ${SVELTE_ROUTE(method, body)}`;

/**
 * Astro with Deno's own adapter. No static file: with this version of Astro the adapter looks for them in
 * a folder that does not exist, and answers 500, on `Deno.serve` as well.
 */
const ASTRO: FrameworkApp = {
  name: "astro",
  packages: {
    "@deno/astro-adapter": "0.6.0",
    "@opentelemetry/api": "1.10.0",
    "astro": "7.3.5",
  },
  files: {
    ...STANDARD_LIBRARY,
    "deno.json": JSON.stringify({
      imports: {
        "jsr:@std/http@^1.1.1/file-server": "./std/file_server.ts",
        "jsr:@std/path@^1.1.5": "./std/path.ts",
      },
    }),
    "astro.config.mjs": `import deno from "@deno/astro-adapter";
      export default { output: "server", adapter: deno(), security: { checkOrigin: false } };`,
    "src/pages/index.astro": "---\nconst { pathname } = Astro.url;\n---\n<h1>Page {pathname}</h1>",
    "src/pages/echo.ts": ASTRO_ROUTE("POST", "return new Response(await request.text());"),
    "src/pages/stream.ts": ASTRO_ROUTE("GET", `return new Response(${STREAM});`),
    "src/pages/slow.ts": ASTRO_ROUTE("GET", `${SLOW}return new Response("slow");`),
  },
  // With Deno, as Astro itself asks for a newer Node than others do.
  build: ["deno", "run", "-A", "npm:astro", "build"],
  run: ["dist/server/entry.mjs"],
  page: "<h1>Page /</h1>",
  endsItself: false,
};

/** h3 on srvx, which calls `Deno.serve` where it runs on Deno, and listens for signals itself. */
const H3: FrameworkApp = {
  name: "h3",
  packages: { h3: "2.0.8" },
  files: {
    "app.mjs": `import { H3, serve } from "h3";
      const app = new H3()
        .get("/", () => new Response("<h1>Page</h1>", { headers: { "content-type": "text/html" } }))
        .post("/echo", (event) => event.req.text())
        .get("/stream", () => ${STREAM})
        .get("/slow", async () => {${SLOW}return "slow";});
      serve(app);`,
  },
  run: ["app.mjs"],
  page: "<h1>Page</h1>",
  endsItself: true,
};

/** All of them. */
export const APPS: readonly FrameworkApp[] = [NITRO, SVELTEKIT, ASTRO, H3];
