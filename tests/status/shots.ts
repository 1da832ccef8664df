/**
 * Photographs the status page at work, in the widths and colours that it is made for:
 * `deno run -A tests/status/shots.ts <folder>`.
 *
 * @module
 */

import { pause } from "../support/time.ts";
import { Chromium, type Page } from "./browser.ts";
import { Busy } from "./busy.ts";

const WIDTHS = [380, 1_920];
const SCHEMES = ["light", "dark"];

/** How long the plots fill, in milliseconds. */
const LOAD_MS = 25_000;

async function shoot(folder: string): Promise<void> {
  await using browser = await Chromium.start();
  await using busy = new Busy({ intervalMs: 500 });
  const page = await browser.open(busy.link);
  await load(busy);
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: width < 500 ? 800 : 1_000 });
    for (const scheme of SCHEMES) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await pause(700);
      const bytes = await page.screenshot({ fullPage: true });
      Deno.writeFileSync(`${folder}/status-${scheme}-${width}.png`, bytes);
    }
  }
  await shootForDocs(page, folder);
  for (const complaint of browser.complaints) console.error(complaint);
}

/** The upper part of the page, small enough for a document. */
async function shootForDocs(page: Page, folder: string): Promise<void> {
  await page.setViewport({ width: 1_320, height: 900 });
  for (const scheme of SCHEMES) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await pause(700);
    Deno.writeFileSync(`${folder}/status-${scheme}.png`, await page.screenshot());
  }
}

async function load(busy: Busy): Promise<void> {
  for (let at = 0; at < 4; at++) await busy.asks("/", 5 + 10 * at);
  for (let at = 0; at < 4; at++) await busy.asks("/slow", 30 * at);
  await busy.asks("/fails", 400);
  await busy.sends("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  await busy.sends("GET / HTTP/1.1\r\nHost: half");
  await busy.client();
  for (let ms = 0; ms < LOAD_MS; ms += 1_000) {
    const conn = await busy.sends("GET / HTTP/1.1\r\n\r\n what comes after");
    if (ms % 3_000 === 0) (await busy.client()).close();
    await pause(1_000);
    conn.close();
  }
}

const [folder] = Deno.args;
if (import.meta.main && folder !== undefined) await shoot(folder);
