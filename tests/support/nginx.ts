/**
 * nginx in front of a server, on a free port of the loopback address.
 *
 * @module
 */

import { ProxyProcess } from "./proxy_process.ts";

/** Starts it with what `configure` gives for its own port, as the content of `http`. */
export function startNginxWith(configure: (own: number) => string): Promise<ProxyProcess> {
  return ProxyProcess.start({
    program: "nginx",
    configure: (own, folder) => nginxConfiguration(folder, configure(own)),
    args: (file, folder) => ["-p", folder, "-c", file],
  });
}

/** A whole configuration that needs nothing outside of `folder`; `http` is the content of that block. */
export function nginxConfiguration(folder: string, http: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/temp;`).join("\n");
  return `daemon off;
master_process off;
pid ${folder}/pid;
error_log /dev/null crit;
events { worker_connections 1024; }
http {
  access_log off;
${temporary}
${http}
}
`;
}
