/**
 * Chromium in tests: started for one test, driven over its debugging protocol, and ended with it.
 *
 * @module
 */

import { BrowserWebSocketTransport } from "puppeteer-core/internal/common/BrowserWebSocketTransport.js";
import puppeteer, {
  type Browser,
  type Page,
} from "puppeteer-core/internal/puppeteer-core-browser.js";
import { PATIENCE_MS, settles, within } from "../support/time.ts";

export type { Page };

/** What is looked at inside the page; the browser's own types are not those of the tests. */
// deno-lint-ignore no-explicit-any
declare const document: any;

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

/** A browser without a window. */
export class Chromium implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #browser: Browser;
  /** What the pages complained of: exceptions, blocked by a policy, logged as errors. */
  readonly complaints: string[] = [];

  private constructor(child: Deno.ChildProcess, folder: string, browser: Browser) {
    this.#child = child;
    this.#folder = folder;
    this.#browser = browser;
  }

  static async start(flags: readonly string[] = []): Promise<Chromium> {
    const folder = Deno.makeTempDirSync();
    const child = new Deno.Command("chromium", {
      args: [...FLAGS, ...flags, `--user-data-dir=${folder}`],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    try {
      const endpoint = await within(endpointOf(child), "the browser to start", 30_000);
      // The platform's own WebSocket: the library's own needs access to the environment.
      const transport = await BrowserWebSocketTransport.create(endpoint, undefined, () => {});
      const browser = await puppeteer.connect({ transport, defaultViewport: null });
      return new Chromium(child, folder, browser);
    } catch (error) {
      await end(child, folder);
      throw error;
    }
  }

  /** A page of its own, with nothing shared with the others. */
  async open(url: string, { width = 1280, height = 900 } = {}): Promise<Page> {
    const context = await this.#browser.createBrowserContext();
    const page = await context.newPage();
    await page.setViewport({ width, height });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(message.text());
    });
    await page.goto(url, { waitUntil: "load" });
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await settles(this.#browser.close(), PATIENCE_MS);
    await end(this.#child, this.#folder);
  }
}

/** Waits until `look`, run inside the page with `value`, gives something true. */
export async function sees(
  page: Page,
  look: (value: never) => unknown,
  value?: unknown,
): Promise<void> {
  const inside = look as (value: unknown) => unknown;
  await within(page.waitForFunction(inside, { timeout: 0, polling: 50 }, value), String(look));
}

/** The text of the first element that `selector` finds. */
export function textOf(page: Page, selector: string): Promise<string> {
  return page.evaluate((selector) => document.querySelector(selector).textContent, selector);
}

/** Ends a browser that has not ended by itself, and removes what it kept. */
async function end(child: Deno.ChildProcess, folder: string): Promise<void> {
  if (!await settles(child.status, PATIENCE_MS)) child.kill("SIGKILL");
  await child.status;
  Deno.removeSync(folder, { recursive: true });
}

/** Where the browser listens, which it says on stderr; the rest of stderr is read and forgotten. */
async function endpointOf(child: Deno.ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const read = async () => {
    let text = "";
    for await (const piece of child.stderr.pipeThrough(new TextDecoderStream())) {
      text = (text + piece).slice(-10_000);
      const endpoint = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
    }
    reject(new Error(`The browser ended: ${text}`));
  };
  read();
  return await promise;
}
