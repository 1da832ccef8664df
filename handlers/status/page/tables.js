/**
 * The tables. Whatever a client could have chosen goes in as text and never as markup; rows stay where
 * they are and change in place, so that focus and pointer keep their target.
 *
 * @module
 */

import { formatAge, formatBytes, formatCount, formatMs, formatSetting } from "./format.js";

const COLUMNS = [
  ["No.", ({ id }) => String(id)],
  ["Peer", ({ peer }) => peer],
  ["State", ({ state }) => state],
  ["In state", ({ stateMs }) => formatAge(stateMs)],
  ["Age", ({ ageMs }) => formatAge(ageMs)],
  ["Requests", ({ requests }) => formatCount(requests)],
  ["Received", ({ bytesIn }) => formatBytes(bytesIn)],
  ["Sent", ({ bytesOut }) => formatBytes(bytesOut)],
  ["Queued", ({ queueMs }) => queueMs === null ? "–" : formatMs(queueMs)],
];

const FIRST_NUMBER = 3;

/** The table of connections; `onClose(id, { cut })` hears of its buttons. The function returned shows rows. */
export function connectionTable(table, onClose) {
  const body = table.tBodies[0];
  const lines = new Map();
  return (rows) => {
    const gone = new Set(lines.keys());
    for (const row of rows.toSorted((a, b) => a.id - b.id)) {
      gone.delete(row.id);
      const line = lines.get(row.id) ?? newLine(row, onClose);
      if (!lines.has(row.id)) insert(body, line, row.id);
      lines.set(row.id, line);
      fill(line, row);
    }
    for (const id of gone) {
      leave(lines.get(id), table);
      lines.delete(id);
    }
  };
}

/** A table of a few rows of text, the first cell of each naming it. */
export function showRows(table, rows) {
  if (rows.length === 0) return showNone(table);
  table.tBodies[0].replaceChildren(...rows.map(([name, ...values]) => {
    const line = document.createElement("tr");
    line.append(cell("th", name, { scope: "row" }));
    for (const value of values) line.append(cell("td", value, { className: "number" }));
    return line;
  }));
}

function showNone(table) {
  const colSpan = table.tHead.rows[0].cells.length;
  const line = document.createElement("tr");
  line.append(cell("td", "none yet", { colSpan }));
  table.tBodies[0].replaceChildren(line);
}

/** What is in force; a server without a queue has no settings of one. */
export function showSettings({ timeouts, limits, queue = null, overrides }) {
  for (const [group, settings] of Object.entries({ timeouts, limits, queue })) {
    const rows = Object.entries(settings ?? {}).map(([name, value]) => [
      name,
      formatSetting(group, name, value),
    ]);
    showRows(document.getElementById(group), rows);
  }
  document.getElementById("queue-box").hidden = queue === null;
  document.getElementById("overrides-box").hidden = overrides.length === 0;
  const rows = overrides.map(({ path, prefix, bodyBytes, bufferedBodyBytes, handler }) => [
    prefix ? `${path}*` : path,
    formatSetting("limits", "bodyBytes", bodyBytes),
    formatSetting("limits", "bufferedBodyBytes", bufferedBodyBytes),
    formatSetting("timeouts", "handler", handler),
  ]);
  showRows(document.getElementById("overrides"), rows);
}

function newLine(row, onClose) {
  const line = document.createElement("tr");
  line.setAttribute("role", "row");
  line.dataset.id = row.id;
  COLUMNS.forEach(([label], index) => {
    const number = index >= FIRST_NUMBER ? "number" : "";
    const each = index === 0
      ? cell("th", "", { scope: "row" })
      : cell("td", "", { className: number });
    each.setAttribute("role", index === 0 ? "rowheader" : "cell");
    each.dataset.label = label;
    line.append(each);
  });
  line.append(actionCell(row, onClose));
  return line;
}

/** The first press asks for an end in good order, the second cuts. */
function actionCell({ id, peer }, onClose) {
  const place = document.createElement("td");
  const button = document.createElement("button");
  button.type = "button";
  const name = (verb) => {
    button.textContent = verb;
    button.setAttribute("aria-label", `${verb} connection ${id} from ${peer}`);
  };
  name("Close");
  button.addEventListener("click", () => {
    onClose(id, { cut: button.textContent === "Cut" });
    name("Cut");
  });
  place.className = "action";
  place.setAttribute("role", "cell");
  place.append(button);
  return place;
}

function insert(body, line, id) {
  const next = [...body.rows].find((each) => Number(each.dataset.id) > id);
  body.insertBefore(line, next ?? null);
}

function fill(line, row) {
  line.dataset.state = row.state;
  COLUMNS.forEach(([, text], index) => {
    const each = line.cells[index];
    const now = text(row);
    if (each.textContent !== now) each.textContent = now;
  });
}

/** The button that had the focus hands it on, so that the keyboard does not start again at the top. */
function leave(line, table) {
  if (line.contains(document.activeElement)) {
    const neighbour = line.nextElementSibling ?? line.previousElementSibling;
    (neighbour?.querySelector("button") ?? table.parentElement).focus();
  }
  line.remove();
}

function cell(tag, text, properties) {
  return Object.assign(document.createElement(tag), { textContent: text, ...properties });
}
