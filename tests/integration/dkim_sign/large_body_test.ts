// A message of 100 MB is signed as it streams through. Runs once: only the executable is driven here, which is the same
// whatever runtime drives it.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { dkimKeyRecord } from "../../../lib/auth/dkim/dns_record.ts";
import { parseDkimPrivateKey } from "../../../lib/auth/dkim/private_key.ts";
import { DkimVerifier } from "../../../lib/auth/dkim/verifier.ts";
import { parseRecordsFile } from "../../../lib/dns/records_file.ts";
import { HeaderField } from "../../../lib/message/header.ts";
import { MtaClient } from "../../../lib/mta/client.ts";
import { bytes } from "../../auth/dkim/support.ts";
import { KeysFolder, pemOf } from "../../dkim_sign/key_files.ts";
import { Milterkit } from "../../support/milterkit.ts";

const LINE = `${"0123456789".repeat(7)}\r\n`;
/** As large as MTAs make them, and with whole lines. */
const CHUNK = bytes(LINE.repeat(Math.floor(65_535 / LINE.length)));
const FIELDS: [string, string][] = [["From", " ann@example.org"], ["Subject", " large"]];

/** The most memory that a process ever used, in bytes. */
function peakOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(text)?.[1]) * 1024;
}

/** Sends a message of so many chunks; returns its signatures, the top one first. */
async function signed(address: string, chunks: number): Promise<readonly string[]> {
  const client = await MtaClient.open(address);
  await client.connect({ hostname: "client.example", family: "inet", address: "192.0.2.1", port: 25 });
  await client.helo("client.example");
  client.macros("mail", { auth_authen: "ann" });
  await client.mail("<ann@example.org>", []);
  await client.rcpt("<b@example.com>");
  await client.data();
  for (const [name, value] of FIELDS) await client.header(HeaderField.of(name, value, true));
  await client.eoh();
  for (let i = 0; i < chunks; i++) {
    await client.body(CHUNK);
    await client.drained();
  }
  const { modifications } = await client.eom();
  client.quit();
  const values = modifications.flatMap((change) => change.type === "insertHeader" ? [change.value] : []);
  return values.map((value) => new TextDecoder("latin1").decode(value)).reverse();
}

test("a message of 100 MB is signed, and memory does not grow with it", {
  skip: existsSync("/proc/self/status") ? undefined : "memory is read from /proc",
  timeout: 120_000,
}, async () => {
  using keys = new KeysFolder();
  keys.write("example.org/r.pem", pemOf("rsa"));
  keys.write("example.org/e.pem", pemOf("ed25519"));
  const milterkit = await Milterkit.start([
    ...["serve", "--listen", "inet:0@127.0.0.1", "--filter", "dkim-sign", "--keys", keys.path],
  ]);
  try {
    await signed(milterkit.address, 100);
    const before = peakOf(milterkit.pid);
    const chunks = Math.ceil(100_000_000 / CHUNK.length);
    const signatures = await signed(milterkit.address, chunks);
    const grown = peakOf(milterkit.pid) - before;
    assert.ok(grown < 40_000_000, `${grown} bytes more for 100 MB`);
    const record = (selector: string, type: "rsa" | "ed25519") =>
      `${selector}._domainkey.example.org ${dkimKeyRecord(parseDkimPrivateKey(pemOf(type)))}\n`;
    const resolver = parseRecordsFile(record("r", "rsa") + record("e", "ed25519"));
    const verifier = new DkimVerifier({ resolver, now: () => Date.now() / 1000 });
    for (const value of signatures) verifier.header(bytes("DKIM-Signature"), bytes(value));
    for (const [name, value] of FIELDS) verifier.header(bytes(name), bytes(value));
    verifier.endOfHeaders();
    for (let i = 0; i < chunks; i++) verifier.body(CHUNK);
    const results = await verifier.finish();
    assert.deepEqual(results.map(({ algorithm, status }) => `${algorithm} ${status}`), [
      ...["rsa-sha256 pass", "ed25519-sha256 pass"],
    ]);
  } finally {
    await milterkit.stop();
  }
});
