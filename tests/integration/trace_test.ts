// milterkit trace between a real MTA and filters, and milterkit replay of what it wrote.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { newFolder, skipFor, writeShared } from "../support/instance.ts";
import { freePort } from "../support/ports.ts";
import { type Postfix, postfixProblem, startPostfix } from "../support/postfix.ts";
import { at } from "../support/present.ts";
import { findCommand, sleep, startDaemon } from "../support/process.ts";
import { SmtpClient } from "../support/smtp_client.ts";
import { message, valuesOf } from "./mta/text.ts";
import { end, replay, serve, trace } from "./trace_support.ts";

const noPostfix = skipFor(await postfixProblem());
const opendkim = findCommand("opendkim");
const noOpendkim = noPostfix ?? skipFor(opendkim ? undefined : "needs opendkim (Debian: opendkim)");

const folder = newFolder("milterkit-trace-");

after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const newFile = () => join(folder, `${files++}.trace`);

const mail = (subject: string, body: string) =>
  message(["From: a@example.org", "To: b@example.test", "X-Spam: 1", `Subject: ${subject}`], body);

/** Two messages, and one between them that is given up. */
async function session(postfix: Postfix): Promise<void> {
  const client = await SmtpClient.connect(postfix.port);
  await client.ehlo();
  assert.equal(
    (await client.message("a@example.org", ["b@example.test"], mail("first", "hello\n"))).code,
    250,
  );
  await client.mail("given-up@example.org");
  await client.rcpt("b@example.test");
  await client.rset();
  const large = "the same again\n".repeat(8000);
  const to = ["b@example.test", "c@example.test"];
  assert.equal((await client.message("a@example.org", to, mail("second", large))).code, 250);
  await client.quit();
  const received = await postfix.nextHop.waitFor(2);
  for (const each of received) assert.deepEqual(valuesOf(each, "X-Checked"), ["yes"]);
}

test(
  "Postfix and built-in filters: traced, and replayed",
  { skip: noPostfix, timeout: 120_000 },
  async () => {
    const file = newFile();
    const serving = await serve("1MB");
    const tracing = await trace(serving.address, "--write", file, "--body", "5");
    const postfix = await startPostfix({ milters: [tracing.address] });
    const queueIds: string[] = [];
    try {
      await session(postfix);
      await end(tracing, file, 1);

      const lines = tracing.output.trimEnd().split("\n");
      const texts = lines.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3} +/, ""));
      const placeOf = (pattern: RegExp) => texts.findIndex((line) => pattern.test(line));
      const inOrder = [
        /^1 {2}mta {5}connects from 127\.0\.0\.1:\d+$/,
        /^1 {2}mta {5}OPTIONS version 6; actions: add-headers .*; protocol: no-connect .*header-leading-space$/,
        /^1 {2}milter {2}options version 6; actions: .*change-headers.*; protocol: .* {3}\+\d+\.\d ms$/,
        /^1 {2}mta {5}CONNECT \S+ 127\.0\.0\.1:\d+ {3}\(j=mx\.example\.test, .*v=Postfix/,
        /^1 {2}mta {5}MAIL <a@example\.org> {3}\(.*mail_addr=a@example\.org/,
        /^1 {2}mta {5}HEADER Subject: first {3}\(i=[0-9A-F]+\)$/,
        /^1 {2}mta {5}BODY \d+ bytes "hello…"/,
        /^1 {2}mta {5}EOM {3}\(i=/,
        /^1 {2}milter {2}change-header 1 X-Spam: \(deleted\) {3}\+\d+\.\d ms$/,
        /^1 {2}milter {2}add-header X-Checked: yes {3}\+\d+\.\d ms$/,
        /^1 {2}milter {2}continue {3}\+\d+\.\d ms$/,
        /^1 {2}mta {5}MAIL <given-up@example\.org>/,
        /^1 {2}mta {5}HEADER Subject: second/,
        /^1 {2}mta {5}BODY 65535 bytes/,
        /^1 {2}mta {5}QUIT$/,
        /^1 {10}closed$/,
      ];
      const places = inOrder.map((pattern) => {
        const place = placeOf(pattern);
        assert.ok(place >= 0, `${pattern} is not in\n${texts.join("\n")}`);
        return place;
      });
      // the verdict is one of many
      const sorted = places.filter((_, i) => i !== 10);
      assert.deepEqual(sorted, sorted.toSorted((a, b) => a - b), texts.join("\n"));
      for (const line of texts) queueIds.push(...(/HEADER Subject.*\(i=(\w+)\)/.exec(line)?.slice(1) ?? []));
      assert.equal(queueIds.length, 2);
      // deno-lint-ignore no-control-regex -- no colours where nobody looks
      assert.doesNotMatch(tracing.output, /\x1b/);

      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.equal(JSON.parse(at(readFileSync(file, "utf8").split("\n"), 0)).version, 1);

      const same = await replay(file, serving.address);
      assert.deepEqual(same, { code: 0, lines: [same.lines[0]], stderr: "" });
      assert.match(at(same.lines, 0), /^equal: 1 connection, 3 messages, \d+ events played$/);
    } finally {
      await postfix.stop();
      await tracing.stop();
      await serving.stop();
    }

    const stricter = await serve("100KB");
    try {
      const other = await replay(file, stricter.address);
      assert.equal(other.code, 3, other.stderr);
      const place = `connection 1, message 3 \\(${queueIds[1]}\\), BODY \\d+ bytes`;
      const rejected =
        "continue -> reject 552 5\\.3\\.4 Message too large: .*; the rest of the message is not played";
      assert.equal(other.lines.length, 2, other.lines.join("\n"));
      assert.match(at(other.lines, 0), new RegExp(`^${place}: ${rejected}$`));
      assert.match(at(other.lines, 1), /^1 difference: 1 connection, 3 messages, \d+ events played$/);

      const json = await replay(file, stricter.address, "--json", "--timing", "--connection", "1");
      const objects = json.lines.map((line) => JSON.parse(line));
      const verdict = objects.find(({ about }) => about === "verdict");
      assert.deepEqual([verdict.connection, verdict.message, verdict.queueId], [1, 3, queueIds[1]]);
      assert.match(verdict.now, /^reject 552 5\.3\.4 /);
      const summary = objects.at(-1);
      assert.equal(summary.type, "summary");
      assert.equal(summary.equal, false);
      assert.equal(summary.differences, 1);
      assert.equal(objects.length, 2);
      assert.ok(summary.timing.some(({ event }: { event: string }) => event === "eom"));
    } finally {
      await stricter.stop();
    }
  },
);

