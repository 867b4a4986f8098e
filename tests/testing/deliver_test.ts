// What an author of a filter gets to test it with.
import assert from "node:assert/strict";
import { AssertionError } from "node:assert";
import { describe, it } from "node:test";
import { accept, defineFilter, discard, type Filter, reject, tempfail, type Verdict } from "../../mod.ts";
import { deliver, TestSession } from "../../lib/testing.ts";

const nothing = defineFilter({ name: "nothing", eom() {} });

/** A filter that asks for changes. */
const changing = defineFilter({
  name: "changing",
  changes: [
    "addHeader",
    "changeHeader",
    "deleteHeader",
    "replaceBody",
    "addRcpt",
    "deleteRcpt",
    "changeFrom",
  ],
  eom(message) {
    message.addHeader("X-New", "1");
    message.changeHeader(message.headers.get("subject")!, "changed");
    const old = message.headers.get("x-old");
    if (old) message.deleteHeader(old);
    message.replaceBody("new\n");
    message.addRcpt("third@example.org");
    message.deleteRcpt("first@example.org");
    message.changeFrom("other@example.com");
  },
});

describe("deliver", () => {
  it("hands in a message of defaults", async () => {
    const delivered = await deliver(nothing);
    delivered.assertAccepted().assertUnchanged();
    assert.equal(delivered.message, "Subject: Test\r\n\r\nHello\r\n");
    assert.equal(delivered.sender, "sender@example.com");
    assert.deepEqual(delivered.recipients, ["recipient@example.org"]);
    assert.deepEqual(delivered.steps.map(({ event }) => event), [
      ...["connect", "helo", "mail", "rcpt", "data", "header", "eoh", "body", "eom"],
    ]);
    // The filter has one callback, so most is not even sent to it.
    assert.equal(delivered.steps.find(({ event }) => event === "data")!.sent, false);
    assert.equal(delivered.steps.find(({ event }) => event === "eom")!.sent, true);
  });

  it("tells every event and macro of the session", async () => {
    const seen: unknown[] = [];
    const watching: Filter = {
      name: "watching",
      connect: ({ hostname, address, port }, { macro }) =>
        void seen.push([hostname, address, port, macro("v")?.slice(0, 7), macro("auth_authen")]),
      helo: (name) => void seen.push(name),
      mail: (sender, { macro }) => void seen.push([sender.address, sender.arg("SIZE"), macro("mail_host")]),
      rcpt: (recipient, { macro }) => void seen.push([recipient.address, macro("{rcpt_addr}"), macro("i")]),
      header: (field) => void seen.push([field.name, field.value]),
      body: (chunk) => void seen.push(chunk.length),
    };
    await deliver(watching, {
      client: { hostname: "relay.example", address: "2001:db8::1", port: 25 },
      helo: "relay",
      from: "<a@example.com>",
      fromArgs: ["SIZE=3"],
      to: ["b@example.org", "<c@example.org>"],
      macros: { auth_authen: "alice", i: "QUEUE1" },
      header: [["X-A", "1"], ["X-A", "folded\r\n twice"]],
      body: "a\nb",
    });
    assert.deepEqual(seen, [
      ["relay.example", "2001:db8::1", 25, "Postfix", "alice"],
      "relay",
      ["a@example.com", "3", "example.com"],
      ["b@example.org", "b@example.org", undefined],
      ["c@example.org", "c@example.org", "QUEUE1"],
      ["X-A", "1"],
      ["X-A", "folded\n twice"],
      4,
    ]);
  });

  it("takes a whole message as text or bytes", async () => {
    const message = "Subject: one\n two\n\nbody\n";
    const asText = await deliver(nothing, { message });
    const asBytes = await deliver(nothing, { message: new TextEncoder().encode(message) });
    assert.equal(asText.message, "Subject: one\r\n two\r\n\r\nbody\r\n");
    assert.equal(asBytes.message, asText.message);
  });

  it("shows what was changed", async () => {
    const delivered = await deliver(changing, {
      to: ["first@example.org", "second@example.org"],
      header: { "X-Old": "gone", Subject: "as it was" },
    });
    delivered.assertAccepted().assertHeader("x-new", "1").assertHeader("Subject", /^chan/)
      .assertHeader("X-Old", null).assertBody("new\n").assertSender("other@example.com")
      .assertRecipients("third@example.org", "second@example.org");
    assert.equal(delivered.notes.length, 1);
    assert.equal(delivered.notes[0]?.filter, "changing");
  });

  it("shows labels", async () => {
    const labelling = defineFilter({
      name: "labelling",
      verdicts: ["eom"],
      eom(_message, { label }) {
        label("lottery");
        return reject();
      },
    });
    const delivered = await deliver(labelling, {});
    assert.deepEqual(delivered.assertRejected().labels, ["lottery"]);
  });

  it("follows the MTA that is asked for", async () => {
    const header = [["Subject", "a"], ["X-New", "old"]] as const;
    const on = async (mta: "postfix" | "sendmail") => {
      const { fields } = await deliver(changing, { mta, header });
      return fields.map(({ name, value }) => `${name}: ${value}`);
    };
    assert.deepEqual(await on("postfix"), ["Subject: changed", "X-New: old", "X-New: 1"]);
    assert.deepEqual(await on("sendmail"), ["Subject: changed", "X-New: 1", "X-New: old"]);
  });

  it("keeps NUL out of headers as the MTAs do", async () => {
    const message = "Subject: a\0b\nX: c\n\nd\0e\n";
    assert.equal((await deliver(nothing, { message })).message, "Subject: a\r\nX: c\r\n\r\nd\0e\r\n");
    const onSendmail = await deliver(nothing, { message, mta: "sendmail" });
    assert.equal(onSendmail.message, "Subject: ab\r\nX: c\r\n\r\nd\0e\r\n");
  });

  it("chains filters in their order", async () => {
    const second = defineFilter({
      name: "second",
      eom: (message) => message.headers.get("X-New") ? reject(550, "5.7.1", "seen") : undefined,
    });
    (await deliver([changing, second])).assertRejected(550, "seen");
    (await deliver([second, changing])).assertAccepted();
  });

  it("shows every verdict, and where it was given", async () => {
    const at = (
      event: "connect" | "helo" | "mail" | "data" | "header" | "eom",
      verdict: Verdict,
    ) => deliver({ name: "at", [event]: () => verdict });
    const rejected = await at("mail", reject());
    rejected.assertRejected();
    assert.equal(rejected.event, "mail");
    assert.equal(rejected.reply, undefined);
    (await at("connect", tempfail(421, "4.7.0", "busy"))).assertTempfailed(421, /^busy$/);
    (await at("helo", reject(550))).assertRejected(550);
    (await at("data", discard())).assertDiscarded();
    const accepted = await at("header", accept());
    accepted.assertAccepted().assertUnchanged();
    (await at("eom", reject(554, "5.7.1", "one", "two"))).assertRejected(554, "one two");
  });

  it("goes on with the recipients that are left", async () => {
    const choosy = defineFilter({
      name: "choosy",
      rcpt: ({ address }) => address.startsWith("no") ? reject(550, "5.1.1", `not ${address}`) : undefined,
    });
    const delivered = await deliver(choosy, { to: ["no@example.org", "yes@example.org"] });
    delivered.assertAccepted().assertRecipients("yes@example.org");
    assert.deepEqual(
      delivered.refused.map(({ recipient, outcome, reply }) => [recipient, outcome, reply?.code]),
      [
        ["no@example.org", "reject", 550],
      ],
    );
    const nobody = await deliver(choosy, { to: ["no@example.org", "no2@example.org"] });
    nobody.assertRejected(550, /no2/);
    assert.equal(nobody.event, "rcpt");
  });

  it("tells of a filter that fails", async () => {
    const failing = defineFilter({
      name: "failing",
      eom() {
        throw new TypeError("mistake");
      },
    });
    const delivered = await deliver(failing);
    delivered.assertTempfailed();
    assert.deepEqual(delivered.failures.map(({ filter, event }) => [filter, event]), [["failing", "eom"]]);
    assert.throws(() => delivered.assertAccepted(), (error: Error) => {
      assert.ok(error instanceof AssertionError);
      assert.match(error.message, /expected accept, got tempfail at eom\n.*failing failed at eom: .*mistake/);
      return true;
    });
    const forgiving = await deliver({ ...failing, onError: "accept" });
    assert.equal(forgiving.outcome, "accept");
    assert.throws(() => forgiving.assertAccepted(), /a filter failed\n.*mistake/);
  });

  it("tells of what fails at abort and close, when the message is over", async () => {
    const delivered = await deliver({
      name: "late",
      mail() {},
      close() {
        throw new Error("cannot let go");
      },
    });
    assert.deepEqual(delivered.failures.map(({ event, error }) => [event, (error as Error).message]), [
      ["close", "cannot let go"],
    ]);
    assert.throws(() => delivered.assertAccepted(), /late failed at close: .*cannot let go/s);
  });

  it("cuts a field of the header that no MTA would hand on whole", async () => {
    const delivered = await deliver(nothing, { header: { Subject: "x".repeat(100_000) } });
    assert.equal(delivered.assertAccepted().header("Subject")!.length, 59_991);
  });

  it("says why the filters' side gave up", async () => {
    const broken = deliver(nothing, { helo: "x".repeat(70_000) });
    await assert.rejects(
      broken,
      /The filter closed the connection before it answered \w+: .*length 70002 is more than/,
    );
  });

  it("holds a message", async () => {
    const holding = defineFilter({
      name: "holding",
      changes: ["quarantine"],
      eom: (message) => message.quarantine("look at this"),
    });
    (await deliver(holding)).assertHeld(/look/).assertAccepted();
    const passed = await deliver(nothing);
    assert.throws(() => passed.assertHeld(), /was not held/);
  });

  it("refuses a filter that cannot be served", async () => {
    await assert.rejects(
      deliver({ name: "x", changes: ["addHeadr" as "addHeader"] }),
      /did you mean "addHeader"/,
    );
  });
});

