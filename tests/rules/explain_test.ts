// What rules say of why they act or not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MailSession } from "../../lib/mta/delivery.ts";
import { FiltersInProcess } from "../../lib/mta/filters_in_process.ts";
import { MtaClient } from "../../lib/mta/client.ts";
import { mailOf } from "../../lib/testing/mail.ts";
import type { TestMail } from "../../lib/testing.ts";
import { rulesOf, type Words } from "./support.ts";

/** The lines in which rules explain what they do with a message. */
async function explained(words: Words, mail: TestMail): Promise<string[]> {
  const lines: string[] = [];
  const chain = new FiltersInProcess([await rulesOf(words)], { mta: "postfix" });
  const dial = chain.dial(() => {}, { explained: (_filter, text) => lines.push(text) });
  const client = await MtaClient.open(dial);
  try {
    const sender = {
      client: { hostname: "mail.example.com", address: "192.0.2.1", port: 25000, family: "inet" },
      helo: "mail.example.com",
    } as const;
    await new MailSession(client, sender, "postfix", {}).deliver(mailOf(mail, "Q1", "postfix"));
  } finally {
    client.destroy();
  }
  return lines;
}

test("each rule says whether it acts and why, and which were not asked", async () => {
  const words = [
    ...["rule inside", "only-client 10.0.0.0/8", "accept"],
    ...["rule forged", "only-sender example.org", "reject No"],
    ...["rule rest", "log rest"],
  ];
  assert.deepEqual(await explained(words, { from: "joe@example.org" }), [
    "rule inside does not act: only-client 10.0.0.0/8, but the client is 192.0.2.1",
    "rule forged acts: only-sender example.org, and the sender is <joe@example.org>",
    "not asked, since the rule forged came before: rest",
  ]);
  assert.deepEqual(await explained(words, {}), [
    "rule inside does not act: only-client 10.0.0.0/8, but the client is 192.0.2.1",
    "rule forged does not act: only-sender example.org, but the sender is <sender@example.com>",
    "rule rest acts: it is for all mail",
  ]);
});

test("a rule is told of once it is decided, at the end for each recipient", async () => {
  const words = [
    ...["rule trap", "only-recipient trap@example.org", "reject No"],
    ...["rule joe", "only-recipient joe@example.org", "only-subject /Test/", "log joe"],
  ];
  const to = ["joe@example.org", "trap@example.org"];
  const joe = "for <joe@example.org>";
  assert.deepEqual(await explained(words, { to }), [
    "rule trap acts for <trap@example.org>: only-recipient trap@example.org, and the recipient is <trap@example.org>",
    "not asked for <trap@example.org>, since the rule trap came before: joe",
    `rule trap does not act ${joe}: only-recipient trap@example.org, but the recipient is <joe@example.org>`,
    `rule joe acts ${joe}: only-recipient joe@example.org, and the recipient is <joe@example.org>; only-subject /Test/, and Subject is "Test"`,
  ]);
});

test("a rule in doubt says so, and one that is passed", async () => {
  const words = ["rule a", "only-from a.example", "accept", "rule b", "only-from a.example", "log b"];
  const header = { From: "x@a.example, y@b.example" };
  assert.deepEqual(await explained(words, { header }), [
    "rule a does not act: only-from a.example, in doubt: From names a.example, b.example",
    "rule b acts: only-from a.example, in doubt: From names a.example, b.example",
  ]);
  const large = ["rule large", "only-larger 1MB", "reject Large", "rule all", "reject No"];
  assert.deepEqual(await explained(large, {}), [
    "rule large is open, and cannot prevent the refusal",
    "rule all acts: it is for all mail",
  ]);
});
