/**
 * Settings from the environment: `WEIR_PORT`, `WEIR_TIMEOUT_HEAD`, as far as the program may read it. It
 * never asks for the permission.
 *
 * @module
 */

import { Misuse } from "./errors.ts";
import type { Found, Layer } from "./layers.ts";
import { didYouMean } from "./nearest.ts";
import { settingOfKey, SETTINGS } from "./table.ts";

/** Variables that may be read. */
export interface Environment {
  get(name: string): string | undefined;
  /** The names of all of them, where they may be known. */
  names(): readonly string[];
}

/** The environment of this process, as far as it may be read. */
export const ENVIRONMENT: Environment = {
  get: (variable) => granted({ name: "env", variable }) ? Deno.env.get(variable) : undefined,
  names: () => granted({ name: "env" }) ? Object.keys(Deno.env.toObject()) : [],
};

function granted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** What Kubernetes sets beside a service that is called `weir`: no setting, and nobody's mistake. */
const OF_KUBERNETES = /^WEIR_(SERVICE_(HOST|PORT)|PORT_\d+_)/;

/** The value that it gives `WEIR_PORT` then. */
const ADDRESS_OF_KUBERNETES = /^(tcp|udp|sctp):\/\//;

/** The variable that names the config file. */
export const CONFIG_VARIABLE = "WEIR_CONFIG";

/**
 * What the environment says. An empty variable counts as absent, since some shells and containers cannot
 * unset one.
 *
 * @throws {Misuse} If a value means nothing, or a name that begins with `WEIR_` is none of a setting.
 */
export async function fromEnvironment(environment: Environment): Promise<Layer> {
  const layer = new Map<string, Found>();
  const known: string[] = [CONFIG_VARIABLE];
  const names = environment.names();
  for (const setting of SETTINGS) {
    const { variable } = setting;
    if (variable === null) continue;
    known.push(variable);
    // To ask for each one alone takes a millisecond or two of the start.
    if (names.length > 0 && !names.includes(variable)) continue;
    const text = environment.get(variable) ?? "";
    if (text === "" || ADDRESS_OF_KUBERNETES.test(text)) continue;
    const value = setting.kind.parse(text);
    if (value === undefined) {
      throw new Misuse(`Variable '${variable}' takes ${setting.kind.expects}, not '${text}'`);
    }
    layer.set(setting.key, { value, from: variable });
  }
  const unknown = names.find((name) =>
    name.startsWith("WEIR_") && !known.includes(name) && !OF_KUBERNETES.test(name)
  );
  if (unknown !== undefined) {
    throw new Misuse(`Unknown variable '${unknown}'${await didYouMean(unknown, known)}`);
  }
  if (!layer.has("port")) addPort(layer, environment);
  return layer;
}

/** `PORT` is what platforms set that run other people's programs. */
function addPort(layer: Map<string, Found>, environment: Environment): void {
  const text = environment.get("PORT") ?? "";
  if (text === "") return;
  const { kind } = settingOfKey("port")!;
  const value = kind.parse(text);
  if (value === undefined) throw new Misuse(`Variable 'PORT' takes ${kind.expects}, not '${text}'`);
  layer.set("port", { value, from: "PORT" });
}
