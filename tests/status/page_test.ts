/**
 * The page in a real browser, beside a server at work: what it shows, what its buttons do, and whether
 * people can use it in both colour schemes, at both ends of the widths, and by keyboard.
 *
 * @module
 */

import { assert, assertEquals } from "../support/assert.ts";
import { withProgram } from "../support/programs.ts";
import { until, within } from "../support/time.ts";
import { Chromium, type Page, sees, textOf } from "./browser.ts";
import { Busy, hangUp } from "./busy.ts";

/** What is looked at inside the page; the browser's own types are not those of the tests. */
// deno-lint-ignore no-explicit-any
declare const document: any, getComputedStyle: any, innerWidth: number;

/** Runs `body` on a busy server and its page; nothing may have been complained of in the browser's console. */
function onPage(name: string, body: (page: Page, busy: Busy) => Promise<void>): void {
  withProgram("chromium", `the status page in a browser: ${name}`, async () => {
    await using browser = await Chromium.start();
    await using busy = new Busy();
    const page = await browser.open(busy.link);
    await sees(page, () => document.querySelector("#phase").textContent === "Serving");
    await body(page, busy);
    assertEquals(browser.complaints, []);
  });
}

/** The number of the connection in whose row `peer` stands. */
async function rowOf(page: Page, conn: Deno.Conn): Promise<number> {
  const peer = `127.0.0.1:${(conn.localAddr as Deno.NetAddr).port}`;
  const find = (peer: string) =>
    // deno-lint-ignore no-explicit-any
    [...document.querySelectorAll("#rows tbody tr")].find((row: any) =>
      row.cells[1].textContent === peer
    )?.dataset.id;
  await sees(page, find, peer);
  return Number(await page.evaluate(find, peer));
}

onPage("rows appear, change and go; figures, tables and limits are filled", async (page, busy) => {
  assertEquals(await textOf(page, "#timeouts tr:nth-child(2) td"), "10 s");
  assertEquals(await textOf(page, "#limits tbody tr td"), "32 KiB");
  await busy.asks("/", 5);
  await busy.asks("/fails", 20);
  const quiet = await busy.client();
  const id = await rowOf(page, quiet);
  assertEquals(await textOf(page, `tr[data-id="${id}"] td:nth-child(3)`), "idle");
  await quiet.write(new TextEncoder().encode("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n"));
  await sees(
    page,
    (id: number) => document.querySelector(`tr[data-id="${id}"]`).dataset.state === "handling",
    id,
  );
  await sees(
    page,
    () => /^[1-9].*\/s$/.test(document.querySelectorAll("#figures dd")[3].textContent),
  );
  const fleeting = await busy.client();
  const gone = await rowOf(page, fleeting);
  hangUp(fleeting);
  await sees(page, (id: number) => document.querySelector(`tr[data-id="${id}"]`) === null, gone);
  await busy.sends("GET / HTTP/1.1\r\n\r\nrest");
  await sees(page, () => document.querySelector("#closes").textContent.includes("peer_closed"));
  await sees(page, () => document.querySelector("#refusals").textContent.includes("bad_host"));
  await sees(page, () => document.querySelector("#drops").textContent.includes("refused"));
});

/** Whether each plot has at least `least` dots in the colour of its first line. */
function painted(least: number): boolean {
  const plots = [...document.querySelectorAll("#plots canvas")];
  // deno-lint-ignore no-explicit-any
  return plots.length === 4 && plots.every((canvas: any) => {
    const style = getComputedStyle(document.documentElement);
    const [, r, g, b] = /#(..)(..)(..)/.exec(style.getPropertyValue("--line-1"))!
      .map((part) => parseInt(part, 16));
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let dots = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at] === r && data[at + 1] === g && data[at + 2] === b) dots++;
    }
    return dots >= least;
  });
}

