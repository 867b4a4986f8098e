// --dry-run: everything is seen and logged, nothing is done; and the warning of a wrong order.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { MtaClient } from "../../../lib/mta/client.ts";
import { toBytes } from "../../../lib/message/text.ts";
import { Milterkit } from "../../support/milterkit.ts";
import { at } from "../../support/present.ts";

const SIZE_LIMIT = ["--filter", "size-limit", "--max", "100B"];
const REWRITE = ["--filter", "header-rewrite", "--add", "X-Checked: yes", "--remove", "X-Spam*"];
const DKIM = ["--filter", "dkim-check", "--authserv-id", "mx.example.test"];

function serve(...filters: string[]): Promise<Milterkit> {
  return Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", "--log-format", "json", ...filters]);
}

const small = toBytes("X-Spam: 1\r\n\r\nhello\r\n");
const large = toBytes(`X-Spam: 1\r\n\r\n${"x".repeat(200)}\r\n`);

async function outcome(milterkit: Milterkit, message: Uint8Array): Promise<[string, string[]]> {
  const client = await MtaClient.open(milterkit.address);
  await client.connect({ hostname: "client.example", family: "inet", port: 25, address: "192.0.2.1" });
  await client.helo("client.example");
  const { answer } = await client.message(message, { from: "a@example.test", to: ["b@example.test"] });
  client.quit();
  return [answer.verdict, answer.modifications.map(({ type }) => type)];
}

test("filters in a dry run log and change nothing", { timeout: 120_000 }, async () => {
  const milterkit = await serve(...SIZE_LIMIT, "--dry-run", ...REWRITE, "--dry-run", ...DKIM, "--dry-run");
  try {
    assert.deepEqual(await outcome(milterkit, small), ["continue", []]);
    assert.deepEqual(await outcome(milterkit, large), ["continue", []]);
  } finally {
    await milterkit.stop();
  }
  const reports = milterkit.records().filter(({ type }) => type === "message");
  assert.deepEqual(reports.map((report) => report.outcome), ["accept", "accept"]);
  const notes = reports.flatMap((report) =>
    report.notes as { filter: string; dryRun?: boolean; remark?: string }[]
  );
  for (const filter of ["size-limit", "header-rewrite", "dkim-check"]) {
    assert.ok(notes.some((note) => note.filter === filter), `${filter} in ${JSON.stringify(notes)}`);
  }
  for (const note of notes) assert.ok(note.dryRun || note.remark, JSON.stringify(note));
  assert.match(String(at(reports, 1).message), /size-limit \(dry run\): reject \(552 5\.3\.4 /);
});

test("one filter in a dry run leaves the others as they are", { timeout: 120_000 }, async () => {
  const milterkit = await serve(...SIZE_LIMIT, "--dry-run", ...REWRITE);
  try {
    assert.deepEqual(await outcome(milterkit, large), ["continue", ["changeHeader", "addHeader"]]);
  } finally {
    await milterkit.stop();
  }
});

const warnings = (milterkit: Milterkit) =>
  milterkit.records().filter(({ level }) => level === "WARN").map(({ message }) => String(message));

test("a filter that changes what a later one checks is warned of by name", { timeout: 120_000 }, async () => {
  const wrongOrders = [
    [...REWRITE, ...DKIM],
    ["--filter", "header-rewrite", "--set", "Subject: x", ...SIZE_LIMIT, ...DKIM],
  ];
  for (const filters of wrongOrders) {
    const milterkit = await serve(...filters);
    await milterkit.stop();
    const [warning = "", ...others] = warnings(milterkit);
    assert.deepEqual(others, []);
    assert.match(warning, /header-rewrite/);
    assert.match(warning, /dkim-check/);
  }
  const rightOrders = [
    [...DKIM, ...REWRITE],
    ["--filter", "header-rewrite", "--add", "X-Checked: yes", ...DKIM],
    [...REWRITE, "--dry-run", ...DKIM],
  ];
  for (const filters of rightOrders) {
    const milterkit = await serve(...filters);
    await milterkit.stop();
    assert.deepEqual(warnings(milterkit), []);
  }
});
