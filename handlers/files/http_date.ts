/**
 * Dates in fields (RFC 9110 §5.6.7): written in one form, read in all three. `Date.parse` is not used
 * alone, because it takes much that is no HTTP date, which a recipient has to ignore.
 *
 * @module
 */

const FIXDATE = /^[A-Z][a-z]{2}, (\d{2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) GMT$/;
const RFC850 = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d{2}:\d{2}:\d{2}) (\d{4})$/;

/** A time as an IMF-fixdate; the milliseconds are left out. */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** The time in milliseconds since 1970, or `null` for what is no HTTP date. */
export function parseHttpDate(text: string, now = Date.now()): number | null {
  const fixdate = FIXDATE.exec(text);
  if (fixdate !== null) return timeOf(fixdate[1]!, fixdate[2]!, fixdate[3]!, fixdate[4]!);
  const old = RFC850.exec(text);
  if (old !== null) return timeOf(old[1]!, old[2]!, fullYear(Number(old[3]), now), old[4]!);
  const c = ASCTIME.exec(text);
  if (c !== null) return timeOf(c[2]!.replace(" ", "0"), c[1]!, c[4]!, c[3]!);
  return null;
}

/** A year of two digits that seems over 50 years ahead is the last one that ends like it. */
function fullYear(digits: number, now: number): string {
  const year = new Date(now).getUTCFullYear();
  const guess = year - year % 100 + digits;
  return String(guess > year + 50 ? guess - 100 : guess);
}

function timeOf(day: string, month: string, year: string, time: string): number | null {
  const ms = Date.parse(`${day} ${month} ${year} ${time} GMT`);
  // A day that the month does not have would be taken for one of the next.
  return Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day) ? null : ms;
}
