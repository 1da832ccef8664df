/**
 * Numbers as people read them.
 *
 * @module
 */

const count = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A whole number with its thousands apart. */
export function formatCount(value) {
  return count.format(value);
}

/** A rate or another number that is not whole. */
export function formatNumber(value) {
  return value >= 1000 ? count.format(Math.round(value)) : short.format(value);
}

/** Milliseconds in the unit that fits. */
export function formatMs(ms) {
  if (ms < 1) return `${short.format(ms * 1000)} µs`;
  if (ms < 1000) return `${short.format(ms)} ms`;
  if (ms < 60_000) return `${short.format(ms / 1000)} s`;
  if (ms < 3_600_000) return withRest(ms / 60_000, "min", "s");
  return withRest(ms / 3_600_000, "h", "min");
}

/** A number of units, and what is left over in sixtieths. */
function withRest(value, unit, part) {
  const rest = Math.floor(value * 60) % 60;
  return `${Math.floor(value)} ${unit}${rest === 0 ? "" : ` ${rest} ${part}`}`;
}

/** How long something has been so: nothing moves by less than a tenth of a second. */
export function formatAge(ms) {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : formatMs(ms);
}

/** Bytes in the unit that fits. */
export function formatBytes(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? count.format(value) : short.format(value)} ${BYTE_UNITS[unit]}`;
}

/** A time of day. */
export function formatTime(ms) {
  return clock.format(ms);
}

/** A setting in the unit that its group and name say; 0 switches most of them off. */
export function formatSetting(group, name, value) {
  if (typeof value !== "number") return String(value);
  if (value === 0) return "off";
  if (group === "timeouts" || name === "maxWait") return formatMs(value);
  if (/Bytes$/.test(name)) return formatBytes(value);
  if (/Rate$/.test(name)) return `${formatBytes(value)}/s`;
  return formatCount(value);
}
