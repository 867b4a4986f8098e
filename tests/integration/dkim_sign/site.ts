/** A mail server whose mail is signed: keys, the executable, and who verifies. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { latin1Text } from "../../../lib/message/text.ts";
import { KeysFolder, newPem } from "../../dkim_sign/key_files.ts";
import { newFolder, writeShared } from "../../support/instance.ts";
import { Milterkit } from "../../support/milterkit.ts";
import type { NextHop } from "../../support/next_hop.ts";
import { freePorts } from "../../support/ports.ts";
import { at } from "../../support/present.ts";
import { SmtpClient } from "../../support/smtp_client.ts";
import { signaturesOf, Verifiers } from "./verifiers.ts";

/** The canonicalizations, a listener each. */
export const FORMS = ["relaxed/relaxed", "simple/simple", "relaxed/simple", "simple/relaxed"] as const;

/** The domain with keys. */
export const DOMAIN = "example.test";

/** Sendmail's mailer for SMTP, which has `L=990`; the one with which the private server usually relays takes longer lines. */
export const AS_DELIVERED: string[] = [
  "define(`SMART_HOST', `esmtp:[127.0.0.1]')dnl",
  "define(`ESMTP_MAILER_ARGS', defn(`RELAY_MAILER_ARGS'))dnl",
];

/** A table of options of `dkim-sign`, as lines of the configuration file. */
export type FilterLines = readonly string[];

/** Keys, the executable with a listener for each table of options, and the verifiers. */
export class SigningSite {
  readonly keys: KeysFolder;
  readonly milterkit: Milterkit;
  readonly verifiers: Verifiers;
  readonly #folder: string;

  private constructor(keys: KeysFolder, milterkit: Milterkit, verifiers: Verifiers, folder: string) {
    this.keys = keys;
    this.milterkit = milterkit;
    this.verifiers = verifiers;
    this.#folder = folder;
  }

  /** Starts one with an RSA and an Ed25519 key of {@linkcode DOMAIN}. */
  static async start(tables: readonly FilterLines[]): Promise<SigningSite> {
    const keys = new KeysFolder();
    const records: Record<string, string> = {};
    for (const type of ["rsa", "ed25519"] as const) {
      const pem = newPem(type);
      keys.write(`${DOMAIN}/${type}.pem`, pem);
      records[`${type}._domainkey.${DOMAIN}`] = dkimKeyRecord(parseDkimPrivateKey(pem));
    }
    const folder = newFolder("milterkit-dkim-sign-");
    const ports = await freePorts(tables.length);
    const listeners = tables.map((lines, i) =>
      [
        "[[listener]]",
        `listen = "inet:${at(ports, i)}@127.0.0.1"`,
        "[[listener.filter]]",
        'name = "dkim-sign"',
        `keys = "${keys.path}"`,
        ...lines,
      ].join("\n")
    );
    const config = join(folder, "milterkit.toml");
    writeShared(config, ['log-format = "json"', "workers = 1", ...listeners].join("\n") + "\n");
    const milterkit = await Milterkit.start(["serve", "--config", config], { addresses: tables.length });
    return new SigningSite(keys, milterkit, new Verifiers(records), folder);
  }

  /** Where the listeners listen. */
  get addresses(): readonly string[] {
    return this.milterkit.addresses;
  }

  /** What the log says of the message for a recipient: the remarks of the filter. */
  async remarkFor(recipient: string): Promise<string> {
    const isOf = (record: Record<string, unknown>) =>
      record.type === "message" && (record.recipients as string[]).includes(recipient);
    const [record] = await this.milterkit.waitForRecords(isOf);
    const notes = (record?.notes ?? []) as { readonly remark?: string }[];
    return notes.flatMap(({ remark }) => remark ?? []).join("; ");
  }

  /** Asserts that a delivered message is signed by both keys, the RSA key on top, and that all verifiers agree. */
  async assertSigned(message: string, what: string): Promise<void> {
    assert.deepEqual(
      signaturesOf(message),
      [
        { domain: DOMAIN, selector: "rsa", algorithm: "rsa-sha256" },
        { domain: DOMAIN, selector: "ed25519", algorithm: "ed25519-sha256" },
      ],
      what,
    );
    await this.verifiers.check(message, what);
  }

  async stop(): Promise<void> {
    this.verifiers.stop();
    await this.milterkit.stop();
    this.keys[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What the next hop received for a recipient. */
export async function deliveredTo(nextHop: NextHop, recipient: string): Promise<string> {
  const found = await nextHop.waitForMessage(({ rcpts }) =>
    rcpts.some((each) => each.includes(`<${recipient}>`))
  );
  return latin1Text(found.data);
}

/** A connection on which EHLO was said, from an address in 127/8. */
export async function connected(port: number, localAddress = "127.0.0.1"): Promise<SmtpClient> {
  const client = await SmtpClient.connect(port, { localAddress });
  await client.ehlo();
  return client;
}
