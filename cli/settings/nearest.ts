/**
 * Which name was meant by one that does not exist.
 *
 * @module
 */

/**
 * ` (did you mean 'x'?)`, or nothing where no name is near. Nothing, too, where the library that compares
 * cannot be loaded: a preloaded Weir has the import map of somebody else's program.
 */
export async function didYouMean(name: string, names: readonly string[]): Promise<string> {
  try {
    const [{ closestString }, { levenshteinDistance }] = await Promise.all([
      import("@std/text/closest-string"),
      import("@std/text/levenshtein-distance"),
    ]);
    const nearest: string = closestString(name, names);
    const far = levenshteinDistance(name, nearest) > Math.max(2, name.length / 3);
    return far ? "" : ` (did you mean '${nearest}'?)`;
  } catch {
    return "";
  }
}
