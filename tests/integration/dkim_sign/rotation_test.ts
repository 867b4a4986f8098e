// A rotation as an administrator does it, while mail flows: milterkit dkim rotate, the name server, and rotate again.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyDkim } from "../../../lib/auth/dkim/verify_dkim.ts";
import { StubResolver } from "../../../lib/dns/stub.ts";
import { nsdProblem, startNsd, zoneHead } from "../../dns/nsd.ts";
import { skipFor } from "../../support/instance.ts";
import { runMilterkit } from "../../support/milterkit.ts";
import { postfixProblem, startPostfix } from "../../support/postfix.ts";
import { Load } from "./load.ts";
import { DOMAIN, SigningSite } from "./site.ts";
import { verifiersProblem } from "./verifiers.ts";

test("a rotation under load leaves no message without signatures that verify", {
  skip: skipFor(await postfixProblem() ?? nsdProblem() ?? verifiersProblem()),
  timeout: 120_000,
}, async () => {
  const site = await SigningSite.start([['sign-client = ["127.0.0.1"]']]);
  const mta = await startPostfix({ milters: [...site.addresses] });
  const first = Object.entries(site.verifiers.records).map(([name, record]) => `${name}. TXT "${record}"\n`);
  let zone = zoneHead(DOMAIN, 5) + first.join("");
  let dns = await startNsd({ [DOMAIN]: zone });
  const load = new Load(mta, 2);
  const rotate = () =>
    runMilterkit(["dkim", "rotate", "--keys", site.keys.path, DOMAIN, "--dns-server", dns.address]);
  try {
    await load.more(20);
    const begun = await rotate();
    assert.deepEqual([begun.code, begun.stderr], [0, ""]);
    await load.more(10);
    const waiting = await rotate();
    assert.equal(waiting.code, 1, waiting.stdout);
    zone += begun.stdout;
    await dns.stop();
    dns = await startNsd({ [DOMAIN]: zone });
    const done = await rotate();
    assert.equal(done.code, 0, done.stdout + done.stderr);
    assert.match(done.stdout, / sign from now on/);
    await site.milterkit.waitForLine((line) =>
      line.includes("rsa.pem (rsa, d=example.test s=rsa) no longer")
    );
    await load.more(20);
  } finally {
    await load.end();
    await mta.stop();
    await site.stop();
  }
  const resolver = new StubResolver({ servers: [dns.address] });
  try {
    const { messages } = mta.nextHop;
    assert.ok(messages.length >= 50, String(messages.length));
    const seen = new Set<string>();
    for (const { data } of messages) {
      const results = await verifyDkim(data, { resolver });
      assert.deepEqual(results.map(({ status, algorithm }) => `${algorithm} ${status}`), [
        ...["rsa-sha256 pass", "ed25519-sha256 pass"],
      ]);
      for (const { selector = "" } of results) seen.add(selector);
    }
    assert.equal(seen.size, 4, [...seen].join(" "));
  } finally {
    resolver.close();
    await dns.stop();
  }
});
