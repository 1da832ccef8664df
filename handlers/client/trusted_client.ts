/**
 * Who sent a request, behind proxies that are believed: the walk from the server back to the client, one hop
 * at a time. The socket's peer says who came to it, that one says who came to it, and so on, as long as
 * each is trusted. What an untrusted hop says is never read.
 *
 * @module
 */

import type { ClientOf, ClientRequest } from "../../reactor/exchange.ts";
import { clientByPeer } from "../../reactor/connection/client_by_peer.ts";
import { formatIp } from "../../reactor/proxy_protocol/ip_address.ts";
import type { Client } from "../../reactor/request_head.ts";
import { forwardedHops } from "./forwarded.ts";
import type { Hop } from "./hop.ts";
import { hopEndOf, type Trust } from "./trust.ts";
import { xForwardedHops } from "./x_forwarded.ts";

/** The fields in which proxies say who came to them: X-Forwarded-For, -Proto and -Host, or Forwarded. */
export type ForwardedFields = "x-forwarded" | "forwarded";

/** Finds the client of a request by the fields that trusted proxies added. */
export function trustedClient(trust: Trust, fields: ForwardedFields): ClientOf {
  return (request) => {
    const peer = clientByPeer(request);
    return trust(hopEndOf(request.remoteAddr), 0)
      ? walked(peer, hopsOf(request, fields), trust)
      : peer;
  };
}

function hopsOf({ head }: ClientRequest, fields: ForwardedFields): Iterable<Hop> {
  if (fields === "forwarded") return forwardedHops(head.header("forwarded") ?? "");
  return xForwardedHops({
    addresses: head.header("x-forwarded-for"),
    protocols: head.header("x-forwarded-proto"),
    hosts: head.header("x-forwarded-host"),
  });
}

/** Follows the hops to the first that is not trusted, or that nobody knows. */
function walked(peer: Client, hops: Iterable<Hop>, trust: Trust): Client {
  let client = peer;
  let distance = 0;
  for (const { from, protocol, host } of hops) {
    client = {
      address: from === null ? client.address : formatIp(from.ip),
      port: from === null ? client.port : from.port,
      protocol: protocol ?? peer.protocol,
      host: host ?? peer.host,
    };
    distance++;
    if (from === null || !trust(from.ip, distance)) break;
  }
  return client;
}
