// Fields that are added beside others stand there in what arrives, behind both MTAs.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { defineFilter } from "../../lib/filter/definition.ts";
import type { EndOfMessageFor } from "../../lib/filter/allowed.ts";
import type { HeaderField } from "../../lib/message/header.ts";
import { serve, type Server } from "../../lib/server/server.ts";
import { type MailServer, skipFor } from "../support/instance.ts";
import { postfixProblem, startPostfix } from "../support/postfix.ts";
import { at, captured, present } from "../support/present.ts";
import { sendmailProblem, startSendmail } from "../support/sendmail.ts";
import { SmtpClient } from "../support/smtp_client.ts";
import { fieldsOf, latin1Bytes, message } from "./mta/text.ts";

const HEADER = [
  "Received: from before.example.test by relay.example.test; Mon, 6 Oct 2025 09:59:00 +0000",
  "From: sender@example.test",
  "To: to@example.test",
  "X-Many: one",
  "Date: Mon, 6 Oct 2025 10:00:00 +0000",
  "X-Many: two",
  "Message-Id: <1@example.test>",
  "Subject: beside",
  "X-Last: the last",
];

const CHANGES = ["addHeader", "insertHeader", "changeHeader", "deleteHeader"] as const;
type End = EndOfMessageFor<(typeof CHANGES)[number]>;

const nth = (message: End, name: string, number = 0): HeaderField => at(message.headers.all(name), number);

/** What a filter does, and the lines that arrive in the place of one; an empty list: it is gone. */
type Case = readonly [
  make: (message: End) => void,
  lines: Readonly<Record<string, readonly string[]>>,
];

const CASES: Readonly<Record<string, Case>> = {
  first: [(m) => m.addHeader("N", "1", { before: nth(m, "Received") }), { Received: ["N: 1", "="] }],
  last: [(m) => m.addHeader("N", "1", { after: nth(m, "X-Last") }), { "X-Last": ["=", "N: 1"] }],
  before: [(m) => m.addHeader("N", "1", { before: nth(m, "X-Many", 1) }), { "X-Many: two": ["N: 1", "="] }],
  after: [(m) => m.addHeader("N", "1", { after: nth(m, "X-Many", 1) }), { "X-Many: two": ["=", "N: 1"] }],
  several: [(m) => {
    m.addHeader("N", "1", { before: nth(m, "To") });
    m.addHeader("N", "2", { before: nth(m, "To") });
    m.addHeader("N", "3", { after: nth(m, "To") });
    m.addHeader("N", "4", { after: nth(m, "To") });
  }, { To: ["N: 1", "N: 2", "=", "N: 4", "N: 3"] }],
  renamed: [(m) => {
    m.addHeader("N", "1", { before: nth(m, "X-Many", 1) });
    m.deleteHeader(nth(m, "X-Many", 1));
  }, { "X-Many: two": ["N: 1"] }],
  renamedall: [(m) => {
    for (const field of m.headers.all("X-Many")) {
      m.addHeader("X-Few", field.valueBytes, { before: field });
      m.deleteHeader(field);
    }
  }, { "X-Many: one": ["X-Few: one"], "X-Many: two": ["X-Few: two"] }],
  deletedabove: [(m) => {
    m.deleteHeader(nth(m, "Received"));
    m.deleteHeader(nth(m, "To"));
    m.addHeader("N", "1", { before: nth(m, "Subject") });
    m.deleteHeader(nth(m, "X-Many"));
  }, { Received: [], To: [], "X-Many: one": [], Subject: ["N: 1", "="] }],
  known: [(m) => m.addHeader("X-Many", "new", { before: nth(m, "From") }), { From: ["X-Many: new", "="] }],
  declared: [(m) => {
    m.addHeader("Received", "from x by y", { before: nth(m, "Subject") });
    m.addHeader("Comments", "no", { after: nth(m, "Subject") });
  }, { Subject: ["Received: from x by y", "=", "Comments: no"] }],
  changed: [(m) => {
    m.changeHeader(nth(m, "To"), "other@example.test");
    m.addHeader("N", "1", { after: nth(m, "To") });
  }, { To: ["To: other@example.test", "N: 1"] }],
  both: [(m) => {
    m.insertHeader(0, "X-Top", "top");
    m.addHeader("N", "1", { before: nth(m, "Date") });
    m.addHeader("X-End", "end");
  }, { Date: ["N: 1", "="], "X-Last": ["=", "X-End: end"] }],
};

/** The header of a case as it arrives, below the MTA's own field. */
function expected(lines: Record<string, readonly string[]>): string[] {
  return HEADER.flatMap((line) => {
    const [, others = ["="]] = Object.entries(lines).find(([start]) =>
      line.startsWith(start.includes(":") ? start : `${start}:`)
    ) ?? [];
    return others.map((text) => text === "=" ? line : text);
  });
}

const beside = defineFilter({
  name: "beside",
  changes: CHANGES,
  verdicts: [],
  eom(message, { sender }) {
    const name = captured(sender?.address ?? "", /^(.*)@/);
    const [make] = present(CASES[name], `a case ${name}`);
    make(message);
  },
});

for (const mtaName of ["Postfix", "Sendmail"] as const) {
  const problem = await (mtaName === "Postfix" ? postfixProblem() : sendmailProblem());
  let started: Promise<{ mta: MailServer; server: Server }> | undefined;
  const start = async () => {
    const server = await serve({ listen: "inet:0@127.0.0.1", filters: [beside] });
    const milters = [...server.addresses];
    return {
      server,
      mta: await (mtaName === "Postfix" ? startPostfix({ milters }) : startSendmail({ milters })),
    };
  };
  after(async () => {
    const running = await started;
    await running?.mta.stop();
    await running?.server.abort();
  });

  for (const [name, [, lines]] of Object.entries(CASES)) {
    test(`${mtaName}: ${name}`, { skip: skipFor(problem), timeout: 120_000 }, async () => {
      const { mta } = await (started ??= start());
      const client = await SmtpClient.connect(mta.port);
      await client.ehlo();
      const text = latin1Bytes(message(HEADER));
      assert.equal((await client.message(`${name}@example.test`, ["to@example.test"], text)).code, 250);
      await client.quit();
      const received = await mta.nextHop.waitForMessage(({ mail }) => mail.includes(`<${name}@`));
      const fields = fieldsOf(received);
      const top = name === "both" ? ["X-Top: top"] : [];
      assert.deepEqual(fields.slice(0, top.length), top);
      assert.match(at(fields, top.length), /^Received: from [^]*\bby mx\.example\.test/);
      assert.deepEqual(fields.slice(top.length + 1), expected(lines));
    });
  }
}
