/**
 * Secrets in a query, kept out of what is written down: logs and spans are read by more people, and kept
 * for longer, than the requests that they tell of. Pure.
 *
 * @module
 */

/**
 * The names whose values are secrets, in lower case: tokens and passwords, and the signatures of URLs that
 * let whoever has them in (OpenTelemetry's conventions name those of AWS, Azure and Google for `url.query`).
 */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  "token",
  "access_token",
  "id_token",
  "refresh_token",
  "api_key",
  "apikey",
  "password",
  "secret",
  "client_secret",
  "sig",
  "signature",
  "awsaccesskeyid",
  "x-amz-credential",
  "x-amz-security-token",
  "x-amz-signature",
  "x-goog-credential",
  "x-goog-signature",
]);

/** Whether a query may hold a secret: one of the names, or a name that is percent-encoded. Most do not. */
const SUSPECT = new RegExp(`(?:^|&)(?:(?:${[...SECRET_NAMES].join("|")})=|[^=&%]*%)`, "i");

/** A parameter: what is in front of it, its name, its value. */
const PARAMETER = /(^|&)([^=&]*)=([^&#]*)/g;

/** The query, without its question mark, with `REDACTED` in the place of each secret. */
export function redactQuery(query: string): string {
  if (!SUSPECT.test(query)) return query;
  return query.replace(
    PARAMETER,
    (all, before: string, name: string) => isSecret(name) ? `${before}${name}=REDACTED` : all,
  );
}

/** The same for the query of a request target or a URL. */
export function redactTarget(target: string): string {
  const at = target.indexOf("?");
  return at < 0 ? target : target.slice(0, at + 1) + redactQuery(target.slice(at + 1));
}

/** A name may be percent-encoded: whoever reads the parameter sees through that, so this must too. */
function isSecret(name: string): boolean {
  return SECRET_NAMES.has((name.includes("%") ? decoded(name) : name).toLowerCase());
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
