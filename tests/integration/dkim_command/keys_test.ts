// Keys of every wrong kind, keys that are made, and what a terminal shows meanwhile.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { findGroup } from "../../support/accounts.ts";
import { milterkitBinary } from "../../support/milterkit.ts";
import { run, SYSTEM_PATH } from "../../support/process.ts";
import { DOMAIN, MESSAGE, World } from "./world.ts";

const world = new World();
after(() => world.stop());

const message = world.file("message.eml", MESSAGE);
const pem = (key: KeyObject, type: "pkcs1" | "pkcs8" = "pkcs8") =>
  String(key.export({ type, format: "pem" }));
const ed25519 = generateKeyPairSync("ed25519").privateKey;
const rsa = (bits: number) => generateKeyPairSync("rsa", { modulusLength: bits });
const usual = rsa(2048);
const encrypted = { type: "pkcs8", format: "pem", cipher: "aes-128-cbc", passphrase: "x" } as const;

function keyFile(name: string, text: string, mode = 0o600): string {
  const path = world.file(name, text);
  chmodSync(path, mode);
  return path;
}

describe("a key", () => {
  const wrong: readonly (readonly [what: string, text: string, says: RegExp])[] = [
    ["of 512 bits", pem(rsa(512).privateKey), /it has 512 bits/],
    ["that is encrypted", String(usual.privateKey.export(encrypted)), /it is encrypted/],
    ["that is public", String(usual.publicKey.export({ type: "spki", format: "pem" })), /it is a public key/],
    [
      "of another curve",
      pem(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
      /a key of another kind/,
    ],
    ["beside another in one file", pem(ed25519) + pem(usual.privateKey), /it has 2 private keys/],
    ["that is empty", "", /it is empty/],
    ["that is cut off", pem(usual.privateKey).slice(0, 800), /cut off or damaged/],
    ["that is none", "hello\n", /it has no key/],
  ];
  for (const [what, text, says] of wrong) {
    it(`${what} is refused by every action`, async () => {
      const path = keyFile("wrong.pem", text);
      for (const args of [["dns"], ["test", "--dns-records", "/dev/null"], ["sign", message]]) {
        const { code, stdout, stderr } = await world.dkim(...args, "--key", `${DOMAIN}:s:${path}`);
        assert.deepEqual([code, stdout], [2, ""]);
        assert.match(stderr, says);
        assert.ok(stderr.includes(path), stderr);
        assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
      }
    });
  }

  it("that others can read is refused with its mode", async () => {
    const path = keyFile("open.pem", pem(ed25519), 0o644);
    const { code, stderr } = await world.dkim("test", "--key", `${DOMAIN}:s:${path}`);
    assert.equal(code, 2);
    assert.match(stderr, /it has mode 0644, owner .*, so everybody can read it; run chmod 0640/);
  });

  it("in a folder that others can write to is tested with a warning", async () => {
    const folder = join(world.folder, "writable");
    await world.dkim("keygen", "--keys", folder, "--type", "ed25519", DOMAIN);
    chmodSync(folder, 0o777);
    const { stderr } = await world.dkim("test", "--keys", folder, "--dns-records", "/dev/null");
    assert.match(
      stderr,
      /^milterkit: .*writable has mode 0777, .* so everybody can replace keys in it; run chmod go-w/,
    );
  });

  it("with line ends of Windows and no last one, in PKCS#1 or as a seed, is read", async () => {
    const texts = [
      pem(usual.privateKey, "pkcs1").trimEnd().replaceAll("\n", "\r\n"),
      pem(ed25519),
      Buffer.from(String(ed25519.export({ format: "jwk" }).d), "base64url").toString("base64"),
    ];
    for (const text of texts) {
      const { code, stderr } = await world.dkim("dns", "--key", `${DOMAIN}:s:${keyFile("right.pem", text)}`);
      assert.deepEqual([code, stderr], [0, ""]);
    }
  });
});

describe("keygen", () => {
  const keygen = (folder: string, ...args: string[]) => world.dkim("keygen", "--keys", folder, ...args);

  it("never overwrites a key, and makes what others cannot read", async () => {
    const folder = join(world.folder, "own");
    assert.equal((await keygen(folder, "--type", "ed25519", "--selector", "a", DOMAIN)).code, 0);
    const path = join(folder, DOMAIN, "a.pem");
    const text = readFileSync(path, "utf8");
    assert.equal(statSync(path).mode & 0o027, 0);
    const second = await keygen(folder, "--type", "rsa", "--selector", "a", DOMAIN);
    assert.equal(second.code, 2);
    assert.match(second.stderr, /the domain has a key with the selector a/);
    const both = await keygen(folder, DOMAIN);
    assert.match(
      both.stderr,
      /example\.org has an Ed25519 key, .*a\.pem; .*; --type rsa adds the other kind/,
    );
    assert.equal(readFileSync(path, "utf8"), text);
  });

  it("lets a key of another kind wait where one signs already", async () => {
    const folder = join(world.folder, "second");
    await keygen(folder, "--type", "rsa", "--bits", "1024", "--selector", "a", DOMAIN);
    const { code, stdout } = await keygen(folder, "--type", "ed25519", "--selector", "b", DOMAIN);
    assert.equal(code, 0);
    assert.match(stdout, /; To sign with the new key once its record is found: milterkit dkim rotate --keys/);
    assert.deepEqual(readdirSync(join(folder, DOMAIN)).sort(), ["a.pem", "b.next.pem"]);
  });

  it("gives keys to a group if root makes them", { skip: process.getuid?.() !== 0 }, async () => {
    const folder = join(world.folder, "group");
    const args = ["--type", "ed25519", "--group", "daemon", "--selector", "a", DOMAIN];
    const { code, stderr } = await keygen(folder, ...args);
    assert.equal(code, 0, stderr);
    const { mode, uid, gid } = statSync(join(folder, DOMAIN, "a.pem"));
    assert.deepEqual([mode & 0o777, uid, gid], [0o640, 0, findGroup("daemon")?.gid]);
    const above = statSync(join(folder, DOMAIN));
    assert.deepEqual([above.mode & 0o777, above.gid], [0o750, gid], "it can search the folder");
  });

  it("prints JSON for programs", async () => {
    const args = ["--testing", "--json", "--selector", "a", DOMAIN];
    const { records } = JSON.parse((await keygen(join(world.folder, "json"), ...args)).stdout);
    assert.deepEqual(
      records.map(({ name, type, bits, state }: Record<string, unknown>) => [name, type, bits, state]),
      [
        ["a._domainkey.example.org", "rsa", 2048, "current"],
        ["a-ed._domainkey.example.org", "ed25519", 256, "current"],
      ],
    );
    for (const { text, strings } of records) {
      assert.equal(strings.join(""), text);
      assert.match(text, /; t=y; p=/);
    }
  });

  it("shows a terminal colours, and that a long key takes its time", {
    skip: !existsSync("/usr/bin/script"),
  }, async () => {
    const folder = join(world.folder, "terminal");
    const args = ["keygen", "--keys", folder, "--bits", "4096", "--selector", "a", DOMAIN];
    const command = [milterkitBinary(), "dkim", ...args].map((word) => `'${word}'`).join(" ");
    const env = { PATH: SYSTEM_PATH, LC_ALL: "C", TERM: "xterm" };
    const { code, stdout } = await run(["script", "-qec", command, "/dev/null"], { env });
    assert.equal(code, 0);
    const shown = stdout.replaceAll("\x1b", "^");
    assert.match(shown, /\r\^\[Kmaking an RSA key of 4096 bits/);
    assert.match(shown, /\^\[2m; RSA key of 4096 bits in /);
    assert.match(shown, /\r\na\._domainkey\.example\.org\. IN TXT \(/);
  });
});
