// A connection in a test: parts of messages, other commands, the log, and the filters that it makes.
import assert from "node:assert/strict";
import { AssertionError } from "node:assert";
import { describe, it } from "node:test";
import { defineFilter, type Filter, InvalidSettingError, OptionError, reject, tempfail } from "../../mod.ts";
import { deliver, make, TestSession } from "../../lib/testing.ts";

/** A filter that notes every event. */
function noting(): { readonly filter: Filter; readonly seen: string[] } {
  const seen: string[] = [];
  const note = (event: string, what = "") => void seen.push(what === "" ? event : `${event} ${what}`);
  const filter: Filter = {
    name: "noting",
    connect: () => note("connect"),
    helo: (name) => note("helo", name),
    mail: ({ address }) => note("mail", address),
    rcpt: ({ address }) => note("rcpt", address),
    data: () => note("data"),
    header: ({ name }) => note("header", name),
    eoh: () => note("eoh"),
    body: () => note("body"),
    eom: () => note("eom"),
    unknown: (command) => note("unknown", command),
    abort: () => note("abort"),
    close: () => note("close"),
  };
  return { filter, seen };
}

const MAIL = { from: "a@example.com", to: ["b@example.org", "c@example.org"], header: { A: "1", B: "2" } };

describe("a part of a message", () => {
  const upTo = {
    mail: ["mail a@example.com"],
    rcpt: ["rcpt b@example.org", "rcpt c@example.org"],
    data: ["data"],
    header: ["header A", "header B"],
    eoh: ["eoh"],
    body: ["body"],
  };
  const events = Object.keys(upTo) as (keyof typeof upTo)[];
  for (const [i, until] of events.entries()) {
    it(`ends at ${until} when the client hangs up`, async () => {
      const { filter, seen } = noting();
      const session = await TestSession.open(filter, { helo: "client" });
      const answered = await session.begin(MAIL, { until });
      answered.assertAccepted();
      assert.equal(answered.event, until);
      await session.hangUp();
      const sent = events.slice(0, i + 1).flatMap((event) => upTo[event]);
      assert.deepEqual(seen, ["connect", "helo client", ...sent, "abort", "close"]);
      await session.close();
    });
  }

  it("can be followed by another message, HELO or RSET", async () => {
    const { filter, seen } = noting();
    const session = await TestSession.open(filter, { helo: "client" });
    await session.begin(MAIL, { until: "mail" });
    await session.begin(MAIL, { until: "mail" });
    await session.helo("again");
    await session.begin(MAIL, { until: "mail" });
    session.reset();
    session.reset();
    await session.begin(MAIL, { until: "mail" });
    (await session.deliver({ ...MAIL, to: "d@example.org" })).assertAccepted();
    await session.close();
    const mail = "mail a@example.com";
    assert.deepEqual(seen, [
      ...["connect", "helo client", mail, "abort", mail, "abort", "helo again", mail, "abort", mail, "abort"],
      ...[mail, "rcpt d@example.org", "data", "header A", "header B", "eoh", "body", "eom", "close"],
    ]);
  });

  it("ends where a filter ends the message", async () => {
    const filter = defineFilter({
      name: "no-b",
      header: ({ name }) => name === "B" ? reject(550) : undefined,
    });
    const session = await TestSession.open(filter);
    const answered = await session.begin(MAIL);
    answered.assertRejected(550);
    assert.equal(answered.event, "header");
    (await session.begin(MAIL, { until: "data" })).assertAccepted();
    await session.close();
  });

  it("must be a part", async () => {
    const session = await TestSession.open(noting().filter);
    await assert.rejects(session.begin(MAIL, { until: "eom" as "body" }), InvalidSettingError);
    await session.close();
  });
});

describe("other commands", () => {
  it("come before, between and in messages", async () => {
    const { filter, seen } = noting();
    const session = await TestSession.open(filter, { helo: "client" });
    (await session.unknown("XCMD arg")).assertAccepted();
    await session.begin(MAIL, { until: "mail" });
    await session.unknown("XIN");
    await session.hangUp();
    assert.deepEqual(seen, [
      ...[
        "connect",
        "helo client",
        "unknown XCMD arg",
        "mail a@example.com",
        "unknown XIN",
        "abort",
        "close",
      ],
    ]);
    await session.close();
  });

  it("are answered", async () => {
    const strict = defineFilter({
      name: "strict",
      helo: (name) => name === "bad" ? tempfail(450, "4.7.1", "bad name") : undefined,
      unknown: (command) => command.startsWith("X") ? reject(500, "5.5.1", "no X") : undefined,
    });
    const session = await TestSession.open(strict);
    (await session.unknown("XCMD")).assertRejected(500, "no X");
    (await session.unknown("OTHER")).assertAccepted();
    const late = await session.helo("good");
    late.assertAccepted();
    assert.equal(late.event, "helo");
    assert.throws(() => late.assertRejected(), AssertionError);
    const answered = await session.helo("bad");
    answered.assertTempfailed(450, /bad/);
    await session.close();
  });
});

