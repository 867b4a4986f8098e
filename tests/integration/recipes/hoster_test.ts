// docs/recipes/hoster behind a real Postfix. Runs once: only programs are driven here, which are the same whatever runtime
// drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { RecipeSite } from "./site.ts";
import { messageOf, PROGRAM } from "./world.ts";

const skip = skipFor(await postfixProblem());

test("a hoster: customers send as themselves, signed by their own key and within limits", {
  skip,
  timeout: 120_000,
}, async () => {
  const site = await RecipeSite.start("hoster", {
    keys: ["shop.example/2026", "club.example/2026"],
    domains: [],
    settings: { virtual_mailbox_maps: "static:here", virtual_transport: "smtp:$relayhost" },
    replace: {
      'notify-mail = "abuse@hoster.example"':
        'notify-mail = "abuse@hoster.example"\nnotify-server = "inet:25@localhost"',
    },
  });
  try {
    await incoming(site);
    await outgoing(site);
    await limits(site);
  } finally {
    await site.stop();
  }
});

async function incoming(site: RecipeSite): Promise<void> {
  const honest = { host: "partner", from: "ann@example.com", signedBy: "example.com" } as const;
  assert.equal(await site.send({ ...honest, to: "joe@shop.example" }), "250");
  assert.match(
    await site.arrived("joe@shop.example"),
    /^Authentication-Results: mx\.hoster\.example;.*dmarc=pass/s,
  );
  const forged = { host: "spammer", from: "ann@example.com", sender: "x@spam.example" } as const;
  assert.match(await site.send({ ...forged, to: "joe@shop.example" }), /^550 5\.7\.1 .*DMARC/);
  assert.match(await site.send({ ...forged, host: "stranger", to: "joe@shop.example" }), /^451 4\.7\.1 /);
  assert.match(
    await site.send({ ...honest, to: "x@elsewhere.example" }),
    /^554 5\.7\.1 .*Relay access denied/,
  );
  assert.equal(await site.send({ ...honest, ...PROGRAM, to: "joe@shop.example" }), "250");
  assert.equal(site.postfix.held().length, 1);
}

async function outgoing(site: RecipeSite): Promise<void> {
  const joe = { from: "joe@shop.example", login: "joe@shop.example", host: "stranger" } as const;
  const fields = [["X-Originating-IP", "198.51.100.66"]] as const;
  for (const port of [465, 587]) {
    const to = `at${port}@example.com`;
    assert.equal(await site.send({ ...joe, fields, port, to }), "250");
    const arrived = await site.arrived(to);
    assert.deepEqual(await site.signersOf(arrived), ["shop.example"], arrived);
    assert.doesNotMatch(arrived, /X-Originating-IP|Authentication-Results/);
  }
  // Subdomains have the key of their domain.
  const below = { ...joe, login: "a@news.shop.example", from: "a@news.shop.example", port: 465 } as const;
  assert.equal(await site.send({ ...below, to: "below@example.com" }), "250");
  assert.deepEqual(await site.signersOf(await site.arrived("below@example.com")), ["shop.example"]);

  // One customer does not send as another: not in the envelope, and not signed with the other's key.
  const other = { ...joe, from: "ann@club.example", port: 465 } as const;
  assert.match(await site.send({ ...other, to: "x@example.com" }), /^553 5\.7\.1 .*not owned by user/);
  assert.equal(await site.send({ ...other, sender: joe.from, to: "unsigned@example.com" }), "250");
  assert.deepEqual(await site.signersOf(await site.arrived("unsigned@example.com")), []);
  assert.match(
    await site.send({ ...joe, ...PROGRAM, port: 465, to: "x@example.com" }),
    /^550 5\.7\.1 .*invoice\.exe/,
  );
  // A program of a customer's site on this machine.
  await site.postfix.sendmail(
    ["-f", "www@club.example", "order@example.com"],
    messageOf({ from: "www@club.example" }),
  );
  assert.deepEqual(await site.signersOf(await site.arrived("order@example.com")), ["club.example"]);
}

async function limits(site: RecipeSite): Promise<void> {
  /** How many of 130 recipients a login gets through, over two messages. */
  const accepted = async (login: string) => {
    const client = await site.connect({ host: "spammer", port: 465, login });
    let codes: number[] = [];
    for (let message = 0; message < 2; message++) {
      await client.mail(login);
      for (let i = 0; i < 65; i++) codes = [...codes, (await client.rcpt(`victim${i}@example.com`)).code];
      await client.rset();
    }
    client.destroy();
    return codes.filter((code) => code === 250).length;
  };
  assert.equal(await accepted("eve@club.example"), 100);
  assert.equal(await accepted("news@shop.example"), 130);
  assert.match(await site.arrived("abuse@hoster.example"), /^Subject: eve@club\.example is over the limit/m);
}
