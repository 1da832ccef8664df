/**
 * What `deploy/kubernetes.yaml` says.
 *
 * @module
 */

import * as std from "@std/yaml";
import { assert } from "../support/assert.ts";
import { deployed } from "./files.ts";

interface Yaml {
  parseAll(text: string): unknown;
}

const { parseAll }: Yaml = std;

/** One object of the manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** All objects of the manifest, in their order. */
export function manifests(): Manifest[] {
  const all = parseAll(deployed("kubernetes.yaml"));
  assert(Array.isArray(all));
  return all;
}

/** What stands at a path such as `Deployment.spec.template.spec.containers.0.image`. */
export function at(path: string): unknown {
  const [kind, ...names] = path.split(".");
  let found: unknown = manifests().find((each) => each.kind === kind);
  for (const name of names) {
    assert(typeof found === "object" && found !== null && name in found, `No ${path}`);
    found = Reflect.get(found, name);
  }
  return found;
}

/** The same for what is a number. */
export function numberAt(path: string): number {
  const found = at(path);
  assert(typeof found === "number", `${path} is not a number`);
  return found;
}
