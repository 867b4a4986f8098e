// docs/recipes/mailman behind a real Postfix; the test itself is Mailman. Runs once: only programs are driven here, which are
// the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { latin1Text } from "../mta/text.ts";
import { skipFor } from "../../support/instance.ts";
import { NextHop } from "../../support/next_hop.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { SmtpClient } from "../../support/smtp_client.ts";
import { bytes } from "../../auth/dkim/support.ts";
import { RecipeSite } from "./site.ts";

const skip = skipFor(await postfixProblem());
const LIST = "friends@lists.example.org";

test("Mailman: posts are checked, what the list sends is signed, and what is forwarded stays as it is", {
  skip,
  timeout: 120_000,
}, async () => {
  const mailman = await NextHop.start();
  const site = await RecipeSite.start("mailman", {
    keys: ["lists.example.org/2026"],
    domains: [],
    places: {
      "hash:/var/lib/mailman3/data/postfix_domains": "inline:{ lists.example.org=here }",
      "hash:/var/lib/mailman3/data/postfix_lmtp": "inline:{ lists.example.org=smtp:[127.0.0.1]:8024 }",
    },
    ports: new Map([[8024, mailman.port]]),
  });
  try {
    await post(site, mailman);
    await refuse(site, mailman);
    await forward(site);
  } finally {
    await site.stop();
    await mailman.stop();
  }
});

const HONEST = { host: "partner", from: "Ann <ann@example.com>", signedBy: "example.com" } as const;

/** The post that Mailman gets. */
async function received(mailman: NextHop, subject: string): Promise<string> {
  const isOurs = ({ data }: { data: Uint8Array }) => latin1Text(data).includes(`\nSubject: ${subject}\r\n`);
  return latin1Text((await mailman.waitForMessage(isOurs)).data);
}

async function post(site: RecipeSite, mailman: NextHop): Promise<void> {
  const fields = [["Disposition-Notification-To", "ann@example.com"]] as const;
  assert.equal(await site.send({ ...HONEST, fields, to: LIST }), "250");
  const post = await received(mailman, "Hello");
  assert.match(post, /^Authentication-Results: lists\.example\.org;\s+spf=pass .*dmarc=pass /ms);
  assert.doesNotMatch(post, /Disposition-Notification-To/);

  // As Mailman sends it, with From changed because of p=reject, and as it sends it to members who want it unchanged.
  const changed = post.replace(/^From: .*$/m, `From: Ann via Friends <${LIST}>\r\nReply-To: ann@example.com`)
    .replace(/^Subject: /m, "Subject: [friends] ").replace(/^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*/m, "");
  const ways = [["member@example.com", changed, ["lists.example.org"]], [
    "other@example.com",
    post,
    ["lists.example.org", "example.com"],
  ]] as const;
  for (const [to, text, signers] of ways) {
    const client = await SmtpClient.connect(site.portOf(8026));
    await client.ehlo("localhost");
    const sent = bytes(`List-Id: Friends <friends.lists.example.org>\r\n${text}`);
    assert.equal((await client.message("friends-bounces@lists.example.org", [to], sent)).code, 250);
    await client.quit();
    assert.deepEqual(await site.signersOf(await site.arrived(to)), signers);
  }
}

async function refuse(site: RecipeSite, mailman: NextHop): Promise<void> {
  const forged = { host: "spammer", from: "ann@example.com", sender: "x@spam.example", to: LIST } as const;
  assert.match(await site.send(forged), /^550 5\.7\.1 .*DMARC/);
  const loop = [["List-Id", "Friends <friends.lists.example.org>"]] as const;
  assert.equal(
    await site.send({ ...HONEST, fields: loop, to: LIST }),
    "550 5.4.6 This message was on a list here before",
  );
  const before = mailman.messages.length;
  const reply = { ...HONEST, fields: [["Auto-Submitted", "auto-replied"]] as const, to: LIST };
  assert.equal(await site.send({ ...reply, subject: "On holiday" }), "250");
  assert.equal(await site.send({ ...HONEST, subject: "Last", to: LIST }), "250");
  await received(mailman, "Last");
  assert.equal(mailman.messages.length, before + 1);
  assert.match(
    await site.send({ ...HONEST, to: "x@elsewhere.example" }),
    /^554 5\.7\.1 .*Relay access denied/,
  );
}

async function forward(site: RecipeSite): Promise<void> {
  const fields = [["Disposition-Notification-To", "bob@example.com"]] as const;
  assert.equal(await site.send({ ...HONEST, fields, to: "ann@example.org" }), "250");
  const { data, mail } = await site.postfix.nextHop.waitForMessage(({ rcpts }) =>
    rcpts.includes("<ann@example.com>") || rcpts.join().includes("ann@example.com")
  );
  const forwarded = latin1Text(data);
  assert.match(mail, /^<ann@example\.com>/);
  assert.match(forwarded, /^Disposition-Notification-To: /m);
  assert.deepEqual(await site.signersOf(forwarded), ["example.com"]);
}
