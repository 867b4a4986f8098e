// What `milterkit check` says of messages, and with whom it hands them in.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CHECK_OPTIONS } from "../../cli/commands/check/options.ts";
import type { CheckedMessage } from "../../cli/commands/check/check_message.ts";
import { envelopeOf } from "../../cli/commands/check/envelope.ts";
import { jsonReport } from "../../cli/commands/check/json_report.ts";
import { CheckSummary } from "../../cli/commands/check/summary.ts";
import { fullReport, shortReport } from "../../cli/commands/check/text_report.ts";
import { terminalColours } from "../../cli/terminal/colours.ts";
import { OptionValues } from "../../lib/options/options.ts";
import { parseMessage } from "../../lib/message/parse.ts";
import type { ClientAnswer } from "../../lib/mta/client_answer.ts";
import type { DeliveryReport } from "../../lib/mta/delivery.ts";
import { emptyLog } from "../../lib/mta/filter_log.ts";
import { latin1Bytes, toBytes } from "../../lib/message/text.ts";
import { at } from "../support/present.ts";

const content = parseMessage(toBytes("Subject: x\n\nbody\n"));
const state = { sender: "a@example.com", recipients: ["b@example.org"], ...content };

function checked(report: Partial<DeliveryReport>, more: Partial<CheckedMessage> = {}): CheckedMessage {
  return {
    name: "one.eml",
    report: {
      outcome: "accept",
      event: "eom",
      reply: undefined,
      refused: [],
      steps: [],
      modifications: [],
      before: state,
      after: state,
      ...report,
    },
    ...emptyLog(),
    members: [],
    ...more,
  };
}

const hold = { type: "quarantine", reason: "look" } as const;

