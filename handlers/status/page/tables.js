/**
 * The tables. Whatever a client could have chosen goes in as text and never as markup; rows stay where
 * they are and change in place, so that focus and pointer keep their target.
 *
 * @module
 */

import { formatAge, formatBytes, formatCount, formatMs, formatSetting } from "./format.js";

const COLUMNS = [
  ["No.", keyOf],
  ["Peer", ({ peer }) => peer],
  ["State", ({ state, isLate }) => isLate ? `${state} (no news)` : state],
  ["In state", ({ stateMs }) => formatAge(stateMs)],
  ["Age", ({ ageMs }) => formatAge(ageMs)],
  ["Requests", ({ requests }) => formatCount(requests)],
  ["Received", ({ bytesIn }) => formatBytes(bytesIn)],
  ["Sent", ({ bytesOut }) => formatBytes(bytesOut)],
  ["Queued", ({ queueMs }) => queueMs === null ? "–" : formatMs(queueMs)],
  ["Messages", messagesOf],
];

const FIRST_NUMBER = 3;

/** What a connection is called: its number, with that of its worker where there are several. */
function keyOf({ worker, id }) {
  return worker === null ? String(id) : `${worker}-${id}`;
}

/** What a WebSocket has carried, or how many events a stream has sent. */
function messagesOf({ socket, events }) {
  if (events !== null) return `${formatCount(events)} events`;
  if (socket === null) return "–";
  const { messagesIn, bytesIn, messagesOut, bytesOut } = socket;
  return `${formatCount(messagesIn)} in (${formatBytes(bytesIn)}), ` +
    `${formatCount(messagesOut)} out (${formatBytes(bytesOut)})`;
}

/**
 * The table of connections; `onClose(row, { cut })` hears of its buttons, and without it there are none. The
 * function returned shows rows.
 */
export function connectionTable(table, onClose) {
  const body = table.tBodies[0];
  const lines = new Map();
  return (rows) => {
    const gone = new Set(lines.keys());
    for (const row of rows) {
      const key = keyOf(row);
      gone.delete(key);
      const line = lines.get(key) ?? newLine(row, onClose);
      if (!lines.has(key)) insert(body, line);
      lines.set(key, line);
      fill(line, row);
    }
    for (const key of gone) {
      leave(lines.get(key), table);
      lines.delete(key);
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
  line.dataset.id = keyOf(row);
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
function actionCell(row, onClose) {
  const place = document.createElement("td");
  place.className = "action";
  place.setAttribute("role", "cell");
  if (onClose === null) return place;
  const button = document.createElement("button");
  button.type = "button";
  const name = (verb) => {
    button.textContent = verb;
    button.setAttribute("aria-label", `${verb} connection ${keyOf(row)} from ${row.peer}`);
  };
  name("Close");
  button.addEventListener("click", () => {
    onClose(row, { cut: button.textContent === "Cut" });
    name("Cut");
  });
  place.append(button);
  return place;
}

function insert(body, line) {
  const next = [...body.rows].find((each) =>
    byNumbers.compare(each.dataset.id, line.dataset.id) > 0
  );
  body.insertBefore(line, next ?? null);
}

/** "2-9" before "2-15" before "10-1". */
const byNumbers = new Intl.Collator("en", { numeric: true });

function fill(line, row) {
  line.dataset.state = row.state;
  line.classList.toggle("late", row.isLate);
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
