/**
 * Certificates for tests of TLS, made by openssl and valid for a day: an authority, and whom it vouches for.
 *
 * @module
 */

import type { Certificate } from "../../handlers/tls/tls_options.ts";
import { assert } from "../support/assert.ts";

/** A certificate and its key, as texts and as the paths of their files. */
export interface Made extends Certificate {
  readonly certPath: string;
  readonly keyPath: string;
}

/** What a certificate is made of. */
export interface MadeOf {
  /** The common name. */
  readonly name: string;
  /** The alternative names as openssl has them: `DNS:a.test`, in a row. */
  readonly alternatives?: readonly string[];
  /** Whether it may issue others. */
  readonly authority?: boolean;
  /** Who issues it; itself if there is nobody. */
  readonly issuer?: Made;
  /** The first and the last day, as openssl has them; today and tomorrow if there are none. */
  readonly days?: readonly [from: string, to: string];
  /** @default {"clientAuth,serverAuth"} */
  readonly usage?: string;
}

/** A folder of certificates, which is removed at the end. */
export class Office implements AsyncDisposable {
  readonly folder: string;
  #count = 0;

  constructor() {
    this.folder = Deno.makeTempDirSync();
  }

  /** Makes a certificate. */
  async make(
    { name, alternatives = [], authority, issuer, days, usage = "clientAuth,serverAuth" }: MadeOf,
  ): Promise<Made> {
    const stem = `${this.folder}/${++this.#count}`;
    const [certPath, keyPath, config] = [`${stem}.cert.pem`, `${stem}.key.pem`, `${stem}.cnf`];
    const names = alternatives.map((each, index) => each.replace(":", `.${index + 1} = `));
    await Deno.writeTextFile(
      config,
      [
        "[req]\ndistinguished_name = dn\nx509_extensions = ext\nprompt = no",
        `[dn]\nCN = ${name}`,
        `[ext]\nbasicConstraints = critical,CA:${authority ? "TRUE" : "FALSE"}`,
        ...authority ? [] : [`extendedKeyUsage = ${usage}`],
        ...names.length > 0 ? ["subjectAltName = @names\n[names]", ...names] : [],
      ].join("\n"),
    );
    const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    args.push("-nodes", "-config", config, "-keyout", keyPath, "-out", certPath, "-days", "1");
    if (issuer !== undefined) args.push("-CA", issuer.certPath, "-CAkey", issuer.keyPath);
    await openssl(args);
    if (days !== undefined) await this.#resign({ certPath, keyPath, config, issuer }, days);
    return {
      certPath,
      keyPath,
      cert: await Deno.readTextFile(certPath),
      key: await Deno.readTextFile(keyPath),
    };
  }

  /** Puts other dates into a certificate: `openssl req` knows none. */
  async #resign(
    { certPath, keyPath, config, issuer }: {
      certPath: string;
      keyPath: string;
      config: string;
      issuer: Made | undefined;
    },
    [from, to]: readonly [string, string],
  ): Promise<void> {
    const database = `${certPath}.db`;
    await Deno.writeTextFile(`${database}`, "");
    await Deno.writeTextFile(
      `${config}.ca`,
      [
        `[ca]\ndefault_ca = own\n[own]\ndatabase = ${database}\nnew_certs_dir = ${this.folder}`,
        "rand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no",
        "[any]\ncommonName = supplied",
      ].join("\n"),
    );
    const request = `${certPath}.csr`;
    await openssl(["req", "-new", "-key", keyPath, "-config", config, "-out", request]);
    const [ca, caKey] = issuer === undefined
      ? [certPath, keyPath]
      : [issuer.certPath, issuer.keyPath];
    await openssl([
      ...["ca", "-batch", "-notext", "-config", `${config}.ca`, "-cert", ca, "-keyfile", caKey],
      ...["-extfile", config, "-extensions", "ext", "-startdate", from, "-enddate", to],
      ...["-in", request, "-out", certPath],
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function openssl(args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args }).output();
  assert(success, new TextDecoder().decode(stderr));
}
