import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PROGRAM, zip } from "./archives.ts";
import { messageWith } from "./messages.ts";
import { delivered, makeAttachments } from "./support.ts";

const EXE = { name: "a.exe", content: PROGRAM };
const DEEP = { name: "1.zip", content: zip([{ name: "2.zip", content: zip([EXE]) }]) };
const message = messageWith({ name: "notes.txt", content: "x" }, EXE);
const programs = ["executable", "true"] as const;

describe("--action", () => {
  it("reject names what was found", async () => {
    (await delivered(message, programs)).assertRejected(
      550,
      /^Attachment not accepted: a\.exe is a program by its name \(\.exe\)$/,
    );
  });

  it("tempfail, and discard", async () => {
    (await delivered(message, programs, ["action", "tempfail"])).assertTempfailed(451, /a\.exe/);
    (await delivered(message, programs, ["action", "discard"])).assertDiscarded();
  });

  it("of a part that is too large has its own code", async () => {
    (await delivered(message, ["max-size", "100B"])).assertRejected(552, /a\.exe is larger than 100B/);
    (await delivered(message, ["max-size", "100B"], ["action", "tempfail"])).assertTempfailed(452);
  });

  it("quarantine holds the message as it is", async () => {
    const result = await delivered(message, programs, ["action", "quarantine"]);
    result.assertHeld("Attachment not accepted: a.exe is a program by its name (.exe)");
    result.assertHeader("X-Attachments-Found", null);
  });

  it("mark names everything, and lets the message pass", async () => {
    const two = messageWith(EXE, { name: "b.zip", content: zip([{ name: "c.scr", content: "x" }]) });
    const result = await delivered(two, programs, ["action", "mark"], ["mark-header", "X-Found"]);
    result.assertAccepted().assertHeader("X-Found", "executable (a.exe); executable (c.scr in b.zip)");
    assert.deepEqual(result.labels, ["attachment"]);
  });

  it("mark names ten things at most, and no name can pretend to be another rule", async () => {
    const many = messageWith(...Array.from({ length: 12 }, (_, n) => ({ name: `${n}).exe`, content: "x" })));
    const result = await delivered(many, programs, ["action", "mark"]);
    const found = result.assertAccepted().header("X-Attachments-Found")!.replace(/\n\s*/g, " ");
    assert.match(found, /^executable \(0_\.exe\); .*executable \(9_\.exe\); 2 more$/);
  });

  it("mark writes names so that every program can read them", async () => {
    const message = messageWith({ name: "=?utf-8?Q?Gr=C3=BC=C3=9Fe.exe?=", content: "x" });
    const { fields } = (await delivered(message, programs, ["action", "mark"])).assertAccepted();
    const field = fields.find((each) => each.is("X-Attachments-Found"))!;
    assert.match(field.value, /^[ -~\n]+$/);
    assert.equal(field.text, "executable (Grüße.exe)");
  });

  it("does nothing to a message without such attachments", async () => {
    const fine = messageWith({ name: "notes.txt", content: "x" });
    for (const action of ["reject", "mark", "quarantine"]) {
      (await delivered(fine, programs, ["action", action])).assertAccepted().assertUnchanged();
    }
  });
});

describe("a reply", () => {
  it("is of printable ASCII, however a file is called", async () => {
    const name = "=?utf-8?B?w6QK77+9LmV4ZQ==?=";
    const result = await delivered(messageWith({ name, content: "x" }), programs);
    result.assertRejected(550, /^Attachment not accepted: \? \?\.exe is a program by its name \(\.exe\)$/);
  });

  it("is not longer than a line of SMTP", async () => {
    const inner = { name: `${"b".repeat(240)}.exe`, content: "x" };
    const outer = { name: `${"a".repeat(240)}.zip`, content: zip([inner]) };
    const { reply } = await delivered(messageWith(outer), programs);
    assert.ok(reply!.lines[0]!.length <= 400, reply!.lines[0]);
  });
});

describe("--on-limit", () => {
  const limit = [programs, ["archive-depth", "1"]] as const;

  it("is what happens to others unless it is given", async () => {
    const result = await delivered(messageWith(DEEP), ...limit);
    result.assertRejected(
      550,
      "Attachment not accepted: 2.zip in 1.zip was not searched: it is inside more than 0 others",
    );
    (await delivered(messageWith(DEEP), ...limit, ["action", "mark"])).assertAccepted()
      .assertHeader("X-Attachments-Found", "limit (2.zip in 1.zip)");
  });

  it("accept lets what was not looked at pass, and no more", async () => {
    (await delivered(messageWith(DEEP), ...limit, ["on-limit", "accept"])).assertAccepted().assertUnchanged();
    (await delivered(messageWith(DEEP, EXE), ...limit, ["on-limit", "accept"])).assertRejected(550, /a\.exe/);
  });

  it("of refusal happens, wherever in the message the limit is met", async () => {
    for (const message of [messageWith(EXE, DEEP), messageWith(DEEP, EXE)]) {
      for (const action of ["quarantine", "tempfail", "discard"]) {
        const result = await delivered(message, ...limit, ["action", action], ["on-limit", "reject"]);
        result.assertRejected(550, /2\.zip/);
      }
      const held = await delivered(message, ...limit, ["action", "quarantine"], ["on-limit", "mark"]);
      held.assertHeld(/a\.exe/).assertHeader("X-Attachments-Found", "limit (2.zip in 1.zip)");
    }
  });

  it("and --action both happen if both can", async () => {
    const both = messageWith(EXE, DEEP);
    const result = await delivered(both, ...limit, ["action", "mark"], ["on-limit", "quarantine"]);
    result.assertHeld(/2\.zip/).assertHeader("X-Attachments-Found", "executable (a.exe)");
    (await delivered(both, ...limit, ["action", "mark"], ["on-limit", "reject"])).assertRejected(
      550,
      /2\.zip/,
    );
  });
});

describe("what the filter declares", () => {
  const terms = async (...given: [string, string][]) => {
    const { verdicts, changes, content } = await makeAttachments(["file-name", "*.exe"], ...given);
    return [verdicts!.join(" "), changes!.join(" "), content];
  };

  it("is the least that its options need", async () => {
    assert.deepEqual(await terms(), ["eom", "", "mime"]);
    assert.deepEqual(await terms(["action", "mark"]), ["", "addHeader", "mime"]);
    assert.deepEqual(await terms(["action", "quarantine"], ["on-limit", "tempfail"]), [
      "eom",
      "quarantine",
      "mime",
    ]);
    assert.deepEqual(
      await terms(["action", "strip"], ["keep-nothing", "true"], ["on-unstrippable", "mark"]),
      [
        "",
        "editContent addHeader",
        "mime",
      ],
    );
  });
});
