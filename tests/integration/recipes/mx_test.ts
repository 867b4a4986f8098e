// docs/recipes/mx behind a real Postfix, with rspamd and clamd; the test itself is the content filter. Runs once: only
// programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clamd, clamdProblem, startClamd, TEST_PATTERN, TEST_SIGNATURE } from "../../support/clamd.ts";
import { skipFor } from "../../support/instance.ts";
import { NextHop } from "../../support/next_hop.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { MAYBE_SPAM, type Rspamd, rspamdProblem, SPAM, startRspamd } from "../../support/rspamd.ts";
import { joinBytes } from "../../support/lines.ts";
import { SmtpClient } from "../../support/smtp_client.ts";
import { bytes } from "../../auth/dkim/support.ts";
import { RecipeSite, type Sent } from "./site.ts";

const skip = skipFor(await postfixProblem() ?? clamdProblem() ?? rspamdProblem());

test(
  "an MX: rspamd, clamd and a content filter see mail from outside; mail from inside is signed",
  {
    skip,
    timeout: 180_000,
  },
  async () => {
    const [clamd, rspamd, contentFilter] = await Promise.all([startClamd(), startRspamd(), NextHop.start()]);
    const site = await RecipeSite.start("mx", {
      keys: ["example.org/2026"],
      replace: { "unix:/run/clamav/clamd.ctl": clamd.address },
      places: { "smtp:[192.0.2.20]": "smtp:$relayhost" },
      ports: new Map([[10024, contentFilter.port], [11332, rspamd.port]]),
    });
    try {
      await sendAll(site, contentFilter, clamd, rspamd);
    } finally {
      await site.stop();
      await Promise.all([clamd.stop(), rspamd.stop(), contentFilter.stop()]);
    }
  },
);

async function sendAll(
  site: RecipeSite,
  contentFilter: NextHop,
  clamd: Clamd,
  rspamd: Rspamd,
): Promise<void> {
  /** Sends a message, hands it back from the content filter, and returns it as it arrives. */
  const passed = async (to: string, sent: Omit<Sent, "to">) => {
    assert.equal(await site.send({ ...sent, to }), "250");
    const { data } = await contentFilter.waitForMessage(({ rcpts }) => rcpts.join().includes(to));
    const client = await SmtpClient.connect(site.portOf(10025));
    await client.ehlo("localhost");
    const handedBack = joinBytes([bytes("X-Content-Filter: seen\r\n"), data]);
    assert.equal((await client.message("ann@example.com", [to], handedBack)).code, 250);
    await client.quit();
    const arrived = await site.arrived(to);
    assert.match(arrived, /^X-Content-Filter: seen\r$/m);
    return arrived;
  };
  const honest = { host: "partner", from: "ann@example.com", signedBy: "example.com" } as const;

  const fields = [["X-Spam-Status", "No, really"], ["X-Virus-Status", "Clean"]] as const;
  const arrived = await passed("joe@example.org", { ...honest, fields });
  assert.match(arrived, /^Authentication-Results: mx\.example\.org;\s+spf=pass .*dmarc=pass /ms);
  assert.equal(arrived.match(/^Authentication-Results:/gm)?.length, 1);
  assert.equal(arrived.match(/^X-Virus-Status: Clean\r$/gm)?.length, 1);
  assert.doesNotMatch(arrived, /No, really|\[SPAM\]/);

  const to = "joe@example.org";
  assert.match(await site.send({ ...honest, body: `${SPAM}\r\n`, to }), /^554 5\.7\.1 Gtube pattern/);
  assert.match(
    await passed("maybe@example.org", { ...honest, body: `${MAYBE_SPAM}\r\n` }),
    /^Subject: \[SPAM\] Hello\r$/m,
  );
  const virus = { ...honest, body: `${TEST_PATTERN}\r\n`, to };
  assert.match(await site.send(virus), new RegExp(`^550 5\\.7\\.1 .*${TEST_SIGNATURE}`));
  const forged = { host: "spammer", from: "ann@example.com", sender: "x@spam.example", to } as const;
  assert.match(await site.send(forged), /^550 5\.7\.1 .*DMARC/);

  const money = { from: "x@spam.example", subject: "Our new account", to: "accounts@example.org" } as const;
  assert.equal(await site.send({ ...money, host: "spammer" }), "250");
  assert.equal(site.postfix.held().length, 1);
  await passed("sales@example.org", { host: "spammer", from: money.from, subject: money.subject });

  // The server inside: not marked as spam, signed, but scanned.
  const own = { host: "inside", from: "joe@example.org", body: `${MAYBE_SPAM}\r\n` } as const;
  const out = await passed("out@example.com", own);
  assert.deepEqual(await site.signersOf(out), ["example.org"]);
  assert.match(out, /^Subject: Hello\r$/m);
  assert.match(await site.send({ ...own, body: virus.body, to: "x@example.com" }), /^550 5\.7\.1 /);

  // Without rspamd mail passes, without clamd it waits.
  await rspamd.stop();
  await passed("later@example.org", { ...honest, body: `${MAYBE_SPAM}\r\n` });
  await clamd.kill();
  assert.match(await site.send({ ...honest, to }), /^451 4\.\d\.\d /);
}
