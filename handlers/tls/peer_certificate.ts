/**
 * A client's certificate as a handler sees it, read from its DER with `@peculiar/asn1-x509`. The texts that
 * the runtime makes of one (`subjectaltname`) are no use: a name with a comma in it can pass for two there
 * (Deno 2.9.6). Loaded for servers alone that ask for certificates.
 *
 * @module
 */

import process from "node:process";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  Certificate as X509,
  type GeneralName,
  id_ce_subjectAltName,
  type Name,
  SubjectAlternativeName,
} from "@peculiar/asn1-x509";
import type {
  Bytes,
  CertificateName,
  ClientCertificate,
  SubjectAttribute,
} from "../../reactor/ports.ts";

/** The attributes of a name by what they are usually called (RFC 4514 §3); others keep their number. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/** One certificate with the chain that came with it; nothing is read before it is asked for. */
export class PeerCertificate implements ClientCertificate {
  readonly chain: readonly Bytes[];
  #parsed: X509["tbsCertificate"] | null = null;

  /** `chain`: at least the client's own certificate. */
  constructor(chain: readonly Bytes[]) {
    this.chain = chain;
  }

  get subject(): readonly SubjectAttribute[] {
    return attributesOf(this.#content.subject);
  }

  get issuer(): readonly SubjectAttribute[] {
    return attributesOf(this.#content.issuer);
  }

  get alternativeNames(): readonly CertificateName[] {
    const extension = this.#content.extensions?.find(({ extnID }) =>
      extnID === id_ce_subjectAltName
    );
    if (extension === undefined) return [];
    const names = AsnConvert.parse(extension.extnValue, SubjectAlternativeName);
    return [...names].flatMap((name) => nameOf(name) ?? []);
  }

  get serialNumber(): string {
    return hexOf(new Uint8Array(this.#content.serialNumber));
  }

  get validFrom(): Date {
    return this.#content.validity.notBefore.getTime();
  }

  get validTo(): Date {
    return this.#content.validity.notAfter.getTime();
  }

  get fingerprint(): string {
    const { createHash } = process.getBuiltinModule("node:crypto");
    return hexOf(createHash("sha256").update(this.chain[0]!).digest(), ":");
  }

  get #content(): X509["tbsCertificate"] {
    return this.#parsed ??= AsnConvert.parse(this.chain[0]!, X509).tbsCertificate;
  }
}

function attributesOf(name: Name): SubjectAttribute[] {
  return [...name].flatMap((set) => [...set]).map(({ type, value }) => ({
    type: ATTRIBUTES[type] ?? type,
    value: value.toString(),
  }));
}

function nameOf(name: GeneralName): CertificateName | null {
  if (name.dNSName !== undefined) return { type: "dns", value: name.dNSName };
  if (name.rfc822Name !== undefined) return { type: "email", value: name.rfc822Name };
  if (name.uniformResourceIdentifier !== undefined) {
    return { type: "uri", value: name.uniformResourceIdentifier };
  }
  return name.iPAddress === undefined ? null : { type: "ip", value: name.iPAddress };
}

function hexOf(bytes: Uint8Array, between = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(between)
    .toUpperCase();
}
