/**
 * Before the first run: which programs are there, and which peers come up at all. A peer that is not
 * installed takes no part; one that does not start is tried once and then counts as failed everywhere.
 *
 * @module
 */

import { launch, StartFailure } from "./launch.ts";
import { versionOf } from "./machine.ts";
import type { PeerInfo } from "./model.ts";
import type { Peer } from "./peers/catalog.ts";
import type { Site } from "./site.ts";

/** What is known of a peer before it is measured. */
export interface Candidate {
  readonly peer: Peer;
  readonly info: PeerInfo;
  /** Why it does not start, or `null`. */
  readonly failure: string | null;
}

/** Looks at each peer in turn. */
export async function inspectPeers(peers: readonly Peer[], site: Site): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const peer of peers) candidates.push(await inspect(peer, site));
  return candidates;
}

async function inspect(peer: Peer, site: Site): Promise<Candidate> {
  const { id, title } = peer;
  const version = await versionOf(peer.version);
  if (version === null) {
    return { peer, failure: null, info: { id, title, version: "", absent: "not installed" } };
  }
  const info: PeerInfo = { id, title, version, absent: null };
  return { peer, info, failure: await tryStart(peer, site) };
}

async function tryStart(peer: Peer, site: Site): Promise<string | null> {
  try {
    const server = await launch(peer, { site, cores: null });
    await server.stop();
    return null;
  } catch (error) {
    if (error instanceof StartFailure) return error.message;
    throw error;
  }
}
