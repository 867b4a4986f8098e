// docs/recipes/submission behind a real Postfix. Runs once: only programs are driven here, which are the same whatever runtime
// drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { latin1Text } from "../mta/text.ts";
import { skipFor } from "../../support/instance.ts";
import { NextHop } from "../../support/next_hop.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { SmtpClient } from "../../support/smtp_client.ts";
import { RecipeSite } from "./site.ts";
import { PROGRAM } from "./world.ts";

const skip = skipFor(await postfixProblem());

test("a submission server: a login, TLS and an address of ours are needed, and everything is signed", {
  skip,
  timeout: 120_000,
}, async () => {
  const mx = await NextHop.start();
  const site = await RecipeSite.start("submission", {
    keys: ["example.org/2026", "sales.example.org/2026"],
    domains: [],
    replace: { "inet:25@mx.example.org": `inet:${mx.port}@127.0.0.1` },
  });
  try {
    await send(site);
    await limits(site, mx);
  } finally {
    await site.stop();
    await mx.stop();
  }
});

test(
  "a submission server: mail that cannot be signed does not leave",
  { skip, timeout: 120_000 },
  async () => {
    const site = await RecipeSite.start("submission", { keys: ["example.org/2026"], domains: [] });
    try {
      const ann = { ...JOE, from: "ann@sales.example.org", login: "ann@sales.example.org" } as const;
      assert.match(
        await site.send({ ...ann, to: "x@example.com" }),
        /^550 5\.7\.20 Not signed: there is no key for sales\.example\.org$/,
      );
    } finally {
      await site.stop();
    }
  },
);

const JOE = { host: "stranger", from: "joe@example.org", login: "joe@example.org", port: 465 } as const;

async function send(site: RecipeSite): Promise<void> {
  const fields = [["User-Agent", "Mail 1.0"], ["X-Internal-Ticket", "7"]] as const;
  for (const port of [465, 587]) {
    const to = `at${port}@example.com`;
    assert.equal(await site.send({ ...JOE, fields, port, to }), "250");
    const arrived = await site.arrived(to);
    assert.deepEqual(await site.signersOf(arrived), ["example.org"]);
    assert.doesNotMatch(arrived, /User-Agent|X-Internal/);
  }
  const sales = { ...JOE, from: "ann@sales.example.org", login: "ann@sales.example.org" } as const;
  assert.equal(await site.send({ ...sales, to: "sales@example.com" }), "250");
  assert.deepEqual(await site.signersOf(await site.arrived("sales@example.com")), ["sales.example.org"]);

  // The signature of a domain is for logins of that domain.
  assert.equal(
    await site.send({ ...sales, from: JOE.from, sender: sales.from, to: "other@example.com" }),
    "250",
  );
  assert.deepEqual(await site.signersOf(await site.arrived("other@example.com")), []);

  const { login: _, ...withoutLogin } = JOE;
  assert.match(await site.send({ ...withoutLogin, to: "x@example.com" }), /^5\d\d 5\.7\.1 /);
  const client = await SmtpClient.connect(site.portOf(587));
  assert.doesNotMatch((await client.ehlo()).text, /AUTH/, "no login without TLS");
  client.destroy();

  const foreign = { ...JOE, from: "joe@elsewhere.example", sender: JOE.from, to: "x@example.com" } as const;
  assert.equal(await site.send(foreign), "550 5.7.1 Write From with an address of example.org");
  assert.match(await site.send({ ...JOE, sender: "boss@example.org", to: "x@example.com" }), /^553 5\.7\.1 /);
  const everybody = "everybody@example.org";
  assert.equal(await site.send({ ...JOE, to: everybody }), "550 5.7.1 Only the office writes to everybody");
  const boss = { ...JOE, from: "boss@example.org", login: "boss@example.org", to: everybody } as const;
  assert.equal(await site.send(boss), "250");
  assert.match(await site.send({ ...JOE, ...PROGRAM, to: "x@example.com" }), /^550 5\.7\.1 .*invoice\.exe/);
}

async function limits(site: RecipeSite, mx: NextHop): Promise<void> {
  const client = await site.connect({ ...JOE, host: "spammer", login: "eve@example.org" });
  await client.mail("eve@example.org");
  const codes: number[] = [];
  for (let i = 0; i < 32; i++) codes.push((await client.rcpt(`victim${i}@example.com`)).code);
  client.destroy();
  assert.deepEqual([codes.indexOf(451), codes.lastIndexOf(250)], [30, 29]);
  const [notice] = await mx.waitFor(1);
  assert.match(latin1Text(notice!.data), /^Subject: eve@example\.org is over the limit 100\/1h burst 30/m);
}
