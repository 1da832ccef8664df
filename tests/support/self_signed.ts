/**
 * Certificates for tests of TLS, made by openssl.
 *
 * @module
 */

import { assert } from "./assert.ts";

/** A certificate for 127.0.0.1 and its key, as the paths of two files. */
export async function selfSigned(folder: string): Promise<[cert: string, key: string]> {
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"];
  args.push("-subj", "/CN=weir", "-addext", "subjectAltName=IP:127.0.0.1");
  args.push("-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", cert);
  const { success, stderr } = await new Deno.Command("openssl", { args }).output();
  assert(success, new TextDecoder().decode(stderr));
  return [cert, key];
}
