// dkim-sign in a chain, as the MTA sees it.
import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dkimSign } from "../../filters/dkim_sign/dkim_sign.ts";
import { dkimKeyRecord } from "../../lib/auth/dkim/dns_record.ts";
import { parseDkimPrivateKey } from "../../lib/auth/dkim/private_key.ts";
import { verifyDkim } from "../../lib/auth/dkim/verify_dkim.ts";
import { parseRecordsFile } from "../../lib/dns/records_file.ts";
import type { FilterLogLine } from "../../lib/kit/kit.ts";
import { replyText } from "../../lib/protocol/reply.ts";
import { deliver, TestClock, type TestMail } from "../../lib/testing.ts";
import { bytes } from "../auth/dkim/support.ts";
import { type Given, madeFilter } from "../support/made_filter.ts";
import { KeysFolder, newPem, pemOf } from "./key_files.ts";

const MESSAGE =
  "From: Joe <joe@example.org>\r\nTo: ann@example.com\r\nSubject: hello\r\nDate: Mon, 6 Oct 2025 10:00:00 +0000\r\n\r\nHello\r\n";
const LOGIN = { auth_authen: "joe@example.org" };

/** A folder with both kinds of keys of example.org. */
function exampleKeys(): KeysFolder {
  const folder = new KeysFolder();
  folder.write("example.org/r.pem", pemOf("rsa"));
  folder.write("example.org/e.pem", pemOf("ed25519"));
  return folder;
}

function records(): string {
  const line = (selector: string, type: "rsa" | "ed25519") =>
    `${selector}._domainkey.example.org ${dkimKeyRecord(parseDkimPrivateKey(pemOf(type)))}\n`;
  return line("r", "rsa") + line("e", "ed25519");
}

interface Outcome {
  /** What the log says. */
  readonly remark: string;
  readonly labels: readonly string[];
  /** The signatures, the top one first. */
  readonly signatures: readonly string[];
  /** What verifies, as `a= result`. */
  readonly results: readonly string[];
  readonly outcome: string;
  readonly reply: string;
}

async function run(
  given: Given,
  mail: TestMail & {
    macros?: Record<string, string>;
    client?: { address: string };
    mta?: "postfix" | "sendmail";
  } = {},
): Promise<Outcome> {
  await using filter = await madeFilter(dkimSign, given);
  const { message = MESSAGE, macros = LOGIN, ...rest } = mail;
  const answered = await deliver(filter, { ...rest, message, macros });
  assert.deepEqual([answered.failures, answered.warnings], [[], []]);
  const inserted = answered.modifications.flatMap((change) => change.type === "insertHeader" ? [change] : []);
  // Each goes on top of those before it.
  const signatures = inserted.toReversed().map(({ value }) => Buffer.from(value).toString("latin1"));
  assert.ok(inserted.every(({ index }) => index === 0));
  const top = signatures.map((value) => `DKIM-Signature:${value.replaceAll("\n", "\r\n")}\r\n`).join("");
  const signed = typeof message === "string" ? bytes(top + message) : message;
  const verified = await verifyDkim(signed, { resolver: parseRecordsFile(records()) });
  return {
    labels: answered.labels,
    remark: answered.notes.flatMap((note) => note.remark ?? []).join("; "),
    signatures,
    results: verified.map(({ algorithm, status }) => `${algorithm} ${status}`),
    outcome: answered.outcome,
    reply: answered.reply === undefined ? "" : replyText(answered.reply),
  };
}

test("a message of a user who logged in gets both signatures, and they verify", async () => {
  using folder = exampleKeys();
  const { remark, results, labels } = await run([["keys", folder.path]]);
  assert.deepEqual(labels, ["signed"]);
  assert.equal(remark, "signed d=example.org s=r a=rsa-sha256, d=example.org s=e a=ed25519-sha256");
  assert.deepEqual(results, ["rsa-sha256 pass", "ed25519-sha256 pass"]);
});

test("nobody else's message is signed, and the log says why", async () => {
  using folder = exampleKeys();
  const { remark, signatures } = await run([["keys", folder.path]], { macros: {} });
  assert.equal(remark, "not signed: client 192.0.2.1 did not log in");
  assert.deepEqual(signatures, []);
});

test("--sign-client and --sign-macro name others", async () => {
  using folder = exampleKeys();
  const keys = ["keys", folder.path] as const;
  const local = { macros: {}, client: { address: "127.0.0.1" } };
  assert.match((await run([keys, ["sign-client", "127.0.0.0/8"]], local)).remark, /^signed/);
  assert.match(
    (await run([keys, ["sign-client", "10.0.0.0/8"]], local)).remark,
    /did not log in, is not in --sign-client$/,
  );
  const macro = ["sign-macro", "{daemon_name}=ORIGINATING"] as const;
  assert.match((await run([keys, macro], { macros: { daemon_name: "ORIGINATING" } })).remark, /^signed/);
  assert.match((await run([keys, macro], { macros: { daemon_name: "smtpd" } })).remark, /^not signed/);
});

