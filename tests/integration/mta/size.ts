/** Mail that is too large is refused as early as it shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_SIZE, type Site } from "./site.ts";
import { latin1Bytes, message } from "./text.ts";

const HEADER = [
  "From: a@example.org",
  "To: b@example.test",
  "Date: Mon, 6 Oct 2025 10:00:00 +0000",
  "Message-Id: <1@example.org>",
];

/** A message of exactly so many bytes. */
function messageOf(size: number): Uint8Array {
  const empty = message(HEADER, "");
  const lines = ("x".repeat(78) + "\r\n").repeat(Math.ceil(size / 80));
  const body = lines.slice(0, size - empty.length - 2) + "\r\n";
  return latin1Bytes(empty + body);
}

export function testSize(site: Site): void {
  const options = { skip: site.skip, timeout: 60_000 };

  test(`${site.title}: a declared size above the limit is refused at MAIL`, options, async () => {
    const running = await site.start();
    const client = await running.connect();
    await client.ehlo();
    const refused = await client.mail("declared@example.test", [`SIZE=${MAX_SIZE + 1}`]);
    assert.deepEqual([refused.code, refused.enhanced], [552, "5.3.4"]);
    assert.match(refused.text, /200 kB|200001/);
    const recipient = running.newRecipient();
    assert.equal((await client.mail("declared@example.test", [`SIZE=${MAX_SIZE}`])).code, 250);
    assert.equal((await client.rcpt(recipient)).code, 250);
    assert.equal((await client.data(messageOf(1000))).code, 250);
    await client.quit();
    await running.receivedFor(recipient);
    const reports = await running.reports("declared@example.test", 2);
    assert.deepEqual(reports.map(({ outcome, event }) => [outcome, event]), [
      ["reject", "mail"],
      ["accept", "eom"],
    ]);
  });

  test(`${site.title}: the limit itself passes, a byte more is refused at end of data`, options, async () => {
    const running = await site.start();
    const client = await running.connect();
    await client.ehlo();
    const [fitting, large, vast] = [running.newRecipient(), running.newRecipient(), running.newRecipient()];
    assert.equal((await client.message("a@example.test", [fitting], messageOf(MAX_SIZE))).code, 250);
    for (const [recipient, size] of [[large, MAX_SIZE + 1], [vast, 10 * MAX_SIZE]] as const) {
      const refused = await client.message("a@example.test", [recipient], messageOf(size));
      assert.deepEqual([refused.code, refused.enhanced], [552, "5.3.4"]);
      assert.match(refused.text, /^Message too large/);
    }
    // the connection is as good as before
    const later = running.newRecipient();
    assert.equal((await client.message("a@example.test", [later], messageOf(500))).code, 250);
    await client.quit();
    assert.equal((await running.receivedFor(fitting)).data.length > MAX_SIZE, true);
    await running.receivedFor(later);
    assert.deepEqual([large, vast].filter((recipient) => running.hasReceivedFor(recipient)), []);
  });
}
