/**
 * The page: listens to the server's events, shows them, and sends what its buttons ask for.
 *
 * @module
 */

import { formatBytes, formatCount, formatMs, formatNumber, formatTime } from "./format.js";
import { openOf, perSecond, plotsIn } from "./plots.js";
import { connectionTable, showRows, showSettings } from "./tables.js";

const byId = (id) => document.getElementById(id);

const PHASES = {
  connecting: "Connecting",
  serving: "Serving",
  leaving: "Leaving: still serving, not ready any more",
  draining: "Draining: accepts no more",
  ended: "Ended",
  lost: "No connection to the server, trying again",
};

const FIGURES = [
  ["Open", (now) => formatCount(openOf(now))],
  ["At work", (now) => formatCount(openOf(now) - (now.states.idle ?? 0))],
  ["Queued", (now) => formatCount(now.states.queued ?? 0)],
  ["Answers", (now) => `${formatNumber(now.answers * perSecond(now))}/s`],
  ["p99", (now) => now.latency === null ? "–" : formatMs(now.latency.p99)],
  ["Refused", (now) => `${formatNumber(now.refused * perSecond(now))}/s`],
  ["Received", (now) => `${formatBytes(now.bytesIn * perSecond(now))}/s`],
  ["Sent", (now) => `${formatBytes(now.bytesOut * perSecond(now))}/s`],
  ["WebSockets", (now) => formatCount(now.sockets)],
  ["Event streams", (now) => formatCount(now.streams)],
];

/** An interval cut short by the end says nothing about rates. */
const LEAST_INTERVAL_MS = 50;

let paused = false;

/** What the server wants to see again with each command; empty for visitors without a token. */
const secret = document.querySelector("meta[name=weir-secret]").content;
const canAct = secret !== "";

const showRowsOf = connectionTable(byId("rows"), canAct ? close : null);
const addToPlots = plotsIn(byId("plots"));
const figures = FIGURES.map(([name]) => figure(name));

function figure(name) {
  const [box, term, value] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
  term.textContent = name;
  value.textContent = "–";
  box.append(term, value);
  byId("figures").append(box);
  return value;
}

function show(snapshot) {
  showPhase(snapshot.phase);
  showWorkers(snapshot.workers);
  if (paused) return;
  FIGURES.forEach(([, text], index) => figures[index].textContent = text(snapshot));
  if (snapshot.overMs >= LEAST_INTERVAL_MS) addToPlots(snapshot);
  showRowsOf(snapshot.rows);
  const open = openOf(snapshot);
  byId("shown").textContent = snapshot.rows.length < open
    ? `${formatCount(snapshot.rows.length)} of ${formatCount(open)}: first those at work`
    : `${formatCount(open)} open`;
  byId("since").textContent = `Totals since ${formatTime(snapshot.sinceMs)}`;
  showTotals(snapshot);
}

function showTotals({ closeReasons, refusals, drops }) {
  const counted = ([name, count]) => [name, formatCount(count)];
  showRows(byId("closes"), closeReasons.map(counted));
  showRows(byId("refusals"), refusals.map(counted));
  showRows(
    byId("drops"),
    drops.map(([name, { bytes, requests }]) => [name, formatBytes(bytes), formatCount(requests)]),
  );
}

/** Those that do not answer are at work on something long, or in a loop. */
function showWorkers(workers) {
  byId("workers").hidden = workers === null;
  if (workers === null) return;
  const { all, answered } = workers;
  byId("workers").dataset.late = String(answered < all);
  byId("workers").textContent = answered < all
    ? `${formatCount(answered)} of ${formatCount(all)} workers answered`
    : `${formatCount(all)} workers`;
}

/** Written only when it changes: it is read out. */
function showPhase(phase) {
  const place = byId("phase");
  if (place.dataset.phase === phase) return;
  place.dataset.phase = phase;
  place.textContent = PHASES[phase];
  byId("drain").disabled = phase !== "serving";
  document.title = phase === "serving" ? "Weir status" : `${PHASES[phase]} – Weir status`;
}

async function send(name, fields) {
  const body = new URLSearchParams(fields);
  try {
    const { ok, status } = await fetch(name, {
      method: "POST",
      body,
      headers: { "x-weir-secret": secret },
    });
    notice(ok || status === 404 ? "" : `The server refused: ${status}. Load the page again.`);
  } catch {
    notice("The server did not answer.");
  }
}

function notice(text) {
  byId("notice").textContent = text;
}

function close({ worker, id }, { cut }) {
  send("close", { id, ...worker === null ? {} : { worker }, ...cut ? { cut: "" } : {} });
}

function listen() {
  const source = new EventSource("events");
  const snapshotOf = ({ data }) => JSON.parse(data);
  source.addEventListener("settings", ({ data }) => showSettings(JSON.parse(data)));
  source.addEventListener("snapshot", (event) => show(snapshotOf(event)));
  source.addEventListener("last", (event) => {
    source.close();
    show(snapshotOf(event));
  });
  source.addEventListener("error", () => {
    showPhase("lost");
    // The browser gives up by itself when the answer was not a stream: a server that has ended, or a session.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2_000);
  });
}

byId("pause").addEventListener("click", ({ currentTarget }) => {
  paused = !paused;
  currentTarget.setAttribute("aria-pressed", String(paused));
});

byId("drain").hidden = !canAct;
byId("read-only").hidden = canAct;

byId("drain").addEventListener("click", () => byId("sure").showModal());

byId("sure").addEventListener("close", ({ currentTarget }) => {
  if (currentTarget.returnValue === "yes") send("drain", {});
  currentTarget.returnValue = "";
});

listen();