onPage("every plot has data that moves, in light and in dark", async (page, busy) => {
  await busy.asks("/", 5);
  await busy.asks("/slow", 5);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await sees(page, painted, 30);
  }
  const picture = () => page.evaluate(() => document.querySelector("#plots canvas").toDataURL());
  const before = await picture();
  await sees(
    page,
    (before: string) => document.querySelector("#plots canvas").toDataURL() !== before,
    before,
  );
});

onPage("Pause stops everything but the phase", async (page, busy) => {
  await busy.asks("/", 5);
  await sees(page, () => document.querySelector("#rows tbody tr") !== null);
  await page.click("#pause");
  assertEquals(await page.$eval("#pause", (button) => button.getAttribute("aria-pressed")), "true");
  const shown = await textOf(page, "main");
  busy.server.shutdown({ readyDelay: 60_000 });
  await sees(page, () => document.querySelector("#phase").dataset.phase === "leaving");
  assertEquals(await textOf(page, "main"), shown);
  await page.click("#pause");
  await sees(page, (shown: string) => document.querySelector("main").textContent !== shown, shown);
});

onPage(
  "a connection closed by its button ends in the client; a hanging one is cut",
  async (page, busy) => {
    const [idle, hanging] = [
      await busy.client(),
      await busy.sends("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n"),
    ];
    const [first, second] = [await rowOf(page, idle), await rowOf(page, hanging)];
    const [ended, cut] = [idle, hanging].map((conn) => conn.read(new Uint8Array(10)));
    await page.click(`tr[data-id="${first}"] button`);
    assertEquals(await within(ended!, "the idle client to hear"), null);
    await sees(page, (id: number) => document.querySelector(`tr[data-id="${id}"]`) === null, first);
    const press = `tr[data-id="${second}"] button`;
    await page.click(press);
    assertEquals(await textOf(page, press), "Cut");
    assertEquals(busy.server.connections.size, 1);
    await page.click(press);
    assertEquals(await within(cut!, "the hanging client to hear").catch(() => null), null);
    await sees(page, () => document.querySelector("#closes").textContent.includes("forced"));
  },
);

onPage(
  "by keyboard: a connection is closed, and a drain begun after a question",
  async (page, busy) => {
    await busy.asks("/", 20);
    const [one, two] = [await busy.client(), await busy.client()];
    const [first, second] = [await rowOf(page, one), await rowOf(page, two)];
    await page.focus("h1").catch(() => {});
    const label = () =>
      page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? "");
    while (!(await label()).startsWith(`Close connection ${first} `)) {
      await page.keyboard.press(
        "Tab",
      );
    }
    const outline = await page.evaluate(() =>
      getComputedStyle(document.activeElement).outlineWidth
    );
    assertEquals(outline, "3px");
    await page.keyboard.press("Enter");
    await sees(page, (id: number) => document.querySelector(`tr[data-id="${id}"]`) === null, first);
    assert((await label()).startsWith(`Close connection ${second} `), await label());

    while (await page.evaluate(() => document.activeElement.id) !== "drain") {
      await page.keyboard.down("Shift");
      await page.keyboard.press("Tab");
      await page.keyboard.up("Shift");
    }
    await page.keyboard.press("Enter");
    assertEquals(await page.evaluate(() => document.activeElement.textContent), "Cancel");
    await page.keyboard.press("Enter");
    assertEquals([busy.drains, busy.server.phase], [0, "serving"]);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await until(() => busy.drains === 1, "the drain");
  },
);