test("every reason not to sign is in the log", async () => {
  using folder = exampleKeys();
  const keys = ["keys", folder.path] as const;
  const changed = (from: string, to: string) => ({ message: MESSAGE.replace(from, to) });
  const rows: [Given, Parameters<typeof run>[1], string][] = [
    [[keys], changed("joe@example.org", "joe@example.net"), "there is no key for example.net"],
    [[keys], changed("joe@example.org", "joe@a.example.org"), "there is no key for a.example.org"],
    [[keys], changed("From: Joe <joe@example.org>\r\n", ""), "there is no From"],
    [[keys], changed("From:", "From: x@example.org\r\nFrom:"), "there are 2 From fields"],
    [
      [keys],
      changed("<joe@example.org>", "<joe@example.org>, a@example.net"),
      "From names several domains: example.org, example.net",
    ],
    [
      [keys, ["match-sender", "login"]],
      { macros: { auth_authen: "joe" } },
      "login joe, but From is of example.org",
    ],
    [
      [keys, ["match-sender", "envelope"]],
      {},
      "envelope sender <sender@example.com>, but From is of example.org",
    ],
    [
      [keys, ["not-to", "example.com"]],
      { to: ["a@example.com", "b@example.com"] },
      "all recipients match --not-to",
    ],
    [
      [keys],
      changed("hello", "x".repeat(990)),
      "Subject has a line of 999 bytes, and Postfix breaks those of more than 998",
    ],
    [
      [keys],
      changed("Hello", "x".repeat(999)),
      "the body has a line of more than 998 bytes, which Postfix breaks",
    ],
    [
      [keys],
      { ...changed("Hello", "x".repeat(991)), mta: "sendmail" },
      "the body has a line of more than 990 bytes, which Sendmail breaks",
    ],
    [
      [keys],
      { ...changed("ann@example.com", "ann"), mta: "sendmail" },
      "Sendmail may rewrite the addresses in To",
    ],
    [
      [keys, ["oversign", "Message-ID"]],
      { mta: "sendmail" },
      "Sendmail adds the missing message-id, whose absence --oversign would sign",
    ],
    [
      [keys],
      changed("Subject", "Subject: again\r\n".repeat(8000) + "Subject"),
      "the names of the 8005 fields to sign have 64026 bytes",
    ],
  ];
  for (const [given, mail, why] of rows) {
    const { remark, signatures, outcome } = await run(given, mail);
    assert.equal(remark, `not signed: ${why}`);
    assert.deepEqual([signatures, outcome], [[], "accept"], why);
  }
});

test("a recipient that --not-to does not match is reason enough to sign", async () => {
  using folder = exampleKeys();
  const given: Given = [["keys", folder.path], ["not-to", "example.com"]];
  assert.match((await run(given, { to: ["a@example.com", "b@example.net"] })).remark, /^signed/);
});

test("a message that passes again gets only the signatures that it does not have", async () => {
  using folder = exampleKeys();
  const given: Given = [["keys", folder.path]];
  const { signatures } = await run(given);
  const field = (value: string | undefined) => `DKIM-Signature:${value?.replaceAll("\n", "\r\n")}\r\n`;
  const twice = await run(given, { message: signatures.map(field).join("") + MESSAGE });
  assert.equal(
    twice.remark,
    "not signed: it has a signature of d=example.org s=e, d=example.org s=r already",
  );
  const half = await run(given, { message: field(signatures[0]) + MESSAGE });
  assert.equal(half.remark, "signed d=example.org s=e a=ed25519-sha256");
  const foreign = "DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=r; h=from; bh=AA==; b=AA==\r\n";
  assert.match((await run(given, { message: foreign + MESSAGE })).remark, /^signed d=example.org s=r .* s=e/);
});

test("--on-missing-key decides about a message without a key, and about no other", async () => {
  using folder = exampleKeys();
  const message = MESSAGE.replace("joe@example.org", "joe@example.net");
  for (
    const [action, outcome, code] of [["reject", "reject", "550 5.7.20"], [
      "tempfail",
      "tempfail",
      "451 4.7.20",
    ]] as const
  ) {
    const given: Given = [["keys", folder.path], ["on-missing-key", action]];
    const refused = await run(given, { message });
    assert.equal(refused.outcome, outcome);
    assert.equal(refused.reply, `${code} Not signed: there is no key for example.net`);
    assert.equal((await run(given, { message, macros: {} })).outcome, "accept");
    assert.equal((await run(given)).outcome, "accept");
  }
});

test("the options decide what a signature says", async () => {
  using folder = exampleKeys();
  const keys = ["key", `example.org:r:${join(folder.path, "example.org/r.pem")}`] as const;
  const tags = async (...given: Given) => {
    const { signatures: [value = ""], results } = await run([keys, ...given]);
    assert.deepEqual(results, ["rsa-sha256 pass"]);
    return value.replace(/\s+/g, " ").trim();
  };
  assert.match(
    await tags(),
    /^v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example.org; s=r; t=\d+; h=From:To:Subject:Date:From; bh=/,
  );
  assert.match(await tags(["headers", "Subject"]), / h=From:Subject:From;/);
  assert.match(
    await tags(["oversign", "Subject"], ["oversign", "from"]),
    / h=From:To:Subject:Date:From:Subject;/,
  );
  assert.match(await tags(["canonicalization", "simple/simple"]), / c=simple\/simple;/);
  assert.match(await tags(["body-length", "true"]), / l=7;/);
  const [, t = "", x = ""] = / t=(\d+); x=(\d+);/.exec(await tags(["lifetime", "14d"])) ?? [];
  assert.equal(Number(x) - Number(t), 14 * 86_400);
  assert.match(await tags(["line-limit", "78"]), /^v=1/);
});

