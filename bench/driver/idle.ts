/**
 * The driver's idle connections: each makes one request, as a keep-alive client does, and then waits.
 *
 * @module
 */

import { batchOf, Client } from "./client.ts";
import { openClients } from "./load.ts";
import type { DriverMessage, DriverPlan } from "./protocol.ts";

type IdlePlan = Extract<DriverPlan, { kind: "idle" }>;

/** Opens the connections and reports how many there are; they stay until the process is ended. */
export async function runIdle(
  plan: IdlePlan,
  tell: (message: DriverMessage) => void,
): Promise<void> {
  const clients = await openClients(plan.connections, () => openIdle(plan));
  const opened = clients.filter((client) => !client.lost && client.good === 1).length;
  tell({ kind: "idle", opened, failed: plan.connections - opened });
}

/** Resolves when the connection has its answer, or is lost. */
function openIdle(plan: IdlePlan): Promise<Client> {
  return new Promise((resolve) => {
    Client.open({
      port: plan.port,
      batch: batchOf(plan.request, 1),
      depth: 1,
      bodyBytes: plan.bodyBytes,
      onBatch(client) {
        resolve(client);
        return false;
      },
    }).then((client) => client.lost ? resolve(client) : client.send());
  });
}
