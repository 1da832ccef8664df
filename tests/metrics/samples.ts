/**
 * Reads the text format of Prometheus, as far as tests need it.
 *
 * @module
 */

/** Every sample by its name with its labels, as written. */
export function readSamples(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const [, name, value] of text.matchAll(/^([a-z][^ #]*) (\S+)$/gm)) {
    samples.set(name!, Number(value));
  }
  return samples;
}

/** One sample. */
export function readSample(text: string, name: string): number {
  const value = readSamples(text).get(name);
  if (value === undefined) throw new Error(`No sample ${name} in ${text}`);
  return value;
}
