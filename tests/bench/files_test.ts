/** The files of the bench: each peer sends them as they are, with what it is given for that. */

import { CASES, sendsFiles, takesPart } from "../../bench/cases.ts";
import { launch } from "../../bench/launch.ts";
import { isRoot } from "../../bench/machine.ts";
import { type Peer, PEERS } from "../../bench/peers/catalog.ts";
import { installServeDir } from "../../bench/peers/serve_dir.ts";
import { findFault } from "../../bench/probe.ts";
import { ROUTES } from "../../bench/routes.ts";
import { createSite, type Site } from "../../bench/site.ts";
import { assertEquals } from "../support/assert.ts";
import { isInstalled } from "../support/programs.ts";

const FILE_CASES = CASES.filter(sendsFiles);

async function check(peer: Peer, site: Site): Promise<void> {
  const server = await launch(peer, { site, cores: null });
  try {
    for (const { route } of FILE_CASES) {
      assertEquals(await findFault(ROUTES[route], { port: server.port }), null, peer.title);
    }
  } finally {
    await server.stop();
  }
}

Deno.test("all peers that take part in the cases of files send them as they are", async () => {
  const parent = Deno.makeTempDirSync();
  const site = createSite(parent, { asRoot: await isRoot(), maxConnections: 100 });
  try {
    assertEquals(await installServeDir(site.folder), null);
    for (const peer of PEERS.filter((peer) => FILE_CASES.every((at) => takesPart(peer, at)))) {
      if (!isInstalled(peer.version[0]!)) throw new Error(`"${peer.version[0]}" is not installed`);
      await check(peer, site);
    }
  } finally {
    Deno.removeSync(parent, { recursive: true });
  }
});
