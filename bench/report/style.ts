/**
 * The look of the page, light and dark; the colour of each peer is a custom property, which the plots use.
 *
 * @module
 */

interface Colour {
  readonly light: string;
  readonly dark: string;
}

/** Chosen to differ in lightness as well as in hue; one peer keeps its colour in every plot. */
const PEER_COLOURS: Readonly<Record<string, Colour>> = {
  "weir": { light: "#0b62c4", dark: "#63b0ff" },
  "weir-queue": { light: "#5c940d", dark: "#b2e04f" },
  "weir-auto": { light: "#2b8a3e", dark: "#7ee29a" },
  "weir-public": { light: "#0c9488", dark: "#4fd8c8" },
  "floor": { light: "#6b7280", dark: "#9ca3af" },
  "deno": { light: "#d9730d", dark: "#ffad5c" },
  "node": { light: "#2b8a3e", dark: "#7bd88a" },
  "nginx": { light: "#9c36b5", dark: "#da8ff0" },
  "hono-weir": { light: "#c2255c", dark: "#ff8fb5" },
  "hono-deno": { light: "#8a5a2b", dark: "#d3a679" },
};

function properties(theme: keyof Colour): string {
  return Object.entries(PEER_COLOURS).map(([id, colour]) => `--peer-${id}:${colour[theme]};`)
    .join("");
}

/** The style sheet. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --line: #d1d9e0; --page: #fff;
  ${properties("light")} }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --soft: #9aa5b1; --line: #30363d; --page: #0d1117; ${
  properties("dark")
} }
}
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Liberation Sans", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 24px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 8px; }
h2 { font-size: 18px; margin: 36px 0 4px; }
p, .about { color: var(--soft); margin: 0 0 8px; }
.about { padding-left: 18px; font-size: 13px; }
code { font-size: 0.92em; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 8px 0; }
.legend span { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; }
.plot { margin: 0; overflow-x: auto; }
.plot svg { display: block; max-width: 960px; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 12px; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 4px 8px; border-bottom: 1px solid var(--line); text-align: right; font-weight: normal; }
thead th { color: var(--soft); }
th[scope=row] { text-align: left; position: sticky; left: 0; background: var(--page); }
tbody th { font-weight: 600; }
`;
