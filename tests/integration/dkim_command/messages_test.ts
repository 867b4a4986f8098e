// Messages that cannot be signed or need a warning, and a DNS in trouble.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createSocket } from "node:dgram";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { nsdProblem, startNsd } from "../../dns/nsd.ts";
import { skipFor } from "../../support/instance.ts";
import { DOMAIN, MESSAGE, World } from "./world.ts";

const world = new World();
after(() => world.stop());

const folder = join(world.folder, "signers");
const file = join(folder, DOMAIN, "s.pem");
const key = ["--key", `${DOMAIN}:s:${file}`];
mkdirSync(join(folder, DOMAIN), { recursive: true, mode: 0o700 });
const { privateKey } = generateKeyPairSync("ed25519");
writeFileSync(file, String(privateKey.export({ type: "pkcs8", format: "pem" })), { mode: 0o600 });

describe("a message", () => {
  const sign = (text: string, ...args: string[]) =>
    world.dkim("sign", "--keys", folder, world.file("m.eml", text), ...args);

  it("that cannot be signed is not, and the reason is said", async () => {
    const wrong: readonly (readonly [text: string, says: RegExp])[] = [
      [
        MESSAGE.replace("joe@example.org", "joe@b.example"),
        /not signed: there is no key for b\.example\n/,
      ],
      [
        MESSAGE.replace("joe@example.org", "joe@mail.example.org"),
        /with --subdomains, one of a domain above it signs/,
      ],
      [
        MESSAGE.replace("<joe@example.org>", "<joe@example.org>, <x@b.example>"),
        /several domains: example\.org, b\.example/,
      ],
      [MESSAGE.replace("From", "X-From"), /not signed: there is no From/],
      [MESSAGE.replace("there", "there\rhe"), /line 9 has a carriage return that does not end the line/],
      [MESSAGE.replace("there", "the\0re"), /line 9 has a NUL byte/],
      ["no message", /it is not a message/],
    ];
    for (const [text, says] of wrong) {
      const { code, stdout, stderr } = await sign(text);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, says);
    }
    const bcc = await sign(MESSAGE, "--headers", "Bcc");
    assert.equal(bcc.code, 2);
    assert.match(bcc.stderr, /Invalid --headers "Bcc": it cannot be signed: mail servers remove it/);
  });

  it("of a subdomain, with line ends of Unix, from a mailbox, keeps its bytes", async () => {
    const text = `From joe Mon Nov 30 04:00:00 2026\n${MESSAGE.replaceAll("\r\n", "\n")}`
      .replace("joe@example.org", "joe@a.b.example.org");
    const { code, stdout, stderr } = await sign(text, "--subdomains");
    assert.deepEqual([code, stderr], [0, ""]);
    const [first = "", ...rest] = stdout.split("\n");
    assert.match(first, /^From joe/);
    assert.ok(!stdout.includes("\r"));
    assert.ok(rest.join("\n").startsWith("DKIM-Signature: "));
    assert.ok(stdout.endsWith(text.split("\n").slice(1).join("\n")));
  });

  it("with a long line or another author is signed, with a warning", async () => {
    const long = await sign(MESSAGE.replace("there", "x".repeat(999)));
    assert.equal(long.code, 0);
    assert.match(long.stderr, /^milterkit: line 9 has 10\d\d bytes, more than 998: mail servers break such/);
    const foreign = MESSAGE.replace("joe@example.org", "j@b.example");
    const signed = await sign(foreign, "--sign", "*=example.org/s");
    assert.equal(signed.code, 0);
    assert.match(signed.stdout, /^DKIM-Signature: .* d=example\.org;/);
    assert.match(signed.stderr, /^milterkit: .*example\.org/);
  });

  it("gets no second signature of one key", async () => {
    const { stdout } = await sign(MESSAGE);
    const { code, stderr } = await sign(stdout);
    assert.equal(code, 2);
    assert.match(stderr, /not signed: it has a signature of d=example\.org s=s already/);
  });
});

describe("a DNS in trouble", () => {
  it("that fails is no answer: exit code 4", { skip: skipFor(nsdProblem()) }, async () => {
    const broken = await startNsd({ [DOMAIN]: "" });
    try {
      const tested = await world.dkim("test", ...key, "--dns-server", broken.address);
      assert.equal(tested.code, 4, tested.stdout);
      assert.match(tested.stdout, /: unknown, the lookup failed \(servfail\)/);
    } finally {
      await broken.stop();
    }
  });

  it("that is silent is no answer either, and rotate leaves everything as it is", async () => {
    const silent = createSocket("udp4");
    await new Promise<void>((resolve) => silent.bind(0, "127.0.0.1", resolve));
    const server = ["--dns-server", `127.0.0.1:${silent.address().port}`, "--dns-timeout", "300ms"];
    try {
      assert.equal((await world.dkim("test", ...key, ...server)).code, 4);
      const waiting = join(world.folder, "waiting");
      await world.dkim("keygen", "--keys", waiting, "--type", "ed25519", DOMAIN);
      await world.dkim("rotate", "--keys", waiting);
      const before = readdirSync(join(waiting, DOMAIN)).sort();
      assert.equal(before.length, 2);
      const rotated = await world.dkim("rotate", "--keys", waiting, ...server);
      assert.equal(rotated.code, 4, rotated.stdout);
      assert.deepEqual(readdirSync(join(waiting, DOMAIN)).sort(), before);
      const report = JSON.parse((await world.dkim("rotate", "--json", "--keys", waiting, ...server)).stdout);
      const [{ step, records }] = report.domains;
      assert.deepEqual([step, records[0].problem], ["waiting", "lookup-failed"]);
    } finally {
      silent.close();
    }
  });
});
