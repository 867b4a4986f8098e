// Parts that programs of others have signed or encrypted, and what these say of them later: openssl, GnuPG, and DKIM's.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Part } from "../../../lib/mime/part.ts";
import { latin1Bytes, latin1Text } from "../../../lib/protocol/text.ts";
import { Peer, peerProblem } from "../../auth/peer.ts";
import { rsaKey } from "../../auth/dkim/support.ts";
import { type Argv, findCommand, run } from "../../support/process.ts";

/** Why seals cannot be made, or undefined if they can. */
export function sealsProblem(): string | undefined {
  const missing = ["openssl", "gpg", "gpgconf", "dkimsign"].filter((name) => !findCommand(name));
  if (missing.length > 0) return `needs ${missing.join(", ")} (Debian: openssl, gpg, python3-dkim)`;
  return peerProblem("dkimpy");
}

const TEXT =
  "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGeheim f\xc3\xbcr alle  \r\n";

/** Keys, and what is signed with them. */
export class Seals {
  readonly #folder = mkdtempSync(join(tmpdir(), "milterkit-seals-"));
  readonly #dkim = rsaKey();
  readonly #dkimpy = new Peer("dkimpy");
  /** A part that S/MIME signs, each with its own header. */
  smimeSigned = "";
  /** A part that S/MIME encrypts. */
  smimeEncrypted = "";
  /** A part that PGP/MIME signs. */
  pgpSigned = "";
  /** A message with a DKIM signature. */
  dkimSigned = "";

  /** Makes keys, and signs. */
  static async make(): Promise<Seals> {
    const seals = new Seals();
    await seals.#smime();
    await seals.#pgp();
    await seals.#signDkim();
    return seals;
  }

  /** A message with all of them, and a text before, between and after. */
  message(...header: string[]): Uint8Array {
    const parts = [
      "\r\nHello\r\n",
      `Content-Type: message/rfc822\r\n\r\n${this.dkimSigned}`,
      this.smimeSigned,
      "Content-Type: application/x-msdownload; name=x.exe\r\n\r\nMZ",
      this.pgpSigned,
      this.smimeEncrypted,
      "\r\nBye",
    ];
    return latin1Bytes([
      ...header,
      "MIME-Version: 1.0",
      "Content-Type: multipart/mixed; boundary=outermost",
      "",
      ...parts.flatMap((part) => ["--outermost", part]),
      "--outermost--",
      "",
    ].join("\r\n"));
  }

  /** Asserts that every seal of a message holds: of {@linkcode Seals.message}, after it was changed. */
  async check(root: Part): Promise<void> {
    const children = root.children;
    const inner = children.find(({ type }) => type === "message/rfc822")!;
    const record = { "sel._domainkey.example.org": this.#dkim.record };
    const { passed, detail } = await this.#dkimpy.verify(latin1Text(await inner.bytes()), record);
    assert.ok(passed, `DKIM of the message inside: ${detail}`);
    const [smime, pgp] = children.filter(({ type }) => type === "multipart/signed");
    await this.checkSmime(smime!);
    await this.#checkPgp(pgp!);
    const encrypted = children.find(({ type }) => type.endsWith("pkcs7-mime"))!;
    const decrypt = ["openssl", "smime", "-decrypt", "-recip", "cert.pem", "-inkey", "key.pem"] as const;
    assert.match(await this.#run(decrypt, await whole(encrypted)), /Geheim f/);
  }

  /** Asserts that the S/MIME signature of a part holds. */
  async checkSmime(part: Part): Promise<void> {
    await this.#run(
      ["openssl", "smime", "-verify", "-CAfile", "cert.pem", "-out", "verified"],
      await whole(part),
    );
  }

  /** Removes keys, and ends what was started. */
  async remove(): Promise<void> {
    this.#dkimpy.stop();
    await this.#run(["gpgconf", "--homedir", this.#folder, "--kill", "all"]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #smime(): Promise<void> {
    await this.#run([
      ...[
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
      ] as const,
      ...["-subj", "/CN=ann@example.org", "-days", "2", "-addext", "extendedKeyUsage=emailProtection"],
    ]);
    const sign: Argv = ["openssl", "smime", "-sign", "-signer", "cert.pem", "-inkey", "key.pem"];
    this.smimeSigned = await this.#run(sign, latin1Bytes(TEXT));
    this.smimeEncrypted = await this.#run(
      ["openssl", "smime", "-encrypt", "-aes128", "cert.pem"],
      latin1Bytes(TEXT),
    );
  }

  async #pgp(): Promise<void> {
    const gpg: Argv = ["gpg", "--homedir", this.#folder, "--batch", "--quiet", "--no-tty"];
    await this.#run([
      ...gpg,
      "--passphrase",
      "",
      "--quick-gen-key",
      "ann@example.org",
      "ed25519",
      "sign",
      "never",
    ]);
    const signature = await this.#run([...gpg, "--armor", "--detach-sign"], latin1Bytes(TEXT));
    this.pgpSigned = [
      'Content-Type: multipart/signed; micalg=pgp-sha512; protocol="application/pgp-signature"; boundary=pgp',
      "",
      "--pgp",
      TEXT,
      "--pgp",
      "Content-Type: application/pgp-signature",
      "",
      signature,
      "--pgp--",
      "",
    ].join("\r\n");
  }

  async #checkPgp(part: Part): Promise<void> {
    const [signed, signature] = part.children;
    const data = join(this.#folder, "data");
    writeFileSync(data, await whole(signed!));
    await this.#run(
      ["gpg", "--homedir", this.#folder, "--batch", "--no-tty", "--verify", "-", data],
      await signature!.bytes(),
    );
  }

  async #signDkim(): Promise<void> {
    const message = `From: ann@example.org\r\nSubject: inside\r\n${TEXT}`;
    const pem = join(this.#folder, "dkim.pem");
    writeFileSync(pem, this.#dkim.privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
    this.dkimSigned = await this.#run([
      "dkimsign",
      "--hcanon",
      "simple",
      "--bcanon",
      "simple",
      "sel",
      "example.org",
      pem,
    ], latin1Bytes(message));
  }

  /** Runs a program, and returns its output, a character a byte, with CRLF line ends. */
  async #run(argv: Argv, input: Uint8Array = new Uint8Array(0)): Promise<string> {
    const [program, ...args] = argv;
    const path = findCommand(program)!;
    const { code, stdout, stderr } = await run([
      "bash",
      "-c",
      'set -o pipefail; "$@" | base64',
      "run",
      path,
      ...args,
    ], { input, cwd: this.#folder });
    assert.equal(code, 0, `${argv.join(" ")}: ${stderr}`);
    return latin1Text(Buffer.from(stdout, "base64")).replace(/\r?\n/g, "\r\n");
  }
}

/** The bytes of a part with its header. */
async function whole(part: Part): Promise<Uint8Array> {
  const header = [...part.headers].map((field) => `${field.name}: ${latin1Text(field.valueBytes)}\r\n`).join(
    "",
  );
  const pieces = [latin1Bytes(`${header}\r\n`)];
  for await (const piece of part.raw()) pieces.push(piece);
  return Buffer.concat(pieces);
}
