// Filters that are not for all recipients of a message.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dryRun } from "../../lib/filter/dry_run.ts";
import type { Scope } from "../../lib/filter/scope.ts";
import { accept, discard, reject, tempfail } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { HeaderField } from "../../lib/message/header.ts";
import type { MtaClient } from "../../lib/mta/client.ts";
import { type AnyFilter, gate, grouped, MESSAGE, probe, served, turns } from "../server/support.ts";
import { heard } from "./scope_support.ts";

describe("a filter that is not for all recipients", () => {
  const mine: Scope = { recipient: ({ address }) => address.startsWith("me") };
  const send = (mta: MtaClient, ...to: string[]) =>
    mta.message(MESSAGE, { to: to.map((name) => `${name}@example.net`) });

  it("hears nothing of a message for others", async () => {
    assert.equal(await heard(mine, (mta) => send(mta, "you", "her")), "close:1");
  });

  it("hears of the sender with the first of its own, and of those alone", async () => {
    const addresses: string[] = [];
    const log = await heard(mine, (mta) => send(mta, "you", "me1", "her", "me2"), {
      mail: ((sender: EnvelopeAddress) => void addresses.push(sender.address)) as never,
      rcpt: ((recipient: EnvelopeAddress) => void addresses.push(recipient.address)) as never,
    });
    assert.equal(log, "mail:1 rcpt:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1 close:1");
    assert.deepEqual(addresses.slice(1), ["me1@example.net", "me2@example.net"]);
  });

  for (const verdict of [reject, tempfail]) {
    for (const later of [false, true]) {
      it(`has its ${verdict().kind} of the sender refuse its own recipients${later ? ", later" : ""}`, async () => {
        const results: unknown[] = [];
        const log = await heard(mine, async (mta) => {
          const { answer, refused } = await send(mta, "me1", "you", "me2");
          results.push(answer.verdict, refused.map(({ recipient }) => recipient));
        }, { mail: () => later ? turns(1).then(() => verdict()) : verdict() });
        assert.equal(log, "mail:1 close:1");
        assert.deepEqual(results, ["continue", ["me1@example.net", "me2@example.net"]]);
      });
    }
  }

  it("is not asked about the content of a message whose recipients it refused", async () => {
    let calls = 0;
    const log = await heard(mine, (mta) => send(mta, "me1", "me2", "you"), {
      rcpt: () => ++calls === 1 ? reject() : undefined,
    });
    // The second one was not refused.
    assert.equal(log, "mail:1 rcpt:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1 close:1");
  });

  it("leaves the message to the MTA once it is known that it is for nobody, where there is no other filter", async () => {
    await served([probe("1", [], {}, { scope: mine })], async ({ open }) => {
      const mta = await open();
      await mta.mail("s@example.org");
      assert.equal((await mta.rcpt("you@example.net")).verdict, "continue");
      assert.equal((await mta.data()).verdict, "accept");
      // Before version 4 there is no DATA.
      const old = await open({ offer: { version: 3 } });
      await old.mail("s@example.org");
      await old.rcpt("you@example.net");
      assert.equal((await old.header(HeaderField.of("A", "1"))).verdict, "accept");
    });
  });

  it("asks about the sender of the next message anew", async () => {
    let calls = 0;
    const log = await heard(mine, async (mta) => {
      await send(mta, "me1", "me2");
      await send(mta, "me1");
    }, { mail: () => ++calls === 1 ? reject() : undefined });
    assert.equal(log, "mail:1 mail:1 rcpt:1 data:1 header:1 header:1 eoh:1 body:1 eom:1 close:1");
  });

  it("hears of the connection again when a message that it was not told of is aborted", async () => {
    const log = await heard(mine, async (mta) => {
      await mta.mail("s@example.org");
      await mta.rcpt("you@example.net");
      mta.abort();
      await mta.helo("again");
    });
    assert.equal(log, "helo:1 close:1");
  });

  it("does not hear of a message with a recipient that the MTA rejected", async () => {
    const log: string[] = [];
    const filter = probe("1", log, {}, { scope: mine, rejectedRecipients: true });
    await served([filter], async ({ open }) => {
      const mta = await open();
      log.length = 0;
      await mta.mail("s@example.org");
      mta.macros("rcpt", { rcpt_mailer: "error" });
      await mta.rcpt("me1@example.net");
      assert.equal(grouped(log), "");
      mta.macros("rcpt", { rcpt_mailer: "local" });
      await mta.rcpt("me2@example.net");
      mta.macros("rcpt", { rcpt_mailer: "error" });
      await mta.rcpt("me3@example.net");
      assert.equal(grouped(log), "mail:1 rcpt:1 rcpt:1");
    });
  });

  it("has its discard of the sender discard the message", async () => {
    const outcomes: unknown[] = [];
    await served([probe("1", [], { mail: () => discard() }, { scope: mine })], async ({ open, reports }) => {
      await send(await open(), "you", "me");
      outcomes.push(...reports().map(({ outcome, event }) => `${outcome} ${event}`));
    });
    assert.deepEqual(outcomes, ["discard rcpt"]);
  });

  it("has its accept of the sender accept for itself", async () => {
    const log = await heard(mine, (mta) => send(mta, "me1", "me2"), { mail: () => accept() });
    assert.equal(log, "mail:1 close:1");
  });

  it("may refuse the sender where it declares no verdict on recipients", async () => {
    await served(
      [
        { name: "1", scope: mine, verdicts: ["mail"], mail: () => reject(550, "5.7.1", "no") },
        probe("2", []),
      ],
      async ({ open, of }) => {
        const { refused } = await send(await open(), "you", "me");
        assert.equal(refused.length, 1);
        assert.deepEqual(of("filter-error"), []);
      },
    );
  });

  it("may not refuse the sender where it does not declare that", async () => {
    await served(
      [{ name: "1", scope: mine, verdicts: ["rcpt"], mail: () => reject(), rcpt() {} }],
      async ({ open, first, firstReport }) => {
        await send(await open(), "me");
        assert.match(String(first("filter-error").error), /does not declare "mail" in its verdicts/);
        assert.equal(firstReport().outcome, "tempfail");
      },
    );
  });

  it("is told of an abort only where it heard of the message", async () => {
    for (const [name, expected] of [["you", "close:1"], ["me", "mail:1 rcpt:1 abort:1 close:1"]]) {
      const log = await heard(mine, async (mta) => {
        await mta.mail("s@example.org");
        await mta.rcpt(`${name}@example.net`);
        mta.abort();
      });
      assert.equal(log, expected);
    }
  });

  it("does not go on with the recipient when its answer about the sender came too late", async () => {
    const late = gate();
    const log: string[] = [];
    const filter = probe("1", log, { mail: () => late.opened }, { scope: mine, timeout: 20 });
    await served([filter], async ({ open, first }) => {
      const mta = await open();
      log.length = 0;
      await send(mta, "me");
      assert.match(String(first("filter-error").error), /No answer within/);
      late.open();
      await turns();
      assert.equal(grouped(log), "mail:1 abort:1");
    });
  });

  it("does not take an answer that came too late for one about the next message", async () => {
    const late = gate();
    const log: string[] = [];
    let calls = 0;
    const mail = () => ++calls === 1 ? late.opened : undefined;
    await served([probe("1", log, { mail }, { scope: mine, timeout: 20 })], async ({ open }) => {
      const mta = await open();
      await send(mta, "me");
      await mta.mail("s@example.org");
      await mta.rcpt("me@example.net");
      log.length = 0;
      late.open();
      await turns();
      assert.deepEqual(log.filter((entry) => !entry.startsWith("abort")), []);
    });
  });

  it("only logs its refusals in a dry run", async () => {
    const filter = dryRun(probe("1", [], { mail: () => reject() }, { scope: mine }));
    await served([filter], async ({ open, firstReport }) => {
      const { answer, refused } = await send(await open(), "me1", "you", "me2");
      assert.deepEqual([answer.verdict, refused], ["accept", []]);
      assert.deepEqual(firstReport().notes.map(({ verdict, dryRun }) => [verdict, dryRun]), [
        ["reject", true],
        ["reject", true],
      ]);
    });
  });

  it("takes no part in a message that it was not for", async () => {
    await served([probe("1", [], {}, { scope: mine }), probe("2", [])], async ({ open, reports }) => {
      const mta = await open();
      await send(mta, "you");
      await send(mta, "me");
      assert.deepEqual(reports().map(({ filters }) => filters.map(({ filter }) => filter)), [["2"], [
        "1",
        "2",
      ]]);
    });
  });

  it("has its changes seen by those behind it only where it takes part", async () => {
    const adds: AnyFilter = {
      name: "adds",
      scope: mine,
      verdicts: [],
      changes: ["addHeader"],
      eom: (message) => message.addHeader("X-Mine", "yes"),
    };
    const seen: string[] = [];
    const looks: AnyFilter = { name: "looks", verdicts: [], header: ({ name }) => void seen.push(name) };
    await served([adds, looks], async ({ open }) => {
      const mta = await open();
      await send(mta, "you");
      await send(mta, "me");
    });
    assert.deepEqual(seen, ["Subject", "X-A", "Subject", "X-A", "X-Mine"]);
  });
});
