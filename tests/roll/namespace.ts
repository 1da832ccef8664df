/**
 * A network namespace of one's own, in which connections that wait at a listening socket move to another one
 * on the same port when it closes (Linux, `net.ipv4.tcp_migrate_req`).
 *
 * @module
 */

const SETUP = "ip link set lo up && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req";

const UNSHARE = ["--user", "--map-root-user", "--net"];

/** Whether this machine lets one be made. */
export async function canIsolate(): Promise<boolean> {
  try {
    const args = [...UNSHARE, "sh", "-c", SETUP];
    const { success } = await new Deno.Command("unshare", { args, stderr: "null" }).output();
    return success;
  } catch {
    return false;
  }
}

/** Runs a module of this folder with Deno in a namespace of its own. */
export function isolated(module: string, args: readonly string[]): Deno.Command {
  const run = [
    "sh",
    "-c",
    `${SETUP} && exec "$@"`,
    "sh",
    Deno.execPath(),
    ...denoArgs(module, args),
  ];
  return new Deno.Command("unshare", { args: [...UNSHARE, ...run], ...PLACE });
}

/** Runs it without one. */
export function here(module: string, args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), { args: denoArgs(module, args), ...PLACE });
}

const PLACE = { cwd: new URL("../../", import.meta.url), stdin: "null" } as const;

function denoArgs(module: string, args: readonly string[]): string[] {
  const path = new URL(module, import.meta.url).pathname;
  const permissions = ["--allow-net", "--allow-read", "--allow-run", "--allow-write"];
  return ["run", "--no-prompt", ...permissions, path, ...args];
}