describe("assertions that do not hold", () => {
  const failing: [what: string, wanted: RegExp, work: () => Promise<unknown>][] = [
    [
      "accepted",
      /expected accept, got reject at mail/,
      async () => (await deliver({ name: "a", mail: () => reject() })).assertAccepted(),
    ],
    ["rejected", /expected reject, got accept at eom/, async () => (await deliver(nothing)).assertRejected()],
    [
      "a code",
      /expected a reply with code 550, got 551 no/,
      async () =>
        (await deliver({ name: "a", mail: () => reject(551, undefined, "no") })).assertRejected(550),
    ],
    [
      "the MTA's own reply",
      /expected a reply with code 550, got the MTA's own reply/,
      async () => (await deliver({ name: "a", mail: () => reject() })).assertRejected(550),
    ],
    [
      "a text",
      /The reply is "no"; expected \/yes\//,
      async () =>
        (await deliver({ name: "a", mail: () => reject(550, undefined, "no") })).assertRejected(550, /yes/),
    ],
    ["tempfailed", /expected tempfail/, async () => (await deliver(nothing)).assertTempfailed()],
    ["discarded", /expected discard/, async () => (await deliver(nothing)).assertDiscarded()],
    [
      "a header's value",
      /Subject is "Test"; expected "Tst"/,
      async () => (await deliver(nothing)).assertHeader("Subject", "Tst"),
    ],
    ["a header", /there is no X-A/, async () => (await deliver(nothing)).assertHeader("X-A", "1")],
    [
      "no header",
      /there is a subject: Test/,
      async () => (await deliver(nothing)).assertHeader("subject", null),
    ],
    ["a body", /The body is "Hello\\n"/, async () => (await deliver(nothing)).assertBody("Bye\n")],
    [
      "recipients",
      /it goes to recipient@example.org; expected nobody/,
      async () => (await deliver(nothing)).assertRecipients(),
    ],
    ["a sender", /The sender is/, async () => (await deliver(nothing)).assertSender("x")],
    [
      "nothing changed",
      /it was changed: .*addHeader/,
      async () => (await deliver(changing)).assertUnchanged(),
    ],
  ];
  for (const [what, wanted, work] of failing) {
    it(`say so: ${what}`, async () => {
      await assert.rejects(work, (error: Error) => {
        assert.ok(error instanceof AssertionError, String(error));
        assert.match(error.message, wanted);
        assert.match(error.stack!, /deliver_test\.ts/);
        assert.doesNotMatch(error.stack!, /delivered\.ts/);
        return true;
      });
    });
  }
});