test("--sender-header names the author, and a longer --line-limit lets long lines be signed", async () => {
  using folder = exampleKeys();
  const keys = ["keys", folder.path] as const;
  const message = `Sender: s@example.org\r\n${MESSAGE.replace("joe@example.org", "joe@example.net")}`;
  const { remark } = await run([keys, ["sender-header", "Sender"]], { message });
  assert.match(remark, /^signed d=example.org/);
  const long = MESSAGE.replace("Hello", "x".repeat(2000));
  assert.match((await run([keys, ["line-limit", "2040"]], { message: long })).remark, /^signed/);
});

test("Sendmail's rewriting is signed in advance", async () => {
  using folder = exampleKeys();
  const given: Given = [["keys", folder.path]];
  const message = MESSAGE.replace("ann@example.com", "ann@example.com,Bob B. <bob@example.com>");
  const { signatures } = await run(given, { message, mta: "sendmail" });
  const top = signatures.map((value) => `DKIM-Signature:${value.replaceAll("\n", "\r\n")}\r\n`).join("");
  const written = message.replace("ann@example.com,Bob B.", 'ann@example.com, "Bob B."');
  const resolver = parseRecordsFile(records());
  const results = await verifyDkim(bytes(top + written), { resolver });
  assert.deepEqual(results.map(({ status }) => status), ["pass", "pass"]);
});

test("changed keys are used after a few seconds, and bad ones are not", async () => {
  using folder = exampleKeys();
  const clock = new TestClock();
  const lines: string[] = [];
  const onLog = ({ level, text }: FilterLogLine) => void lines.push(`${level}: ${text}`);
  await using filter = await madeFilter(dkimSign, [["keys", folder.path]], { clock, onLog });
  const selectors = async () => {
    const { notes } = await deliver(filter, { message: MESSAGE, macros: LOGIN });
    return [...(notes[0]?.remark ?? "").matchAll(/s=(\S+)/g)].map(([, selector]) => selector).join(" ");
  };
  // Files are looked at in the background, which a turned clock does not wait for.
  const pass = async (until: () => boolean) => {
    for (const end = Date.now() + 30_000; !until() && Date.now() < end;) {
      await clock.advance(2000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(until(), lines.join("\n"));
  };
  assert.equal(await selectors(), "r e");
  const path = (name: string) => join(folder.path, "example.org", name);
  folder.write("example.org/r2.next.pem", newPem("rsa"));
  renameSync(path("r2.next.pem"), path("r2.pem"));
  renameSync(path("r.pem"), path("r.old.pem"));
  await pass(() => lines.some((line) => line.includes("r2.pem (rsa, d=example.org s=r2) from now on")));
  assert.equal(await selectors(), "r2 e");
  writeFileSync(path("r2.pem"), "rubbish");
  await pass(() => lines.some((line) => line.startsWith("error")));
  assert.equal(await selectors(), "r2 e");
  const error = lines.find((line) => line.startsWith("error")) ?? "";
  assert.match(
    error,
    /^error: Cannot use \S+\/r2\.pem: it has no key: .* \(mode 0640, owner \S+, group \S+\)\. The keys that were read before go on signing$/,
  );
});

test("a key that cannot be used is an error at the start", async () => {
  using folder = exampleKeys();
  folder.write("example.org/r.pem", pemOf("rsa"), 0o644);
  await assert.rejects(madeFilter(dkimSign, [["keys", folder.path]]), {
    name: "OptionError",
    message:
      /^Invalid --keys "\S+": Cannot use \S+r\.pem: it has mode 0644, owner \S+, group \S+, so everybody can read it/,
  });
  const named: Given = [["key", `example.org:a:${folder.path}/none.pem`]];
  await assert.rejects(madeFilter(dkimSign, named), /Invalid --key "example.org:a:.*there is no such file$/);
});

test("folders that others can write to, and rules for everybody, are warned of at the start", async () => {
  using folder = exampleKeys();
  folder.write("example.org/note.txt", "");
  const lines: string[] = [];
  const onLog = ({ level, text }: FilterLogLine) => void lines.push(`${level}: ${text}`);
  const given: Given = [["keys", folder.path], ["sign", "*=example.org/r"]];
  await using _filter = await madeFilter(dkimSign, given, { onLog });
  assert.equal(lines.length, 2, lines.join("\n"));
  lines.sort();
  assert.match(lines[0] ?? "", /^warning: --sign \*=example\.org\/r signs the mail of every author/);
  assert.match(lines[1] ?? "", /^warning: \S+note\.txt is no key that signs/);
});
