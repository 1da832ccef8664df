/**
 * What runs in a worker's thread, whatever its app is: it loads the app, listens when it is told to, says
 * that it is alive, and ends.
 *
 * @module
 */

import { denoPorts } from "../../reactor/deno_ports.ts";
import type { Phase } from "../../reactor/states.ts";
import type { ShutdownReport } from "../../reactor/reactor.ts";
import type { Server } from "../serve.ts";
import { closeConnection } from "../status/close_connection.ts";
import type { Sample } from "../status/sample.ts";
import type { Sampler } from "../status/sampler.ts";
import type { Measured } from "../metrics/measured.ts";
import { toWire } from "../workers/wire_error.ts";
import { Channel } from "./channel.ts";
import { ALIVE_EVERY_MS } from "./supervisor.ts";
import type { AppFacts, AskedSupervisor, AskedWorker, ToldByWorker, ToldWorker } from "./words.ts";
import type { MetricValues } from "../metrics/aggregate.ts";

/** The worker's end of the way to the supervisor. */
export type SupervisorChannel = Channel<ToldByWorker, AskedSupervisor, ToldWorker, AskedWorker>;

/** An app that is loaded, and ready to listen. */
export interface WorkerApp {
  readonly facts: AppFacts;
  /** Listens, where it names no port on its own; `force` closes everything when it is aborted. */
  listen(port: number | null, force: AbortSignal): Server<Deno.NetAddr>;
  /** Begins to watch the server, which is seen as `view` where its phase matters to others. */
  watch(server: Server<Deno.NetAddr>, view: Measured): void;
  /** Its metrics; `null` where it is not measured. */
  metrics(): Promise<MetricValues | null>;
  /** Resolves when all that it has to say is told. */
  end(): Promise<void>;
}

/** Loads an app. */
export type LoadApp = (channel: SupervisorChannel) => Promise<WorkerApp>;

/** Runs a worker to its end. */
export async function runWorker(port: MessagePort, load: LoadApp): Promise<void> {
  const worker = new Worker(port);
  await worker.run(load);
}

class Worker {
  readonly #port: MessagePort;
  readonly #channel: SupervisorChannel;
  readonly #force = new AbortController();
  readonly #stopAlive: () => void;
  #app: WorkerApp | null = null;
  #server: Server<Deno.NetAddr> | null = null;
  #report: Promise<ShutdownReport> | null = null;
  #sampler: Sampler | null = null;
  #isWatched = false;
  /** Whether all workers end, and not this one alone. */
  #isLeaving = false;

  constructor(port: MessagePort) {
    this.#port = port;
    this.#channel = new Channel<ToldByWorker, AskedSupervisor, ToldWorker, AskedWorker>({
      post: (message) => port.postMessage(message),
      hear: {
        listen: ({ port }) => this.#listen(port),
        shutdown: ({ times, leaving }) => {
          this.#isLeaving = leaving;
          this.#report = this.#server?.shutdown(times) ?? null;
        },
        force: () => this.#force.abort(),
        watch: ({ on }) => void this.#watch(on),
        close: ({ id, cut }) => void closeConnection(this.#server?.connections ?? [], id, { cut }),
      },
      answer: {
        metrics: async () => await this.#app?.metrics() ?? null,
        sample: () => this.#sample(),
      },
    });
    port.onmessage = ({ data }) => this.#channel.receive(data);
    const { clock } = denoPorts();
    this.#stopAlive = clock.every(ALIVE_EVERY_MS, () => this.#channel.tell("alive", null));
    // An error that nobody caught would end the thread, and all requests in it.
    addEventListener("unhandledrejection", (event) => this.#crash(event, event.reason));
    addEventListener("error", (event) => this.#crash(event, event.error));
  }

  async run(load: LoadApp): Promise<void> {
    try {
      this.#app = await load(this.#channel);
      this.#channel.tell("loaded", this.#app.facts);
    } catch (error) {
      this.#channel.tell("failed", { error: toWire(error) });
    }
  }

  #listen(port: number | null): void {
    const app = this.#app!;
    try {
      const server = app.listen(port, this.#force.signal);
      this.#server = server;
      app.watch(server, this.#viewOf(server));
      // It may have been asked for while the app was loading.
      if (this.#isWatched) void this.#watch(true);
      this.#channel.tell("listening", { addr: server.addr, options: server.options });
      void this.#end(app, server);
    } catch (error) {
      this.#channel.tell("failed", { error: toWire(error) });
    }
  }

  async #end(app: WorkerApp, server: Server<Deno.NetAddr>): Promise<void> {
    await server.finished;
    const report = await this.#report;
    await app.end();
    this.#channel.tell("ended", { report, metrics: await app.metrics() });
    this.#stopAlive();
    this.#port.close();
  }

  /** For the status page; its code is loaded when somebody looks at it. */
  async #watch(on: boolean): Promise<void> {
    this.#sampler?.stop();
    this.#sampler = null;
    this.#isWatched = on;
    if (!on) return;
    const { Sampler } = await import("../status/sampler.ts");
    if (!this.#isWatched || this.#sampler !== null || this.#server === null) return;
    this.#sampler = new Sampler(this.#server);
  }

  async #sample(): Promise<Sample> {
    if (this.#sampler !== null) return this.#sampler.take();
    const { NOTHING } = await import("../status/sample.ts");
    return NOTHING;
  }

  /** While others take over, load balancers need not know that this worker ends. */
  #viewOf(server: Server): Measured {
    const phase = (): Phase =>
      this.#isLeaving || server.phase === "ended" ? server.phase : "serving";
    return {
      get phase() {
        return phase();
      },
      connections: server.connections,
      queue: server.queue,
      observe: (observer) => server.observe(observer),
    };
  }

  #crash(event: Event, error: unknown): void {
    event.preventDefault();
    this.#channel.tell("crashed", { error: toWire(error) });
  }
}
