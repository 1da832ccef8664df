/**
 * The page in a real browser: what is special about WebSockets and event streams, about several workers, and
 * for visitors who have no token.
 *
 * @module
 */

import { serve, StatusPage } from "../../mod.ts";
import { assertEquals } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { until, within } from "../support/time.ts";
import { Chromium, sees, textOf } from "./browser.ts";
import { Busy } from "./busy.ts";
import { FakeWorker, FakeWorkers, row, sample } from "./fake_workers.ts";

/** What is looked at inside the page; the browser's own types are not those of the tests. */
// deno-lint-ignore no-explicit-any
type Inside = any;
declare const document: Inside, innerWidth: number;

const LOCAL = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
const TOKEN = "a token of enough characters";

/** What stands in the column "Messages", apart from rows where nothing does. */
function messages(): string[] {
  return [...document.querySelectorAll("#rows tbody tr")].map((line: Inside) =>
    line.cells[9].textContent
  )
    .filter((text) => text !== "–").toSorted();
}

/** The figures in the head of the page whose names are given. */
function figure(name: string): string {
  const box = [...document.querySelectorAll("#figures > div")].find((each: Inside) =>
    each.querySelector("dt").textContent === name
  );
  return box.querySelector("dd").textContent;
}

withProgram(
  "chromium",
  "the status page in a browser: messages of sockets, and events",
  async () => {
    await using browser = await Chromium.start();
    await using busy = new Busy();
    const { port } = busy.server.addr;
    const page = await browser.open(busy.link);
    await busy.client();
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
    await within(new Promise((resolve) => socket.onopen = resolve), "the socket to open");
    const echoed = new Promise((resolve) => socket.onmessage = resolve);
    socket.send("twelve bytes");
    await within(echoed, "the echo");
    const ticks = await fetch(`http://127.0.0.1:${port}/ticks`);
    await sees(page, () => document.querySelector("#rows").textContent.includes("3 events"));
    await sees(page, () => document.querySelector("#rows").textContent.includes("1 in"));
    assertEquals(await page.evaluate(messages), ["1 in (12 B), 1 out (12 B)", "3 events"]);
    assertEquals(await page.evaluate(figure, "WebSockets"), "1");
    assertEquals(await page.evaluate(figure, "Event streams"), "1");
    await page.setViewport({ width: 320, height: 800 });
    const isWide = () => document.documentElement.scrollWidth > innerWidth;
    assertEquals(await page.evaluate(isWide), false);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await within(closed, "the socket to close");
    await ticks.body!.cancel();
    await sees(page, () => !/ in | events/.test(document.querySelector("#rows").textContent));
    assertEquals(await page.evaluate(figure, "WebSockets"), "0");
    assertEquals(await textOf(page, "#workers"), "");
    assertEquals(browser.complaints, []);
  },
);

/** The names of the rows, in order. */
function names(): string[] {
  return [...document.querySelectorAll("#rows tbody tr")].map((line: Inside) => line.dataset.id);
}

withProgram(
  "chromium",
  "the status page in a browser: two workers, one of them in a loop",
  async () => {
    const [one, ten] = [new FakeWorker(1), new FakeWorker(10)];
    one.next = sample({ answers: 1, rows: [9, 15].map((id) => row({ id })), states: { idle: 2 } });
    ten.next = sample({
      answers: 2,
      rows: [row({ id: 2, state: "handling" })],
      states: { handling: 1 },
    });
    const workers = new FakeWorkers(ten, one);
    const status = new StatusPage({ token: TOKEN, intervalMs: 100 });
    status.observeWorkers(workers);
    await using server = serve(LOCAL, status.handler);
    await using browser = await Chromium.start();
    const url = `http://127.0.0.1:${server.addr.port}/_weir/?token=${encodeURIComponent(TOKEN)}`;
    const page = await browser.open(url);
    await sees(page, () => document.querySelectorAll("#rows tbody tr").length === 3);
    assertEquals(await page.evaluate(names), ["1-9", "1-15", "10-2"]);
    assertEquals(await page.evaluate(figure, "Open"), "3");
    assertEquals(await textOf(page, "#workers"), "2 workers");
    ten.mode = "silent";
    await sees(page, () => document.querySelector("#workers").dataset.late === "true");
    assertEquals(await textOf(page, "#workers"), "1 of 2 workers answered");
    assertEquals(await textOf(page, '[data-id="10-2"] td:nth-child(3)'), "handling (no news)");
    assertEquals(await textOf(page, '[data-id="1-9"] td:nth-child(3)'), "idle");
    await page.click('[data-id="10-2"] button');
    await page.click('[data-id="10-2"] button');
    await page.click('[data-id="1-15"] button');
    await until(() => one.told.includes("close 15"), "the worker to be told");
    await until(() => ten.told.includes("cut 2"), "the other one to be told");
    assertEquals(ten.told.filter((each) => /close|cut/.test(each)), ["close 2", "cut 2"]);
    ten.comeBack();
    await sees(page, () => document.querySelector("#workers").textContent === "2 workers");
    workers.workers.delete(one);
    await sees(page, () => document.querySelectorAll("#rows tbody tr").length === 1);
    await page.click("#drain");
    await page.click("#sure [value=yes]");
    await until(() => workers.shutdowns === 1, "the drain");
    workers.enter("ended");
    await sees(page, () => document.querySelector("#phase").dataset.phase === "ended");
    assertEquals([workers.listeners, ten.told.at(-1), browser.complaints], [0, "watch false", []]);
  },
);

withProgram(
  "chromium",
  "the status page in a browser: without a token it has no buttons",
  async () => {
    await using busy = new Busy();
    const status = new StatusPage({ intervalMs: 100 });
    status.observe(busy.server);
    await using server = serve(LOCAL, status.handler);
    await using browser = await Chromium.start();
    const page = await browser.open(`http://127.0.0.1:${server.addr.port}/_weir/`);
    await busy.client();
    await sees(page, () => document.querySelector("#rows tbody tr") !== null);
    const buttons = () =>
      [...document.querySelectorAll("button")].filter((each: Inside) => each.checkVisibility())
        .map((each: Inside) => each.textContent);
    assertEquals(await page.evaluate(buttons), ["Pause"]);
    assertEquals(
      await page.$eval("#read-only", (note) => note.textContent),
      "To be read only: the buttons need a token",
    );
    assertEquals(browser.complaints, []);
  },
);