describe("the report of a message", () => {
  const text = (of: CheckedMessage) => fullReport(of, terminalColours(false)).split("\n");

  it("shows what became of the envelope", () => {
    const after = { ...state, sender: "", recipients: ["c@example.org"], held: "look" };
    const lines = text(checked({ after, modifications: [hold] }));
    assert.ok(lines.includes("accept, held: look"), lines.join("\n"));
    assert.ok(lines.includes("sender: <a@example.com> -> <>"));
    assert.ok(lines.includes("recipient added: <c@example.org>"));
    assert.ok(lines.includes("recipient deleted: <b@example.org>"));
  });

  it("shows each answer by its verdict, with its reply or with how it hung up", () => {
    const step = (
      answer: Omit<ClientAnswer, "modifications">,
    ) => ({
      event: "rcpt",
      subject: "<b>",
      sent: true,
      answer: { ...answer, modifications: [] },
      milliseconds: 1,
    } as const);
    const lines = text(checked({
      steps: [
        step({ verdict: "reject" }),
        step({ verdict: "reject", reply: { code: 550, enhanced: "5.1.1", lines: ["nobody"] } }),
        step({ verdict: "tempfail", hangUp: "shutdown" }),
      ],
    }));
    const shown = lines.filter((line) => line.startsWith("  rcpt")).map((line) =>
      line.replace(/^.*<b> +/, "")
    );
    assert.deepEqual(shown, ["reject", "reject 550 5.1.1 nobody", "tempfail (shutdown)"]);
  });

  it("says nothing of an envelope that stays", () => {
    assert.ok(!text(checked({})).some((line) => /sender:|recipient/.test(line)));
  });

  it("blames the filter that refused it, not one that only would have", () => {
    const notes = [
      { filter: "real", event: "body", verdict: "reject" },
      { filter: "dry", event: "eom", verdict: "reject", dryRun: true },
    ] as const;
    const of = checked({ outcome: "reject", event: "body" }, { notes });
    assert.ok(text(of).includes("reject by real at body"));
    assert.equal(shortReport(of, terminalColours(false)), "reject    one.eml  by real\n");
  });

  it("shows recipients that were refused, and filters that failed", () => {
    const lines = text(checked({
      refused: [{
        recipient: "no@example.org",
        outcome: "reject",
        reply: { code: 550, enhanced: "5.1.1", lines: ["nobody"] },
      }],
    }, { failures: [{ filter: "bad", event: "header", error: new Error("mis\x1btake") }] }));
    assert.ok(lines.includes("<no@example.org>: reject 550 5.1.1 nobody"));
    assert.ok(lines.includes("bad failed at header: mis\\x1btake"));
    assert.match(at(lines, 0), /to=<b@example\.org>,<no@example\.org>$/);
  });

  it("shows bytes that are not UTF-8 as latin1, and what changed among them", () => {
    const of = (text: string) => ({ ...state, ...parseMessage(latin1Bytes(`Subject: ${text}\n\nbody\n`)) });
    const report = checked({
      before: of("caf\xe9"),
      after: { ...of("caf\xe8"), sender: "caf\udce9@example.org" },
      reply: { code: 550, lines: ["\udcff"] },
    });
    const lines = text(report);
    for (
      const line of ["-Subject: café", "+Subject: cafè", "sender: <a@example.com> -> <café@example.org>"]
    ) {
      assert.ok(lines.includes(line), lines.join("\n"));
    }
    const json = jsonReport(report);
    // Lone surrogates are JSON, but few parsers take them.
    assert.doesNotMatch(json, /\\ud/i);
    const { after } = JSON.parse(json);
    assert.deepEqual([after.sender, after.message], ["café@example.org", "Subject: cafè\r\n\r\nbody\r\n"]);
  });

  it("has colours only where they are wanted", () => {
    assert.ok(fullReport(checked({}), terminalColours(true)).includes("\x1b[32maccept\x1b[0m"));
    assert.ok(!fullReport(checked({}), terminalColours(false)).includes("\x1b"));
  });

  it("lets no control character of anybody reach the terminal", () => {
    const bad = "\x1b[31m\x07\x7f\u0085\u009b2J\u2028\n";
    const reply = { code: 550, lines: [bad, bad] };
    const step = (subject: string) => ({
      event: "rcpt",
      subject,
      sent: true,
      answer: { verdict: "reject", reply, modifications: [] },
      milliseconds: 1,
    } as const);
    const header = parseMessage(toBytes(`Subject: ${bad}x\n\nbody\n`)).header;
    const hostile = (outcome: "accept" | "reject") =>
      checked({
        outcome,
        reply,
        refused: [{ recipient: bad, outcome: "reject", reply }],
        steps: [step(bad)],
        modifications: [hold],
        before: { ...state, sender: bad, recipients: [bad] },
        after: { ...state, header, sender: `${bad}2`, recipients: [], held: bad },
      }, {
        name: bad,
        notes: [{ filter: "f", event: "eom", verdict: "reject", remark: bad, recipient: bad }],
        failures: [{ filter: "f", event: "eom", error: new Error(bad) }],
      });
    // deno-lint-ignore no-control-regex -- they are what is looked for
    const controls = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]/;
    for (const outcome of ["accept", "reject"] as const) {
      const of = hostile(outcome);
      for (
        const printed of [
          fullReport(of, terminalColours(false)),
          shortReport(of, terminalColours(false)),
          jsonReport(of),
        ]
      ) {
        assert.doesNotMatch(printed, controls);
      }
      assert.equal(shortReport(of, terminalColours(false)).split("\n").length, 2);
      assert.equal(JSON.parse(jsonReport(of)).name, bad);
    }
    assert.match(
      shortReport(hostile("reject"), terminalColours(false)),
      /by f 550 \\x1b\[31m\\x07\\x7f\\x85\\x9b2J/,
    );
    assert.match(fullReport(hostile("reject"), terminalColours(false)), /^\\x1b\[31m.*: from=<\\x1b\[31m/);
    assert.doesNotMatch(jsonReport({ name: bad, error: new Error(bad) }).trimEnd(), controls);
  });

  it("shows the time of an answer that took long", () => {
    const step = (milliseconds: number) => ({
      event: "eom",
      subject: "",
      sent: true,
      answer: { verdict: "continue", modifications: [] },
      milliseconds,
    } as const);
    const lines = text(checked({ steps: [step(99), step(1234)] }));
    assert.match(at(lines, 2), /continue$/);
    assert.match(at(lines, 3), /continue {2}1234 ms$/);
  });
});

describe("the summary of many messages", () => {
  const of = (...all: Parameters<CheckSummary["add"]>[0][]) => {
    const summary = new CheckSummary();
    for (const one of all) summary.add(one);
    return [summary.text, summary.exitCode];
  };
  const refused = (outcome: "reject" | "tempfail" | "discard") => checked({ outcome, modifications: [hold] });

  it("counts outcomes, and changes of what is delivered only", () => {
    const held = checked({ modifications: [hold], after: { ...state, held: "look" } });
    assert.deepEqual(of(held, checked({}), refused("reject")), [
      "3 messages: 2 accept, 1 reject, 1 changed, 1 held",
      3,
    ]);
  });

  it("has an exit code for what matters most", () => {
    assert.equal(of()[1], 0);
    assert.equal(of(refused("discard"))[1], 5);
    assert.equal(of(refused("discard"), refused("tempfail"))[1], 4);
    assert.equal(of(refused("discard"), refused("tempfail"), refused("reject"))[1], 3);
    assert.deepEqual(of(refused("reject"), { name: "x", error: new Error("gone") }), [
      "2 messages: 1 reject, 1 not checked",
      1,
    ]);
  });

  it("counts filters that failed", () => {
    const failures = [{ filter: "bad", event: "eom", error: new Error("x") }] as const;
    assert.equal(of(checked({}, { failures }))[0], "1 message: 1 accept, 1 with a filter that failed");
  });
});

describe("the envelope", () => {
  const envelope = (header: string, ...given: [string, string][]) => {
    const { from, to } = envelopeOf(
      new OptionValues(CHECK_OPTIONS, given),
      parseMessage(toBytes(`${header}\n\n`)),
    );
    return `${from} > ${to.join(" ")}`;
  };

  it("is what the header tells", () => {
    assert.equal(envelope("From: a@x\nTo: b@y, C <c@y>"), "a@x > b@y c@y");
    assert.equal(envelope("From: a@x\nReturn-Path: <r@x>\nTo: b@y\nDelivered-To: d@y"), "r@x > d@y");
    assert.equal(envelope("Return-Path: <>\nFrom: a@x"), " > recipient@example.org");
  });

  it("is not taken from names and comments", () => {
    assert.equal(envelope('From: "evil@z \\" n" (no@z) <a@x>\nTo: (x@z) b@y'), "a@x > b@y");
  });

  it("is the address in brackets, whatever a name looks like", () => {
    for (
      const [to, wanted] of [
        ["'q@y' <q@y>", "q@y"],
        ["q@z <q@y>, r@y", "q@y r@y"],
        ["q@z via list (for q@z) <q@y> (p@z)", "q@y"],
        ['"Doe, Jane" <j@y>, "x@z" <k@y>', "j@y k@y"],
        ["friends: a@y, B <b@y>; c@y", "a@y b@y c@y"],
        ["a@y,, <b@y>\n\t,c@y", "a@y b@y c@y"],
        ["a@y (x (b@z, c@z) y), d@y", "a@y d@y"],
        ["a@y b@y", "recipient@example.org"],
        ["undisclosed-recipients:;", "recipient@example.org"],
        ["<>", "recipient@example.org"],
        ['"a b"@y, <"c d"@y>', '"a b"@y "c d"@y'],
      ]
    ) assert.equal(envelope(`From: a@x\nTo: ${to}`), `a@x > ${wanted}`, to);
  });

  it("is found in a header of any length", () => {
    assert.equal(
      envelope(`From: ${"a".repeat(300_000)}\nTo: ${"<".repeat(300_000)}`),
      " > recipient@example.org",
    );
    assert.equal(
      envelope('From: "john doe"@example.com\nTo: <"jane doe"@example.org>'),
      '"john doe"@example.com > "jane doe"@example.org',
    );
  });

  it("is what was asked for", () => {
    assert.equal(
      envelope("From: a@x\nTo: b@y", ["from", "<>"], ["rcpt", "q@z"], ["rcpt", "p@z"]),
      "<> > q@z p@z",
    );
  });
});
