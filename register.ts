/**
 * Serves a program that calls `Deno.serve` with Weir, unchanged: `deno run --preload=register.ts app.ts`.
 * See `docs/preload.md`.
 *
 * @module
 */

import { register } from "./cli/register/register.ts";

await register();
