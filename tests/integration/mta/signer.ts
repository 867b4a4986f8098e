/** Messages signed on the spot, by dkimpy where it is installed: by code that is not ours. */
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatMessage, parseMessage, rsaKey, signMessage } from "../../auth/dkim/support.ts";
import { skipFor } from "../../support/instance.ts";
import { findCommand, run } from "../../support/process.ts";
import { latin1Bytes, latin1Text } from "./text.ts";

const SELECTOR = "sel";
const DOMAIN = "example.org";

const key = rsaKey();
const dkimpy = findCommand("dkimsign");
if (!dkimpy) skipFor("needs dkimsign (Debian: python3-dkim); the tests' own signer stands in for it");

/** Whose signatures these are. */
export const signerName: string = dkimpy ? "dkimpy" : "our own tests";

/** The text of a file for --dns-records with the public key. */
export function dnsRecords(): string {
  return `${SELECTOR}._domainkey.${DOMAIN} "${key.record.replace(/.{200}/g, '$&" "')}"\n`;
}

/** The message with a signature of example.org on top. */
export async function signed(message: string): Promise<string> {
  if (!dkimpy) return formatMessage(signMessage(parseMessage(message), { key }));
  const folder = mkdtempSync(join(tmpdir(), "milterkit-signer-"));
  try {
    const keyFile = join(folder, "key.pem");
    writeFileSync(keyFile, key.privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
    const { code, stdout, stderr } = await run(
      // what run() gives back is UTF-8
      ["sh", "-c", '"$@" | base64', "sign", dkimpy, "--hcanon", "relaxed", SELECTOR, DOMAIN, keyFile],
      { input: latin1Bytes(message) },
    );
    if (code !== 0 || stderr !== "") throw new Error(`dkimsign: ${stderr}`);
    return latin1Text(new Uint8Array(Buffer.from(stdout, "base64")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
