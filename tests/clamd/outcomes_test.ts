// What becomes of a message by what clamd says, and by the options.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Delivered } from "../../lib/testing.ts";
import { at } from "../support/present.ts";
import { says } from "./scripted_clamd.ts";
import { CLEAN, withServer } from "./support.ts";

/** A message that claims to have been scanned. */
const FORGED = {
  header: [
    ["X-Virus-Scanned", "clamav-milter 1.0 at mx.example.org"],
    ["Subject", "Test"],
    ["x-virus-status", "Clean"],
    ["X-VIRUS-STATUS", "Clean"],
  ],
} as const;

const statuses = ({ fields }: Delivered) =>
  fields.filter((field) => /^x-(virus|scan)/i.test(field.name)).map(({ name, value }) => `${name}: ${value}`);

const remarks = ({ notes }: Delivered) => notes.flatMap(({ remark }) => remark ?? []);

const FOUND = says("stream: Eicar-Test FOUND");
const LIMIT = says("INSTREAM size limit exceeded. ERROR");

test("a clean message passes with a header that says so, and without those of its sender", () =>
  withServer(CLEAN, async ({ send, count }) => {
    const sent = await send(FORGED);
    sent.assertAccepted();
    assert.deepEqual(statuses(sent), ["X-Virus-Status: Clean"]);
    assert.equal(at(sent.fields, 0).name, "X-Virus-Status");
    assert.deepEqual(remarks(sent), ["clean"]);
    assert.deepEqual(sent.labels, []);
    assert.equal(count("clean"), 1);
  }));

test("--header names another header, whose forgeries are removed too", () =>
  withServer(CLEAN, async ({ send }) => {
    const sent = await send({ header: [["X-Scan", "fine"], ["X-Virus-Status", "Clean"]] });
    assert.deepEqual(statuses(sent), ["X-Scan: Clean"]);
  }, "--header X-Scan"));

test("--on-virus reject: the sender is told what was found", () =>
  withServer(FOUND, async ({ send, count }) => {
    const sent = await send();
    sent.assertRejected(550, "Virus found: Eicar-Test");
    assert.equal(sent.reply?.enhanced, "5.7.1");
    assert.deepEqual(remarks(sent), ["virus found: Eicar-Test"]);
    assert.deepEqual(sent.labels, ["virus"]);
    assert.equal(count("infected"), 1);
  }));

test("--on-virus discard: the message is dropped", () =>
  withServer(FOUND, async ({ send }) => (await send()).assertDiscarded(), "--on-virus discard"));

test("--on-virus quarantine: the message is held, with what was found", () =>
  withServer(FOUND, async ({ send }) => {
    const sent = await send(FORGED);
    sent.assertHeld("virus found: Eicar-Test");
    assert.deepEqual(statuses(sent), ["X-Virus-Status: Infected (Eicar-Test)"]);
  }, "--on-virus quarantine"));

test("--on-virus mark: the message passes with what was found", () =>
  withServer(FOUND, async ({ send }) => {
    const sent = await send(FORGED);
    sent.assertAccepted();
    assert.deepEqual(statuses(sent), ["X-Virus-Status: Infected (Eicar-Test)"]);
  }, "--on-virus mark"));

test("by default, a message that is not scanned as a whole is put off", () =>
  withServer(LIMIT, async ({ send, count }) => {
    const sent = await send(FORGED);
    sent.assertTempfailed(452, "Message cannot be scanned for viruses as a whole");
    assert.equal(sent.reply?.enhanced, "4.3.4");
    assert.deepEqual(remarks(sent), ["not scanned: larger than StreamMaxLength of clamd"]);
    assert.deepEqual(sent.labels, ["not-scanned"]);
    assert.equal(count("unscanned"), 1);
  }));

test("--on-oversize reject", () =>
  withServer(LIMIT, async ({ send }) => {
    const sent = await send();
    sent.assertRejected(552, "Message cannot be scanned for viruses as a whole");
    assert.equal(sent.reply?.enhanced, "5.3.4");
  }, "--on-oversize reject"));

