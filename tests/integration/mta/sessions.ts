/** What one connection may bring: several messages, RSET, commands out of order, and its end at any moment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { at, captured } from "../../support/present.ts";
import { MAX_SIZE, type Site } from "./site.ts";
import { latin1Bytes, message, valuesOf } from "./text.ts";

const text = (subject: string) =>
  latin1Bytes(message(["From: a@example.org", "To: b@example.test", `Subject: ${subject}`]));

export function testSessions(site: Site): void {
  const options = { skip: site.skip, timeout: 60_000 };

  test(`${site.title}: several messages per connection, each for itself`, options, async () => {
    const running = await site.start();
    const client = await running.connect();
    await client.ehlo();
    const pairs = Array.from({ length: 5 }, () => [running.newRecipient(), running.newRecipient()] as const);
    for (const [i, pair] of pairs.entries()) {
      assert.equal((await client.message("a@example.test", [...pair], text(`number ${i}`))).code, 250);
    }
    await client.quit();
    const queueIds = new Set<string>();
    for (const [i, [first, second]] of pairs.entries()) {
      const received = await running.receivedFor(first);
      assert.deepEqual(valuesOf(received, "Subject"), [`number ${i}`]);
      assert.deepEqual(valuesOf(received, "X-To"), [`${first}, ${second}`]);
      queueIds.add(at(valuesOf(received, "X-Queue"), 0));
    }
    assert.equal(queueIds.size, 5);
  });

  test(`${site.title}: RSET in mid-transaction leaves nothing over`, options, async () => {
    const running = await site.start();
    const client = await running.connect();
    await client.ehlo();
    const [dropped, wanted] = [running.newRecipient(), running.newRecipient()];
    assert.equal((await client.mail("rset-mail@example.test")).code, 250);
    assert.equal((await client.rset()).code, 250);
    assert.equal((await client.mail("rset-rcpt@example.test")).code, 250);
    assert.equal((await client.rcpt(dropped)).code, 250);
    assert.equal((await client.rset()).code, 250);
    // EHLO ends a transaction too
    assert.equal((await client.mail("rset-ehlo@example.test")).code, 250);
    assert.equal((await client.rcpt(dropped)).code, 250);
    assert.equal((await client.ehlo()).code, 250);
    assert.equal((await client.message("rset-sent@example.test", [wanted], text("after RSET"))).code, 250);
    await client.quit();
    const received = await running.receivedFor(wanted);
    assert.deepEqual(valuesOf(received, "X-To"), [wanted]);
    assert.equal(running.hasReceivedFor(dropped), false);
    for (const step of ["mail", "rcpt", "ehlo", "sent"]) {
      const reports = await running.reports(`rset-${step}@example.test`);
      assert.deepEqual(reports.map(({ outcome }) => outcome), [step === "sent" ? "accept" : "abort"], step);
    }
  });

  test(
    `${site.title}: a client that vanishes within DATA is an abort, later mail is fine`,
    options,
    async () => {
      const running = await site.start();
      const lost = running.newRecipient();
      const client = await running.connect();
      await client.ehlo();
      await client.mail("vanished@example.test");
      await client.rcpt(lost);
      const go = await client.dataStart(text("half").slice(0, -3));
      assert.equal(go.code, 354);
      client.destroy();
      await running.milterkit.waitForLine(
        (line) => line.includes("vanished@example.test") && JSON.parse(line).outcome === "abort",
        "abort of the message",
      );
      const received = await running.deliver(text("after the loss"));
      assert.deepEqual(valuesOf(received, "Subject"), ["after the loss"]);
      assert.equal(running.hasReceivedFor(lost), false);
      assert.equal((await running.reports("vanished@example.test")).length, 1);
    },
  );

  test(`${site.title}: clients that vanish at other moments do no harm`, options, async () => {
    const running = await site.start();
    for (const steps of [0, 1, 2, 3]) {
      const client = await running.connect();
      if (steps > 0) await client.ehlo();
      if (steps > 1) await client.mail("a@example.test");
      if (steps > 2) await client.rcpt("lost@example.test");
      client.destroy();
    }
    const received = await running.deliver(text("still there"));
    await running.reports(captured(at(received.rcpts, 0), /<(.+)>/));
    const failures = running.milterkit.records().filter(({ type }) =>
      type === "filter-error" || type === "protocol-error"
    );
    assert.deepEqual(failures, []);
  });

  test(`${site.title}: sessions side by side do not mix`, options, async () => {
    const running = await site.start();
    await Promise.all(Array.from({ length: 20 }, async (_, i) => {
      const recipient = running.newRecipient();
      const client = await running.connect();
      await client.ehlo();
      const large = i % 4 === 3;
      const body = large ? ("y".repeat(78) + "\r\n").repeat(MAX_SIZE / 80 + 1) : `body ${i}\r\n`;
      const content = latin1Bytes(message(["From: a@example.org", `Subject: side ${i}`], body));
      const reply = await client.message(`a${i}@example.test`, [recipient], content);
      client.destroy();
      assert.equal(reply.code, large ? 552 : 250, reply.text);
      if (large) return;
      const received = await running.receivedFor(recipient);
      assert.deepEqual(valuesOf(received, "X-To"), [recipient]);
      assert.deepEqual(valuesOf(received, "Subject"), [`side ${i}`]);
    }));
  });
}