onPage("a drain shows: /readyz at 503 and the phases to the end", async (page, busy) => {
  await busy.asks("/", 20);
  await busy.sends("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  await sees(page, () => document.querySelector("#phase").dataset.phase === "serving");
  assertEquals(await busy.ready(), 200);
  await page.click("#drain");
  await page.click("#sure [value=yes]");
  await sees(page, () => document.querySelector("#phase").dataset.phase === "leaving");
  assertEquals(await busy.ready(), 503);
  assertEquals(await page.$eval("#drain", (button) => button.hasAttribute("disabled")), true);
  await sees(page, () => document.querySelector("#phase").dataset.phase === "draining");
  await sees(page, () => document.querySelector("#phase").dataset.phase === "ended");
  await sees(page, () => document.querySelectorAll("#rows tbody tr").length === 0);
  await busy.server.finished;
});

/** Texts whose contrast with their background is below that of WCAG 2.2 AA, 4.5 to 1. */
function faintTexts(): string[] {
  const lightness = (colour: string) => {
    const [r, g, b] = colour.match(/[\d.]+/g)!.map(Number).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  };
  // deno-lint-ignore no-explicit-any
  const ground = (element: any): string => {
    const { backgroundColor } = getComputedStyle(element);
    return /, 0\)$/.test(backgroundColor) ? ground(element.parentElement) : backgroundColor;
  };
  // deno-lint-ignore no-explicit-any
  const texts = [...document.querySelectorAll("body *")].filter((element: any) =>
    // deno-lint-ignore no-explicit-any
    [...element.childNodes].some((node: any) => node.nodeType === 3 && node.data.trim() !== "")
  );
  return texts.filter((element) => {
    const [one, other] = [getComputedStyle(element).color, ground(element)].map(lightness);
    return (Math.max(one!, other!) + 0.05) / (Math.min(one!, other!) + 0.05) < 4.5;
  }).map((element) => `${element.tagName} ${element.textContent}`);
}

/** What sticks out of the page to the right, and what is too small to be hit (WCAG 2.2, 24 pixels). */
function misfits(): string[] {
  const root = document.documentElement;
  const wide = root.scrollWidth > innerWidth ? [`the page is ${root.scrollWidth} wide`] : [];
  // deno-lint-ignore no-explicit-any
  const small = [...document.querySelectorAll("button")].filter((button: any) => {
    const { width, height } = button.getBoundingClientRect();
    return width > 0 && (width < 24 || height < 24);
  });
  // deno-lint-ignore no-explicit-any
  return [...wide, ...small.map((button: any) => `${button.textContent} is small`)];
}

onPage(
  "it fits and can be read from 320 to 1,920 pixels, in light and in dark",
  async (page, busy) => {
    await busy.asks("/", 5);
    await busy.sends("GET / HTTP/1.1\r\n\r\nrest");
    await sees(page, () => document.querySelector("#refusals").textContent.includes("bad_host"));
    const grounds = new Set<string>();
    for (const width of [320, 380, 720, 1_920]) {
      await page.setViewport({ width, height: 800 });
      for (const scheme of ["light", "dark"]) {
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        assertEquals(await page.evaluate(misfits), [], `${width} ${scheme}`);
        assertEquals(await page.evaluate(faintTexts), [], `${width} ${scheme}`);
        grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      }
    }
    assertEquals(grounds.size, 2);
  },
);

onPage("it finds the server again after a time without it", async (page, busy) => {
  await sees(page, () => document.querySelector("#phase").dataset.phase === "serving");
  const stop = busy.status.observe(busy.server);
  await sees(page, () => document.querySelector("#phase").dataset.phase === "lost");
  await sees(page, () => document.querySelector("#phase").dataset.phase === "serving");
  stop();
});

withProgram(
  "chromium",
  "the status page in a browser: the token is asked for and then remembered",
  async () => {
    const token = "a token of enough characters";
    await using browser = await Chromium.start();
    await using busy = new Busy({ token });
    const page = await browser.open(busy.url);
    await page.type("#token", "not the token but as long");
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    await page.type("#token", token);
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    assertEquals(page.url(), busy.url);
    await sees(page, () => document.querySelector("#phase").dataset.phase === "serving");
    await page.reload();
    await sees(page, () => document.querySelector("#phase").dataset.phase === "serving");
    assertEquals(await page.evaluate(() => document.cookie), "");
  },
);
