/**
 * nginx as a proxy in front of Weir, on a socket in a folder of its own. It gives each request a name, and
 * tells the server and the client which: so each side can tell whose request and answer it has.
 *
 * @module
 */

import { nginxConfiguration } from "../support/nginx.ts";
import { until } from "../support/time.ts";

/** A running nginx. */
export class Nginx implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts it in front of the server on `port`. */
  static async start(port: number): Promise<Nginx> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/nginx.conf`, configuration(folder, port));
    const args = ["-p", folder, "-c", `${folder}/nginx.conf`];
    const child = new Deno.Command("nginx", {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    const nginx = new Nginx(child.spawn(), folder);
    await until(() => nginx.#listens(), "nginx to listen");
    return nginx;
  }

  connect(): Promise<Deno.UnixConn> {
    return Deno.connect({ transport: "unix", path: socketIn(this.#folder) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }

  #listens(): boolean {
    try {
      return Deno.statSync(socketIn(this.#folder)).isSocket === true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}

function socketIn(folder: string): string {
  return `${folder}/socket`;
}

function configuration(folder: string, port: number): string {
  return nginxConfiguration(
    folder,
    `  upstream weir {
    server 127.0.0.1:${port};
    keepalive 4;
  }
  server {
    listen unix:${socketIn(folder)};
    client_max_body_size 0;
    add_header x-asked $request_id always;
    location / {
      proxy_pass http://weir;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_next_upstream off;
      proxy_ignore_client_abort on;
      proxy_set_header Connection "";
      proxy_set_header Host h;
      proxy_set_header X-Asked $request_id;
      proxy_set_header X-Method $request_method;
      proxy_set_header X-Uri $request_uri;
    }
  }`,
  );
}
