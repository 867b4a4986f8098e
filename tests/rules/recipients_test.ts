// Rules and recipients: each recipient is asked about by itself.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestMail } from "../../lib/testing.ts";
import { fate, through, type Words } from "./support.ts";

const POSTMASTER = "postmaster@example.org";
const JOE = "joe@example.org";
const TRAP = "trap@example.org";

/** What became of a message, and to whom it goes. */
async function goes(words: Words, to: readonly string[], mail: TestMail = {}): Promise<[string, string]> {
  const delivered = await through(words, { ...mail, to });
  return [fate(delivered), delivered.recipients.join(" ")];
}

describe("a rule about recipients", () => {
  it("refuses them one by one at RCPT", async () => {
    const words = ["rule trap", `only-recipient ${TRAP}`, "reject 550 5.1.1 No {rcpt_to} here"];
    assert.deepEqual(await goes(words, [JOE, TRAP]), [`accept; ${TRAP}: 550 No ${TRAP} here`, JOE]);
    const [said] = await goes(words, [TRAP]);
    assert.equal(said, `reject at rcpt 550 5.1.1 No ${TRAP} here; ${TRAP}: 550 No ${TRAP} here`);
  });

  it("that accepts spares its recipients what comes behind, and only them", async () => {
    const words = [
      ...["rule postmaster", `only-recipient ${POSTMASTER}`, "accept"],
      ...["rule known", `not-recipient ${JOE}`, "reject 550 5.1.1 Nobody here"],
      ...["rule lottery", "only-subject /lottery/", "reject 554 No lotteries"],
    ];
    assert.deepEqual(
      await goes(words, [POSTMASTER, JOE, TRAP]),
      [`accept; ${TRAP}: 550 Nobody here`, `${POSTMASTER} ${JOE}`],
    );
    const lottery = { header: { Subject: "lottery" } };
    assert.equal((await goes(words, [POSTMASTER], lottery))[0], "accept");
    // At the end a message is refused for all, or for none.
    assert.equal((await goes(words, [POSTMASTER, JOE], lottery))[0], "reject at eom 554 5.7.1 No lotteries");
  });

  it("drops the message for its recipients, and for all only if all are meant", async () => {
    const words = ["rule trap", `only-recipient ${TRAP}`, "discard"];
    assert.deepEqual(await goes(words, [JOE, TRAP]), ["accept", JOE]);
    assert.equal((await goes(words, [TRAP]))[0], "discard at eom");
    assert.equal((await goes(["rule all", "discard"], [JOE, TRAP]))[0], "discard at mail");
  });

  it("redirects what is for its recipients", async () => {
    const words = [
      "rule gone",
      `only-recipient ${JOE}`,
      "redirect ann@example.org",
      "redirect Bob@example.org",
    ];
    const { 1: both } = await goes(words, [JOE, POSTMASTER]);
    assert.equal(both, `${POSTMASTER} ann@example.org Bob@example.org`);
    // Who gets it anyway does not get it twice, and keeps it.
    assert.deepEqual(await goes(words, ["ANN@example.org", JOE]), [
      "accept",
      "ANN@example.org Bob@example.org",
    ]);
    assert.deepEqual(await goes(["rule a", "redirect joe@example.org"], [JOE, TRAP]), ["accept", JOE]);
  });

  it("holds and changes the message for all", async () => {
    const words = ["rule trap", `only-recipient ${TRAP}`, "quarantine Trap", "add X-Trap: {rcpt_to}"];
    const delivered = await through(words, { to: [JOE, TRAP] });
    delivered.assertHeld("Trap").assertHeader("X-Trap", `${JOE}, ${TRAP}`);
    assert.deepEqual(delivered.recipients, [JOE, TRAP]);
    (await through(words, { to: [JOE] })).assertAccepted().assertUnchanged();
  });

  it("that adds a recipient does so once", async () => {
    const words = [
      "match all",
      "rule a",
      "add-recipient copy@example.org",
      "rule b",
      "add-recipient copy@example.org",
    ];
    assert.deepEqual(await goes(words, [JOE]), ["accept", `${JOE} copy@example.org`]);
    assert.deepEqual(await goes(words, ["Copy@example.org"]), ["accept", "Copy@example.org"]);
  });

  it("that redirects or adds does so even if the message is dropped for those it was for", async () => {
    const boss = "boss@example.org";
    const dropping = ["rule d", `only-recipient ${JOE}`, "only-subject /Test/", "discard"];
    for (const action of [`redirect ${boss}`, `add-recipient ${boss}`]) {
      const words = ["match all", "rule r", `only-recipient ${JOE}`, action, ...dropping];
      assert.deepEqual(await goes(words, [JOE]), ["accept", boss]);
      assert.deepEqual(await goes(words, [JOE, TRAP]), ["accept", `${TRAP} ${boss}`]);
      const all = ["match all", "rule r", action, "rule d", "discard"];
      assert.deepEqual(await goes(all, [JOE, TRAP]), ["accept", boss]);
      const fields = ["match field", "rule r", "field /^X-A/", action, "rule d", "field /^X-B/", "discard"];
      assert.deepEqual(await goes(fields, [JOE], { header: { "X-A": "1", "X-B": "1" } }), ["accept", boss]);
    }
  });

  it("that drops the message for a recipient does so although others are redirected there", async () => {
    const dropping = ["rule d", `only-recipient ${JOE}`, "discard"];
    const all = ["match all", "rule r", `redirect ${JOE.toUpperCase()}`, ...dropping];
    assert.equal((await goes(all, [JOE, TRAP]))[0], "discard at eom");
    assert.equal((await goes(all, [JOE]))[0], "discard at eom");
    const first = ["rule r", `only-recipient ${TRAP}`, `redirect ${JOE}`, ...dropping];
    assert.equal((await goes(first, [JOE, TRAP]))[0], "discard at eom");
    assert.deepEqual(await goes(first, [JOE, TRAP, POSTMASTER]), ["accept", POSTMASTER]);
    assert.deepEqual(await goes(first, [TRAP]), ["accept", JOE]);
  });

  it("of two that act for different recipients, a refusal wins, and of two refusals the first rule's", async () => {
    const subject = "only-subject /./";
    const words = [
      ...["rule a", `only-recipient ${JOE}`, subject, "discard"],
      ...["rule b", `only-recipient ${TRAP}`, subject, "reject 550 B"],
      ...["rule c", `only-recipient ${POSTMASTER}`, subject, "tempfail 450 C"],
    ];
    assert.equal((await goes(words, [POSTMASTER, TRAP, JOE]))[0], "reject at eom 550 5.7.1 B");
    assert.equal((await goes(words, [POSTMASTER, JOE]))[0], "tempfail at eom 450 4.7.1 C");
    assert.equal((await goes(words, [JOE]))[0], "discard at eom");
  });

  it("leaves recipients alone that the filter itself is not for", async () => {
    const only = `only-recipient ${JOE}`;
    assert.deepEqual(
      await goes([only, "rule a", "redirect ann@example.org"], [JOE, TRAP]),
      ["accept", `${TRAP} ann@example.org`],
    );
    for (const condition of [[], ["only-subject /Test/"], ["only-recipient-address /@/"]]) {
      const words = [only, "rule a", ...condition, "discard"];
      assert.deepEqual(await goes(words, [JOE, TRAP]), ["accept", TRAP], condition.join());
      assert.equal((await goes(words, [JOE]))[0], "discard at eom", condition.join());
      assert.deepEqual(await goes(words, [TRAP]), ["accept", TRAP], condition.join());
    }
    const refusing = [only, "rule a", "reject 550 Not {mail_from}"];
    assert.deepEqual(
      await goes(refusing, [JOE, TRAP]),
      [`accept; ${JOE}: 550 Not sender@example.com`, TRAP],
    );
  });

  it("waits for the results of SPF at each recipient", async () => {
    const spf = {
      name: "spf",
      verdicts: [],
      authenticates: ["spf"],
      mail(
        _: unknown,
        { results }: {
          results: { expect(found: Promise<readonly { method: string; result: string }[]>): void };
        },
      ) {
        results.expect(Promise.resolve().then(() => [{ method: "spf", result: "fail" }]));
      },
    };
    const words = [
      "rule spf",
      "only-result spf=fail",
      "not-recipient joe@example.org",
      "reject 550 5.7.23 SPF",
    ];
    const delivered = await through(words, { to: [JOE, TRAP] }, [spf]);
    assert.equal(fate(delivered), `accept; ${TRAP}: 550 SPF`);
    const late = await through(
      ["rule spf", "only-result spf=fail", "only-subject /Test/", "reject 550 SPF"],
      {},
      [spf],
    );
    assert.equal(fate(late), "reject at eom 550 5.7.1 SPF");
    await assert.rejects(through(words, {}), /no filter before it gives results of spf/);
    await assert.rejects(
      through(["rule a", "only-result dmarc=fail", "reject No"], {}, [spf]),
      /no filter before it gives results of dmarc/,
    );
    await assert.rejects(
      through(words, {}, [{ name: "any", verdicts: [], authenticates: ["*"] }]),
      /it asks for spf at each recipient, but no filter before it names spf/,
    );
  });
});