describe("a session of several messages", () => {
  it("keeps the state of the connection, and lets go of it at the end", async () => {
    const told: string[] = [];
    const counting = defineFilter({
      name: "counting",
      connectionState: () => ({ messages: 0 }),
      connect: () => void told.push("connect"),
      mail: (_sender, { connectionState }) => void told.push(`mail ${++connectionState.messages}`),
      abort: () => void told.push("abort"),
      close: () => void told.push("close"),
    });
    const session = await TestSession.open(counting);
    (await session.deliver()).assertAccepted();
    (await session.deliver({ from: "" })).assertAccepted();
    await session.close();
    assert.deepEqual(told, ["connect", "mail 1", "mail 2", "close"]);
  });

  it("is over when the filters have closed, however long they take", async () => {
    let closed = false;
    const session = await TestSession.open({
      name: "slow",
      connect() {},
      async close() {
        await new Promise((resolve) => setTimeout(resolve, 20));
        closed = true;
      },
    });
    await session.deliver();
    await session.close();
    assert.ok(closed);
  });

  it("says at its end what failed there", async () => {
    const session = await TestSession.open({
      name: "late",
      connect() {},
      close: () => Promise.reject(new Error("cannot let go")),
    });
    (await session.deliver()).assertAccepted();
    await assert.rejects(session.close(), (error: AggregateError) => {
      assert.match(error.message, /filter late failed at close/);
      assert.match(String(error.errors[0]), /cannot let go/);
      return true;
    });
  });

  it("stays refused once it is", async () => {
    const session = await TestSession.open({ name: "no", connect: () => reject(554, "5.7.1", "go") });
    (await session.deliver()).assertRejected(554, "go");
    (await session.deliver()).assertRejected(554, "go");
    await session.close();
  });

  it("goes on after a message that was refused in its midst", async () => {
    const aborted: string[] = [];
    const onHeader = defineFilter({
      name: "header",
      header: ({ value }) => value === "bad" ? reject() : undefined,
    });
    const watching = defineFilter({ name: "watching", mail() {}, abort: () => void aborted.push("abort") });
    const session = await TestSession.open([onHeader, watching]);
    (await session.deliver({ header: { Subject: "bad" } })).assertRejected();
    (await session.deliver({ header: { Subject: "good" } })).assertAccepted();
    await session.close();
    assert.deepEqual(aborted, ["abort"]);
  });
});
