// docs/recipes/small-company behind a real Postfix. Runs once: only programs are driven here, which are the same whatever
// runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { skipFor } from "../../support/instance.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { RecipeSite } from "./site.ts";
import { messageOf, PROGRAM } from "./world.ts";

const skip = skipFor(await postfixProblem());

test("a small company: mail from outside is checked and marked, its own is cleaned up, limited and signed", {
  skip,
  timeout: 120_000,
}, async () => {
  const site = await RecipeSite.start("small-company", {
    keys: ["example.org/2026"],
    replace: {
      'notify-mail = "postmaster@example.org"':
        'notify-mail = "postmaster@example.org"\nnotify-server = "inet:25@localhost"',
    },
  });
  try {
    await fromOutside(site);
    await ofItsOwn(site);
    await stolenPassword(site);
  } finally {
    await site.stop();
  }
});

async function fromOutside(site: RecipeSite): Promise<void> {
  const honest = { host: "partner", from: "Ann <ann@example.com>", signedBy: "example.com" } as const;
  assert.equal(await site.send({ ...honest, to: "joe@example.org" }), "250");
  const arrived = await site.arrived("joe@example.org");
  assert.match(arrived, /^Authentication-Results: mx\.example\.org;\r\n\tspf=pass .*dmarc=pass /s);
  assert.match(arrived, /^Subject: \[EXT\] Hello\r$/m);
  assert.doesNotMatch(arrived, /Example Ltd|d=example\.org/);

  assert.equal(await site.send({ ...honest, subject: "Re: [EXT] Hello", to: "reply@example.org" }), "250");
  assert.match(await site.arrived("reply@example.org"), /^Subject: Re: \[EXT\] Hello\r$/m);

  const forged = { from: "Ann <ann@example.com>", sender: "x@spam.example", to: "joe@example.org" };
  assert.match(await site.send({ ...forged, host: "spammer" }), /^550 5\.7\.1 .*DMARC/);
  const list = { ...forged, host: "lists", sender: "bounces@lists.example.net" } as const;
  assert.equal(await site.send({ ...list, to: "member@example.org" }), "250");
  assert.match(await site.arrived("member@example.org"), /dmarc=fail /);
  const ours = { from: "joe@example.org", to: "joe@example.org" } as const;
  assert.equal(
    await site.send({ ...ours, host: "spammer", sender: "x@spam.example" }),
    "550 5.7.1 Mail from example.org comes from our own servers",
  );
  assert.equal(
    await site.send({ ...ours, host: "lists", sender: list.sender, to: "posts@example.org" }),
    "250",
  );

  assert.match(await site.send({ ...forged, host: "stranger" }), /^451 4\.7\.1 .*again in/);
  assert.match(
    await site.send({ ...honest, ...PROGRAM, to: "joe@example.org" }),
    /^550 5\.7\.1 .*invoice\.exe/,
  );
  assert.match(
    await site.send({ ...honest, to: "x@elsewhere.example" }),
    /^554 5\.7\.1 .*Relay access denied/,
  );
  const client = await site.connect({ host: "partner" });
  assert.equal((await client.mail("ann@example.com", ["SIZE=24000000"])).code, 250);
  await client.rset();
  const large = await client.mail("ann@example.com", ["SIZE=25500000"]);
  assert.match(large.lines.join(), /^552 5\.3\.4 .*limit is 25 MB/);
  await client.quit();
}

async function ofItsOwn(site: RecipeSite): Promise<void> {
  const fields = [["X-Internal-Ticket", "7"], ["X-Mailer", "Scan 1.0"]] as const;
  const own = { from: "joe@example.org", fields } as const;
  const ways = [
    { host: "office", to: "office@example.com" },
    { host: "stranger", port: 465, login: "joe@example.org", to: "login@example.com" },
  ] as const;
  for (const way of ways) assert.equal(await site.send({ ...own, ...way }), "250");
  await site.postfix.sendmail(["-f", "root@example.org", "cron@example.com"], messageOf(own));
  for (const to of [...ways.map((way) => way.to), "cron@example.com"]) {
    const arrived = await site.arrived(to);
    assert.deepEqual(await site.signersOf(arrived), ["example.org"], arrived);
    assert.match(arrived, /^Subject: Hello\r$/m);
    assert.match(arrived, /A line\.\r\n\r\n.*Example Ltd, registered in Leeds/s);
    assert.doesNotMatch(arrived, /X-Internal|X-Mailer/);
  }

  // A login does not get the signature of others, and nobody relays without one.
  const other = {
    ...own,
    port: 465,
    login: "joe@elsewhere.example",
    sender: "joe@elsewhere.example",
  } as const;
  assert.equal(await site.send({ ...other, to: "unsigned@example.com" }), "250");
  assert.deepEqual(await site.signersOf(await site.arrived("unsigned@example.com")), []);
  assert.match(
    await site.send({ ...own, host: "office", port: 465, to: "x@example.com" }),
    /^554 5\.7\.1 .*Access denied/,
  );
}

async function stolenPassword(site: RecipeSite): Promise<void> {
  const client = await site.connect({ host: "spammer", port: 465, login: "eve@example.org" });
  await client.mail("eve@example.org");
  const codes: number[] = [];
  for (let i = 0; i < 205; i++) codes.push((await client.rcpt(`victim${i}@example.com`)).code);
  client.destroy();
  assert.deepEqual([codes.indexOf(451), codes.lastIndexOf(250)], [200, 199]);
  assert.match(await site.arrived("postmaster@example.org"), /^Subject: eve@example\.org is over the limit/m);
}
