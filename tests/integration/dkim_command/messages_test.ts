// Messages that cannot be signed or need a warning, and a DNS in trouble.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createSocket } from "node:dgram";
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { generateDkimKey } from "../../../lib/auth/dkim/private_key.ts";
import { nsdProblem, startNsd, txtLine, zoneHead } from "../../dns/nsd.ts";
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
  it(
    "of a zone file that was written by hand says what is wrong",
    { skip: skipFor(nsdProblem()) },
    async () => {
      const { key: rsa, pem } = await generateDkimKey("rsa");
      const path = world.file("rsa.pem", pem);
      chmodSync(path, 0o600);
      const text = dkimKeyRecord(rsa);
      const zone = [
        txtLine("shreds._domainkey", text, 40),
        "alias._domainkey IN CNAME shreds._domainkey\n",
        txtLine("quotes._domainkey", `"${text}"`),
        txtLine("cut._domainkey", text.slice(0, 255)),
        txtLine("two._domainkey", text.slice(0, 255)) + txtLine("two._domainkey", text.slice(255)),
        txtLine("many._domainkey", text) + txtLine("many._domainkey", "v=spf1 -all"),
        txtLine(`nodot._domainkey.${DOMAIN}`, text),
        "notext._domainkey IN A 192.0.2.1\n",
        txtLine("revoked._domainkey", "v=DKIM1; k=rsa; p="),
        txtLine("semicolons._domainkey", text.replaceAll(";", "\\;")),
      ];
      const server = await startNsd({ [DOMAIN]: zoneHead(DOMAIN) + zone.join("") });
      try {
        const selectors = "shreds alias quotes cut two many nodot notext revoked semicolons absent".split(
          " ",
        );
        const keys = selectors.flatMap((selector) => ["--key", `${DOMAIN}:${selector}:${path}`]);
        const { code, stdout } = await world.dkim("test", "--json", ...keys, "--dns-server", server.address);
        assert.equal(code, 3);
        const { records } = JSON.parse(stdout);
        assert.deepEqual(
          records.map(({ selector, problem }: Record<string, string>) => [selector, problem ?? "right"]),
          [
            ["shreds", "right"],
            ["alias", "right"],
            ["quotes", "quotes"],
            ["cut", "truncated"],
            ["two", "split-into-records"],
            ["many", "several-records"],
            ["nodot", "no-name"],
            ["notext", "no-record"],
            ["revoked", "revoked"],
            ["semicolons", "quotes"],
            ["absent", "no-name"],
          ],
        );
        assert.match(
          records[6].explanation,
          /the record is at nodot\._domainkey\.example\.org\.example\.org/,
        );
      } finally {
        await server.stop();
      }
    },
  );

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
