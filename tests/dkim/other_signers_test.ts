// Messages signed on the spot by other implementations, where the machine has them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Canonicalization } from "../../filters/dkim/signature.ts";
import {
  bytes,
  ed25519Key,
  formatMessage,
  type Message,
  parseMessage,
  resolverOf,
  rsaKey,
  verifyMessage,
  withHeader,
} from "./support.ts";

const rsa = rsaKey();
const ed25519 = ed25519Key();
const folder = mkdtempSync(join(tmpdir(), "dkim-signers-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const rsaFile = join(folder, "rsa.pem");
writeFileSync(rsaFile, rsa.privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
const ed25519File = join(folder, "ed25519.key");
const seed = Buffer.from(ed25519.privateKey.export({ format: "jwk" }).d ?? "", "base64url");
writeFileSync(ed25519File, seed.toString("base64"), { mode: 0o600 });

// Without a lone CR or LF in the body: the other implementations read those as line ends.
const MESSAGE: Message = {
  headers: [
    ["Received", " from a.example by b.example;\r\n\tMon, 6 Oct 2025 10:00:00 +0000"],
    ["From", " Someone  <someone@example.org>"],
    ["To", " \tother@example.com"],
    ["Subject", " a  folded \r\n\t subject caf\xe9 \t"],
    ["Date", " Mon, 6 Oct 2025 10:00:00 +0000"],
    ["Message-ID", " <1@example.org>"],
  ],
  body: "First  line \t\r\n\r\n \t two\t\ttabs\r\ncaf\xe9\r\n.\r\n \r\n\r\n\r\n",
};

interface Signer {
  readonly name: string;
  readonly program: string;
  readonly needs: string;
  readonly key: typeof rsa;
  readonly args: (header: Canonicalization, body: Canonicalization) => readonly string[];
}

const script = (name: string) => fileURLToPath(new URL(`./signers/${name}`, import.meta.url));
const COMMON = ["sel", "example.org"];
const signers: readonly Signer[] = [
  {
    name: "dkimpy rsa-sha256",
    program: "/usr/bin/dkimsign",
    needs: "python3-dkim",
    key: rsa,
    args: (header, body) => ["--hcanon", header, "--bcanon", body, ...COMMON, rsaFile],
  },
  {
    name: "dkimpy ed25519-sha256",
    program: "/usr/bin/dkimsign",
    needs: "python3-dkim and python3-nacl",
    key: ed25519,
    args: (
      header,
      body,
    ) => ["--hcanon", header, "--bcanon", body, "--signalg", "ed25519-sha256", ...COMMON, ed25519File],
  },
  {
    name: "Mail::DKIM rsa-sha256",
    program: "/usr/bin/perl",
    needs: "libmail-dkim-perl",
    key: rsa,
    args: (header, body) => [script("mail_dkim.pl"), header, body, ...COMMON, rsaFile],
  },
  {
    name: "libopendkim rsa-sha256",
    program: "/usr/bin/python3",
    needs: "python3 and libopendkim11",
    key: rsa,
    args: (header, body) => [script("libopendkim.py"), header, body, ...COMMON, rsaFile],
  },
];

/** Gives the signed message, or undefined where the signer is not installed. */
function signWith(signer: Signer, header: Canonicalization, body: Canonicalization): Message | undefined {
  if (!existsSync(signer.program)) return undefined;
  const input = bytes(formatMessage(MESSAGE));
  const { status, stdout, stderr } = spawnSync(signer.program, [...signer.args(header, body)], { input });
  if (status === 77 || /No module named|requires|Unable to import/i.test(stderr.toString())) return undefined;
  assert.equal(status, 0, stderr.toString());
  return parseMessage(stdout.toString("latin1"));
}

for (const signer of signers) {
  const missing = signWith(signer, "simple", "simple") === undefined;
  const skip = missing ? `needs ${signer.needs}` : false;
  for (const header of ["simple", "relaxed"] as const) {
    for (const body of ["simple", "relaxed"] as const) {
      test(`signed by ${signer.name}, ${header}/${body}`, { skip }, async () => {
        const signed = signWith(signer, header, body);
        assert.ok(signed !== undefined);
        const resolver = resolverOf({ "sel._domainkey.example.org": signer.key.record });
        const verify = async (message: Message) =>
          (await verifyMessage(message, { resolver, now: () => Date.now() / 1000 }, 3))[0];
        const result = await verify(signed);
        assert.equal(result.status, "pass", result.reason);
        assert.equal((await verify({ ...signed, body: signed.body.replace("tw", "wt") })).status, "fail");
        assert.equal((await verify(withHeader(signed, "From", (value) => value + "x"))).status, "fail");
      });
    }
  }
}