test("opendkim: traced, and replayed", { skip: noOpendkim, timeout: 120_000 }, async () => {
  const key = join(folder, "key.pem");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(key, privateKey.export({ type: "pkcs1", format: "pem" }), { mode: 0o600 });
  const settings = join(folder, "opendkim.conf");
  writeShared(
    settings,
    `Mode sv\nDomain example.org\nSelector sel\nKeyFile ${key}\nRequireSafeKeys no\nInternalHosts 127.0.0.0/8\nSyslog no\n`,
  );
  const port = await freePort();
  const milter = `inet:${port}@127.0.0.1`;
  const file = newFile();
  const env = { PATH: "/usr/sbin:/usr/bin", LC_ALL: "C" };
  const signing = startDaemon(
    [opendkim!, "-f", "-x", settings, "-p", milter],
    env,
    join(folder, "opendkim.log"),
  );
  const tracing = await trace(milter, "--write", file);
  const postfix = await startPostfix({ milters: [tracing.address] });
  try {
    await answers(port);
    const client = await SmtpClient.connect(postfix.port);
    await client.ehlo();
    const sent = await client.message("a@example.org", ["b@example.test"], mail("signed", "hello\n"));
    assert.equal(sent.code, 250, String(sent.lines));
    await client.quit();
    const received = at(await postfix.nextHop.waitFor(1), 0);
    assert.equal(valuesOf(received, "DKIM-Signature").length, 1);
    await end(tracing, file, 1);
    assert.match(
      tracing.output,
      /milter {2}insert-header 0 DKIM-Signature: v=1; a=rsa-sha256;.*\+\d+\.\d ms/,
    );
    // a signature holds the second in which it was made
    await sleep(1100);
    const ignoring = await replay(file, milter, "--ignore-header", "dkim-signature");
    assert.equal(ignoring.code, 0, ignoring.lines.join("\n"));
    const differing = await replay(file, milter);
    assert.equal(differing.code, 3);
    assert.match(
      at(differing.lines, 0),
      /^connection 1, message 1 \(\w+\), EOM: insert-header 0 DKIM-Signature:.* -> insert-header 0 DKIM-Signature:/,
    );
    assert.equal(differing.lines.length, 2);
  } finally {
    await postfix.stop();
    await tracing.stop();
    await signing.stop(1000);
  }
});

/** Waits until somebody listens. */
async function answers(port: number): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (connected) return;
  }
  throw new Error(`nobody listens on port ${port}`);
}
