import { assert, assertEquals, assertStringIncludes } from "../support/assert.ts";
import { Program } from "../cli/child.ts";
import { run } from "../support/programs.ts";
import { commands, only, stages } from "./dockerfile.ts";
import { at, type Manifest, manifests } from "./manifest.ts";

const POD = "Deployment.spec.template";
const CONTAINER = `${POD}.spec.containers.0`;

/** The types of Kubernetes' own objects, made from its OpenAPI description. */
const MODELS = "npm:kubernetes-models@5.1.0";

Deno.test("Kubernetes knows every field of the manifest, and each is of its type", async () => {
  assertEquals(await typeErrors(manifests()), "");
});

Deno.test("a field that Kubernetes does not know is found, and a value of a wrong type", async () => {
  const unknown = structuredClone(manifests());
  Reflect.set(unknown[0]!, "spec", { ...at("Deployment.spec") as object, replica: 2 });
  assertStringIncludes(await typeErrors(unknown), '"replica"\' does not exist');
  const wrong = structuredClone(manifests());
  Reflect.set(wrong[0]!, "spec", { ...at("Deployment.spec") as object, replicas: "2" });
  assertStringIncludes(await typeErrors(wrong), "'string' is not assignable");
});

Deno.test("the objects of the manifest find each other", () => {
  const labels = at(`${POD}.metadata.labels`);
  assertEquals(at("Deployment.spec.selector.matchLabels"), labels);
  assertEquals(at("Service.spec.selector"), labels);
  assertEquals(at("PodDisruptionBudget.spec.selector.matchLabels"), labels);
  assertEquals(
    at("HorizontalPodAutoscaler.spec.scaleTargetRef.name"),
    at("Deployment.metadata.name"),
  );
  const port = at(`${CONTAINER}.ports.0.name`);
  assertEquals(at("Service.spec.ports.0.targetPort"), port);
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    assertEquals(at(`${CONTAINER}.${probe}.httpGet.port`), port);
  }
});

Deno.test("the manifest fits the image: its port, its user, its program", () => {
  const { entrypoint, cmd } = commands();
  const port = String(at(`${CONTAINER}.ports.0.containerPort`));
  assertEquals(entrypoint[entrypoint.indexOf("--port") + 1], port);
  assertEquals(at(`${POD}.metadata.annotations`), {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": port,
    "prometheus.io/path": "/metrics",
  });
  const { runAsUser, runAsGroup } = at(`${POD}.spec.securityContext`) as Record<string, number>;
  assertEquals(`${runAsUser}:${runAsGroup}`, only(stages().last, "USER"));
  const args = at(`${CONTAINER}.args`) as string[];
  assertEquals(args.slice(0, cmd.length), [...cmd]);
});

Deno.test("the manifest's program answers its probes, and has the autoscaler's metric", async () => {
  const { entrypoint, cmd } = commands();
  const own = entrypoint.slice(entrypoint.findIndex((word) => word.endsWith("cli.ts")) + 1);
  const args = (at(`${CONTAINER}.args`) as string[]).slice(cmd.length);
  const here = new Map([["0.0.0.0", "127.0.0.1"], ["8080", "0"]]);
  const flags = [...own, ...args].map((word) => here.get(word) ?? word);
  await using program = new Program(["examples/hello.ts", ...flags]);
  const address = await program.address();
  for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
    const response = await fetch(
      new URL(String(at(`${CONTAINER}.${probe}.httpGet.path`)), address),
    );
    assertEquals([probe, response.status], [probe, 200]);
    await response.body?.cancel();
  }
  const metrics = await (await fetch(new URL("/metrics", address))).text();
  const name = String(at("HorizontalPodAutoscaler.spec.metrics.0.pods.metric.name"));
  assert(new RegExp(`^${name} \\d`, "m").test(metrics), `No ${name}`);
});

/** What the compiler says about objects as literals, in which it refuses fields that a type does not have. */
async function typeErrors(objects: readonly Manifest[]): Promise<string> {
  const folder = await Deno.makeTempDir();
  const lines = objects.map((object, index) => {
    const { apiVersion, kind } = object;
    return `import type { I${kind} as T${index} } from "${MODELS}/${apiVersion}/${kind}";\n` +
      `export const o${index}: T${index} = ${JSON.stringify(object)};\n`;
  });
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, "{}");
    await Deno.writeTextFile(`${folder}/manifest.ts`, lines.join(""));
    const args = ["check", "--quiet", "--no-lock", `${folder}/manifest.ts`];
    const { code, stderr } = await run(Deno.execPath(), args, { ms: 60_000 });
    return code === 0 ? "" : stderr;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
