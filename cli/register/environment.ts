/**
 * Variables of the environment, read only where the program itself may read them: the preload asks for no
 * permission and never causes a prompt.
 *
 * @module
 */

/** The value of a variable; `null` if it is not set or may not be read. */
export function variableIfGranted(variable: string): string | null {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) ?? null : null;
}
