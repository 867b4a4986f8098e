// Keys that are exchanged while mail flows. Runs once: only programs are driven here, which are the same whatever runtime
// drives them.
import assert from "node:assert/strict";
import { chmodSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { verifyDkim } from "../../../lib/auth/dkim/verify_dkim.ts";
import { parseRecordsFile } from "../../../lib/dns/records_file.ts";
import { newPem } from "../../dkim_sign/key_files.ts";
import { skipFor } from "../../support/instance.ts";
import { postfixProblem, startPostfix } from "../../support/postfix.ts";
import { Load } from "./load.ts";
import { DOMAIN, SigningSite } from "./site.ts";
import { verifiersProblem } from "./verifiers.ts";

test("keys are exchanged under load, for good and for bad ones, and every message verifies", {
  skip: skipFor(await postfixProblem() ?? verifiersProblem()),
  timeout: 120_000,
}, async () => {
  const site = await SigningSite.start([['sign-client = ["127.0.0.1"]']]);
  const mta = await startPostfix({ milters: [...site.addresses] });
  const records = new Map(Object.entries(site.verifiers.records));
  const load = new Load(mta, 2);
  const path = (name: string) => join(site.keys.path, DOMAIN, name);
  const logged = (text: string, from: number) =>
    site.milterkit.waitForLine(
      (line) => line.includes(text) && site.milterkit.lines.indexOf(line) >= from,
      text,
    );
  try {
    // A good key in the place of another, by a new name: the new one first, so that there is never none.
    let from = site.milterkit.lines.length;
    const pem = newPem("rsa");
    records.set(`next._domainkey.${DOMAIN}`, dkimKeyRecord(parseDkimPrivateKey(pem)));
    site.keys.write(`${DOMAIN}/next.next.pem`, pem);
    renameSync(path("next.next.pem"), path("next.pem"));
    renameSync(path("rsa.pem"), path("rsa.old.pem"));
    await logged("next.pem (rsa, d=example.test s=next) from now on", from);
    // Rubbish, then a file that everybody can read, then one of the wrong kind, then none, then the good one again.
    const bad: [() => void, string][] = [
      [() => writeFileSync(path("next.pem"), "rubbish"), "next.pem: it has no key"],
      [() => chmodSync(path("next.pem"), 0o644), "so everybody can read it"],
      [
        () => (writeFileSync(path("next.pem"), newPem("ed25519")), chmodSync(path("next.pem"), 0o640)),
        "both Ed25519 keys",
      ],
    ];
    for (const [spoil, says] of bad) {
      from = site.milterkit.lines.length;
      spoil();
      const line = await logged(says, from);
      assert.match(line, /"level":"ERROR"/);
      assert.match(line, /The keys that were read before go on signing/);
    }
    from = site.milterkit.lines.length;
    site.keys.write(`${DOMAIN}/new`, pem);
    renameSync(path("new"), path("next.pem"));
    await load.more(40);
  } finally {
    await load.end();
    await mta.stop();
    await site.stop();
  }
  const { messages } = mta.nextHop;
  assert.equal(messages.length, load.count);
  assert.ok(load.count >= 40);
  const resolver = parseRecordsFile([...records].map(([name, record]) => `${name} ${record}\n`).join(""));
  const seen = new Map<string, number>();
  for (const { data } of messages) {
    const results = await verifyDkim(data, { resolver });
    assert.deepEqual(results.map(({ status }) => status), ["pass", "pass"]);
    for (const { selector = "" } of results) seen.set(selector, (seen.get(selector) ?? 0) + 1);
  }
  assert.deepEqual([...seen.keys()].sort(), ["ed25519", "next", "rsa"]);
});
