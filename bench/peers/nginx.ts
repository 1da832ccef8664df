/**
 * Peer: the configuration of nginx, one worker, as close to the app as nginx comes by itself.
 *
 * @module
 */

import { GREETING } from "../app_values.mjs";

/** Gives the text of a configuration that needs nothing outside `folder`. */
export function nginxConfig(options: {
  readonly port: number;
  /** Holds `page.html` and `64k`, and takes temporary files. */
  readonly folder: string;
  /** Workers must be able to read the folder: as root they stay root. */
  readonly asRoot: boolean;
  /** The most connections at once. */
  readonly connections: number;
}): string {
  const { port, folder, asRoot, connections } = options;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/nginx-temp;`).join("\n");
  return `daemon off;
${asRoot ? "user root;\n" : ""}worker_processes 1;
pid ${folder}/nginx-${port}.pid;
error_log stderr error;
events { worker_connections ${connections}; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  sendfile on;
${temporary}
  types { text/html html; }
  default_type text/plain;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    root ${folder};
    location = / { return 200 "${GREETING.replace("\r\n", "\\r\\n")}"; }
    location = /json {
      default_type application/json;
      return 200 '{"path":"$uri","name":"$arg_name","language":"$http_accept_language","id":"$http_x_request_id"}';
    }
  }
}
`;
}
