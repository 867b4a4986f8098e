// Messages that are tried with a configuration: by whom they are handed in, what stays behind, and what differs.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type CheckedMessage, checkMessage } from "../../cli/commands/check/check_message.ts";
import { checkCommand } from "../../cli/commands/check/command.ts";
import { differencesOf } from "../../cli/commands/check/differences.ts";
import { memberReports } from "../../cli/commands/check/member_report.ts";
import { MessageStores } from "../../cli/commands/check/message_stores.ts";
import { openPolicy } from "../../cli/commands/check/policy.ts";
import { receivedSession, senderAt } from "../../cli/commands/check/session.ts";
import { checkTarget } from "../../cli/commands/check/target.ts";
import { readCommandLine } from "../../cli/terminal/command_line.ts";
import { parseMessage } from "../../lib/message/parse.ts";
import { VerdictWatch } from "../../lib/mta/verdict_watch.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-policy-"));
after(() => rmSync(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text.replaceAll("\n", "\r\n"));
const MESSAGE = "From: ann@example.com\nSubject: Hello\n\nHi\n";

/** Tries messages with a configuration, one after the other. */
async function trying(config: string, args: string[], ...messages: string[]): Promise<CheckedMessage[]> {
  const file = join(folder, "m.toml");
  writeFileSync(file, `listen = "inet:8895@localhost"\n${config}`);
  const line = readCommandLine(checkCommand, { program: "milterkit check", operands: "", args });
  const checker = await openPolicy(file, line, new VerdictWatch());
  try {
    const target = checkTarget(line, checker);
    const checked: CheckedMessage[] = [];
    for (const message of messages) {
      const one = await checkMessage({ name: "a.eml", bytes: bytes(message) }, target);
      assert.ok(!("error" in one));
      checked.push(one);
    }
    return checked;
  } finally {
    await checker.dispose();
  }
}

const LIMIT = '[[filter]]\nname = "rate-limit"\nlimit = "1/1h"\nby = "client"\n';

describe("a message that is tried with a configuration", () => {
  it("leaves nothing behind for the next, unless that is wanted", async () => {
    const outcomes = async (...args: string[]) =>
      (await trying(LIMIT, args, MESSAGE, MESSAGE)).map(({ report }) => report.outcome);
    assert.deepEqual(await outcomes(), ["accept", "accept"]);
    assert.deepEqual(await outcomes("--keep-state"), ["accept", "tempfail"]);
  });

  it("opens no state", async () => {
    await trying(`state = ${JSON.stringify(join(folder, "state.db"))}\n${LIMIT}`, [], MESSAGE);
    assert.deepEqual(readdirSync(folder), ["m.toml"]);
  });

  it("always gets to a filter with a share", async () => {
    const share = '[[filter]]\nname = "header-rewrite"\nadd = "X-A: b"\nshare = "1%"\n';
    for (const { report } of await trying(share, [], MESSAGE, MESSAGE, MESSAGE)) {
      assert.ok(report.after.header.some((field) => field.is("X-A")));
    }
    const [none] = await trying(share.replace("1%", "0%"), [], MESSAGE);
    assert.equal(memberReports(none!)[0]?.leftOut[0]?.reason, "share 0%");
  });

  it("says what part each filter took", async () => {
    const [checked] = await trying(
      '[lists]\ninternal = ["10.0.0.0/8"]\n' +
        '[[filter]]\nname = "header-rewrite"\nadd = "X-A: b"\nonly-recipient = "a.example"\n' +
        '[[filter]]\nname = "header-rewrite"\nadd = "X-B: b"\nonly-client = "@internal"\n' +
        '[[filter]]\nname = "size-limit"\nmax = "1MB"\n',
      ["--rcpt", "x@a.example", "--rcpt", "y@b.example"],
      MESSAGE,
    );
    const reports = memberReports(checked!);
    assert.deepEqual(reports.map(({ name, part }) => [name, part]), [
      ["header-rewrite", "asked"],
      ["header-rewrite (2)", "left out"],
      ["size-limit", "asked"],
    ]);
    assert.deepEqual(reports[0]?.leftOut, [{
      of: "recipient",
      recipient: "y@b.example",
      reason: "only-recipient a.example, but the recipient is <y@b.example>",
    }]);
    assert.deepEqual(reports[1]?.leftOut, [
      { of: "connection", reason: "only-client @internal, but the client is 192.0.2.1" },
    ]);
  });
});

describe("a message that is decided early", () => {
  it("is not shown to the filters behind", async () => {
    const rules =
      '[[filter]]\nname = "rules"\n[[filter.rule]]\nname = "no"\nonly-sender = "example.com"\nreject = "No"\n';
    const limit = '[[filter]]\nname = "size-limit"\nmax = "1MB"\n';
    const [checked] = await trying(rules + limit, ["--explain"], MESSAGE);
    assert.deepEqual(memberReports(checked!).map(({ name, part }) => [name, part]), [
      ["rules", "asked"],
      ["size-limit", "not asked"],
    ]);
    assert.match(
      memberReports(checked!)[0]!.explanations.join("\n"),
      /^rule no acts: only-sender example\.com, and the sender is/,
    );
    assert.deepEqual(checked!.explanations.length, 1);
    const [silent] = await trying(rules + limit, [], MESSAGE);
    assert.deepEqual(silent!.explanations, []);
  });
});

describe("stores of messages", () => {
  it("are those of the message that calls, across awaits, however many there are at once", async () => {
    const stores = new MessageStores();
    const store = stores.storeOf("rate-limit", "buckets");
    const rate = { count: 1, per: 1000 };
    const once = () =>
      stores.alone(async () => {
        await Promise.resolve();
        const first = await store.take("a", rate);
        await new Promise((resolve) => setTimeout(resolve, 1));
        return [first.ok, (await store.take("a", rate)).ok];
      });
    assert.deepEqual(await Promise.all([once(), once()]), [[true, false], [true, false]]);
  });
});

describe("the session of a Received field", () => {
  const session = (text: string) =>
    receivedSession({
      sender: senderAt("mail.example.com", "192.0.2.1", undefined),
      macros: { daemon_name: "MX" },
      message: parseMessage(bytes(text)),
    });

  it("has its client, HELO, login and TLS, and the message is as it was before", () => {
    const { sender, macros, message } = session(
      "Return-Path: <a@example.com>\nDelivered-To: b@example.org\n" +
        "Received: from mx by mx (Dovecot) with LMTP id 1; Tue\n" +
        "Received: from pc (pc7.example.org [10.1.2.3])\n\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384)\n" +
        "\t(Authenticated sender: ann)\n\tby mx (Postfix) with ESMTPSA id 1; Tue\n" +
        "Received: from inner (inner [10.9.9.9]) by pc; Tue\nDelivered-To: list@example.com\nSubject: x\n\nbody\n",
    );
    assert.deepEqual(sender, {
      client: { hostname: "pc7.example.org", address: "10.1.2.3", family: "inet", port: 25000 },
      helo: "pc",
    });
    assert.deepEqual(macros, {
      auth_authen: "ann",
      tls_version: "TLSv1.3",
      cipher: "TLS_AES_256_GCM_SHA384",
      daemon_name: "MX",
    });
    assert.deepEqual(message.header.map(({ name }) => name), ["Received", "Delivered-To", "Subject"]);
  });

  it("is the one of the command line without such a field", () => {
    const { sender, message } = session("Received: by mx (Postfix, from userid 0) id 1; Tue\nSubject: x\n\n");
    assert.equal(sender.client.address, "192.0.2.1");
    assert.equal(message.header.length, 2);
  });
});

describe("what differs between two configurations", () => {
  const rewrite = (line: string) => `[[filter]]\nname = "header-rewrite"\n${line}\n`;
  const between = async (one: string, two: string, message = MESSAGE) => {
    const [first] = await trying(one, [], message);
    const [second] = await trying(two, [], message);
    return differencesOf(first!, second!);
  };

  it("is nothing where a message fares the same", async () => {
    assert.equal(await between(rewrite('add = "X-A: b"'), rewrite('add = "X-A: b"\nlabel = "x"')), undefined);
    const reject = '[[filter]]\nname = "size-limit"\nmax = "1B"\n';
    assert.equal(
      await between(rewrite('add = "X-A: b"') + reject, rewrite('add = "X-A: c"') + reject),
      undefined,
    );
  });

  it("is nothing where one has another filter of the deciding one's name before it", async () => {
    const before = '[[filter]]\nname = "size-limit"\nmax = "1MB"\n';
    const reject = '[[filter]]\nname = "size-limit"\nmax = "1B"\n';
    assert.equal(await between(reject, before + reject), undefined);
    const other = reject.replace("1B", "2B");
    const fates = await between(reject, before + other);
    assert.deepEqual(fates?.map(({ outcome }) => / by (.*)$/.exec(outcome)?.[1]), [
      "size-limit",
      "size-limit (2)",
    ]);
  });

  it("is what each does alone", async () => {
    assert.deepEqual(
      await between(rewrite('add = ["X-A: b", "X-B: 1"]'), rewrite('add = ["X-B: 1", "X-A: c"]')),
      [
        { outcome: "accept", effects: ["X-A: b"] },
        { outcome: "accept", effects: ["X-A: c"] },
      ],
    );
    assert.deepEqual(
      await between(rewrite('add = ["X-A: b", "X-B: 1"]'), rewrite('add = ["X-B: 1", "X-A: b"]')),
      [
        { outcome: "accept", effects: ["the header fields are in another order"] },
        { outcome: "accept", effects: ["the header fields are in another order"] },
      ],
    );
  });

  it("is the outcome, with what the one that delivers it changes", async () => {
    const fates = await between(rewrite('add = "X-A: b"'), '[[filter]]\nname = "size-limit"\nmax = "1B"\n');
    assert.deepEqual(fates?.[0], { outcome: "accept", effects: ["X-A: b"] });
    assert.match(fates[1].outcome, /^reject 552 5\.3\.4 .* by size-limit$/);
    assert.deepEqual(fates[1].effects, []);
  });
});