describe("assertions", () => {
  const filter = defineFilter({
    name: "no",
    header: (field) => field.is("Subject") ? reject(550) : undefined,
  });

  // That these compile is the test: a test must return nothing, or a promise of nothing.
  it("can be a test of one line", async () =>
    (await deliver(filter, { header: { Subject: "x" } })).assertRejected(550));
  it("can be the last word of a chain", async () =>
    (await deliver(filter, { header: { To: "x" } })).assertAccepted().assertHeader("To", "x")
      .assertUnchanged());

  it("return what they are about", async () => {
    const delivered = await deliver(filter);
    assert.equal(delivered.assertRejected(550).assertNoFailures(), delivered);
    assert.equal(delivered.assertRejected().recipients.length, 1);
  });
});

describe("the log", () => {
  const talking = defineFilter({
    name: "talking",
    create(_options, kit) {
      kit.log.info("made");
      return {
        mail: ({ address }, { log }) => log.warning("a sender", { address }),
        abort: (context) => context.log.debug("aborted"),
        dispose: () => kit.log.error("disposed"),
      };
    },
  });

  it("has what filters write, message by message", async () => {
    const delivered = await deliver(talking, { from: "a@example.com" });
    assert.deepEqual(delivered.logs.map(({ filter, level, text }) => `${filter} ${level} ${text}`), [
      "talking info made",
      "talking warning a sender",
      "talking error disposed",
    ]);
    assert.deepEqual(delivered.logs[1]?.fields, { address: "a@example.com" });
    const session = await TestSession.open(talking);
    (await session.deliver()).assertLogged("made");
    const begun = await session.begin({}, { until: "mail" });
    await session.hangUp();
    begun.assertLogged("aborted", "debug");
    assert.throws(() => begun.assertLogged("made"), AssertionError);
    await session.close();
  });

  it("is asserted by text and level", async () => {
    const delivered = await deliver(talking);
    delivered.assertLogged(/^a send/).assertLogged("a sender", "warning").assertAccepted();
    assert.throws(() => delivered.assertLogged(/sender/, "error"), {
      message: "no filter logged error: /sender/; the log has\n  talking: info: made\n" +
        "  talking: warning: a sender\n  talking: error: disposed",
    });
    const quiet = await deliver(noting().filter);
    assert.throws(() => quiet.assertLogged("x"), { message: 'no filter logged "x"; nothing was logged' });
  });
});

describe("filters with create", () => {
  const states: string[] = [];
  const counted = defineFilter({
    name: "counted",
    create(_options, kit) {
      const messages = kit.counter("messages_total", "Messages");
      states.push("made");
      kit.signal.addEventListener("abort", () => states.push("ended"));
      return {
        eom: () => messages.add(),
        close: () => void states.push("closed"),
        dispose: () => void states.push("disposed"),
      };
    },
  });

  it("are made, and disposed when the delivery or the session ends", async () => {
    states.length = 0;
    (await deliver([counted, noting().filter])).assertAccepted();
    assert.deepEqual(states.splice(0), ["made", "closed", "ended", "disposed"]);
    const session = await TestSession.open(counted);
    await session.deliver();
    await session.hangUp();
    assert.deepEqual(states.splice(0), ["made", "closed"]);
    await session.close();
    await session.close();
    assert.deepEqual(states.splice(0), ["ended", "disposed"]);
  });

  it("are disposed where the session cannot begin", async () => {
    states.length = 0;
    await assert.rejects(deliver([counted, { name: "wrong", rctp() {} } as Filter]), /did you mean "rcpt"/);
    assert.deepEqual(states.splice(0), [], "nothing is made if one of them is wrong");
    const broken = defineFilter({ name: "broken", create: () => Promise.reject(new Error("no database")) });
    await assert.rejects(deliver([counted, broken]), /no database/);
    assert.deepEqual(states.splice(0), ["made", "ended", "disposed"]);
  });

  it("stay with the caller who made them, and count", async () => {
    states.length = 0;
    const filter = await make(counted);
    await deliver(filter);
    await deliver(filter);
    assert.deepEqual(states.splice(0), ["made", "closed", "closed"]);
    assert.equal(filter.metrics.count("messages_total"), 2);
    await filter.dispose();
    assert.deepEqual(states, ["ended", "disposed"]);
  });

  it("need make for options that must be given", async () => {
    const needy = defineFilter({
      name: "needy",
      options: { word: { kind: "string", required: true, description: "A word" } },
      create: () => ({ eom() {} }),
    });
    await assert.rejects(deliver(needy), OptionError);
  });
});