test("--on-oversize quarantine", () =>
  withServer(LIMIT, async ({ send }) => {
    const sent = await send(FORGED);
    sent.assertHeld("not scanned for viruses: larger than StreamMaxLength of clamd");
    assert.deepEqual(statuses(sent), ["X-Virus-Status: Not Scanned (larger than StreamMaxLength of clamd)"]);
  }, "--on-oversize quarantine"));

test("--on-oversize accept: the message passes, and no header says that it is clean", () =>
  withServer(LIMIT, async ({ send }) => {
    const sent = await send(FORGED);
    sent.assertAccepted();
    assert.deepEqual(statuses(sent), ["X-Virus-Status: Not Scanned (larger than StreamMaxLength of clamd)"]);
  }, "--on-oversize accept"));

test("what clamd could not look into for its limits is neither clean nor a virus", () =>
  withServer(says("stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND"), async ({ send }) => {
    const sent = await send(FORGED);
    sent.assertAccepted();
    assert.deepEqual(statuses(sent), [
      "X-Virus-Status: Not Scanned (Heuristics.Limits.Exceeded.MaxScanSize)",
    ]);
  }, "--on-oversize accept"));

for (const [how, extra, isScanned] of [["that size", 0, true], ["a byte more", 1, false]] as const) {
  test(`--max-size: a message of ${how} is scanned: ${isScanned}`, () =>
    withServer(CLEAN, async ({ server, send }) => {
      const header = "Subject: Test\r\n\r\n";
      const body = `${"x".repeat(100_000 - header.length - 2 + extra)}\r\n`;
      const sent = await send({ body });
      assert.equal(server.streams.length, isScanned ? 1 : 0);
      if (isScanned) return void sent.assertAccepted();
      sent.assertTempfailed(452);
      assert.deepEqual(remarks(sent), ["not scanned: larger than 100kB"]);
      assert.equal(server.open, 0);
    }, "--max-size 100kB"));
}

for (const onError of ["tempfail", "reject"] as const) {
  test(`--on-error ${onError}: an answer that is none decides on nothing`, () =>
    withServer(says("stream: Can't open directory ERROR"), async ({ send, count, filter, server }) => {
      const sent = await send();
      assert.equal(sent.outcome, onError);
      const [failure] = sent.failures;
      assert.match(String(failure?.error), /^ClamdError: clamd at unix:\S+ cannot scan: stream: Can't open/);
      assert.equal(failure?.event, "eom");
      assert.equal(count("failed"), 1);
      assert.equal(filter.metrics.count("server_failures_total", { server: server.address }), 1);
    }, `--on-error ${onError}`));
}

test("--on-error accept: the message passes, and no header says that it is clean", () =>
  withServer(says("gibberish"), async ({ send, count }) => {
    const sent = await send(FORGED);
    sent.assertAccepted();
    assert.deepEqual(statuses(sent), ["X-Virus-Status: Not Scanned (the scanner failed)"]);
    assert.match(at(remarks(sent), 0), /^not scanned: clamd at unix:\S+ cannot scan: gibberish$/);
    assert.deepEqual(sent.logs.map(({ level }) => level), ["error"]);
    assert.equal(count("failed"), 1);
  }, "--on-error accept"));

test("a filter that neither refuses nor discards has the MTA wait for no verdict", () =>
  withServer(CLEAN, ({ filter }) => {
    assert.deepEqual(filter.verdicts, []);
    assert.deepEqual(filter.changes, ["insertHeader", "deleteHeader", "quarantine"]);
    return Promise.resolve();
  }, "--on-virus mark --on-oversize quarantine"));

test("a dry run scans and changes nothing", () =>
  withServer(FOUND, async ({ send, server }) => {
    const sent = await send(FORGED);
    sent.assertAccepted().assertUnchanged();
    assert.equal(server.streams.length, 1);
    assert.deepEqual(remarks(sent), ["virus found: Eicar-Test"]);
  }, "--dry-run"));
