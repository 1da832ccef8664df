/**
 * The page in a real browser: every plot has marks that can be seen, in both colour schemes. The browser
 * is driven by its own command line: it prints the page as it stands after a script of the test has
 * looked at it, and takes a screenshot.
 *
 * @module
 */

import { drawAll } from "../../bench/report/plots.ts";
import { PEERS } from "../../bench/peers/catalog.ts";
import { page } from "../../bench/report/page.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { run, withProgram } from "../support/programs.ts";
import { fullSession } from "./sample.ts";

/** Counts in each plot the marks that have a size and a colour of their own, and leaves that in the page. */
const LOOK = `<script>
const seen = {};
for (const section of document.querySelectorAll("section[id]")) {
  const marks = [...section.querySelectorAll("figure svg :is(circle, rect, line, path)")];
  const visible = marks.filter((mark) => {
    const box = mark.getBoundingClientRect();
    const { fill, stroke } = getComputedStyle(mark);
    const painted = [fill, stroke].some((colour) =>
      colour.startsWith("rgb") && !["rgb(0, 0, 0)", getComputedStyle(document.body).color].includes(colour));
    return box.width + box.height > 1 && painted;
  });
  seen[section.id] = visible.length;
}
const background = getComputedStyle(document.body).backgroundColor;
document.body.innerHTML = "<pre id=seen>" + JSON.stringify({ seen, background }) + "</pre>";
</script>`;

interface Seen {
  readonly seen: Readonly<Record<string, number>>;
  readonly background: string;
}

const FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"];
const DARK = "--blink-settings=preferredColorScheme=0";

async function chromium(folder: string, args: readonly string[]): Promise<string> {
  const profile = `--user-data-dir=${folder}/profile`;
  const { code, stdout, stderr } = await run("chromium", [...FLAGS, profile, ...args], {
    ms: 60_000,
  });
  assertEquals(code, 0, stderr);
  return stdout;
}

withProgram("chromium", "the page shows every plot in light and in dark", async () => {
  const results = fullSession();
  const inAll = PEERS.filter(({ variant }) => !variant).length;
  const folder = Deno.makeTempDirSync();
  try {
    const file = `${folder}/page.html`;
    Deno.writeTextFileSync(file, page(results).replace("</body>", `${LOOK}</body>`));
    const expected = drawAll(results).map(({ id }) => id);
    const backgrounds = new Set<string>();
    for (const scheme of [[], [DARK]]) {
      const dom = await chromium(folder, [...scheme, "--dump-dom", `file://${file}`]);
      const text = /<pre id="seen">(.*)<\/pre>/.exec(dom)?.[1] ?? "";
      const { seen, background }: Seen = JSON.parse(text);
      assertEquals(Object.keys(seen), expected);
      for (const [id, marks] of Object.entries(seen)) {
        assert(marks >= inAll, `${id} shows ${marks} marks`);
      }
      backgrounds.add(background);
    }
    assertEquals(backgrounds.size, 2, "dark looks like light");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

withProgram("chromium", "a screenshot of the page is no blank sheet", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${folder}/page.html`, page(fullSession()));
    Deno.writeTextFileSync(`${folder}/blank.html`, "<!doctype html><title>blank</title>");
    const size = async (name: string) => {
      const shot = `${folder}/${name}.png`;
      const args = [`--screenshot=${shot}`, "--window-size=1280,3000"];
      await chromium(folder, [...args, `file://${folder}/${name}.html`]);
      return Deno.statSync(shot).size;
    };
    assert(await size("page") > 4 * await size("blank"));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
