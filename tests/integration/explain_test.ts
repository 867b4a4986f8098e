// `milterkit explain`, as an administrator uses it: exit codes, bad files, DNS that is silent, a terminal.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { milterkitBinary, runMilterkit } from "../support/milterkit.ts";
import { present } from "../support/present.ts";
import { run, SYSTEM_PATH } from "../support/process.ts";
import { CASES } from "../explain/cases.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-explain-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const forwarder = present(CASES.find(({ name }) => name === "forwarder"), "the case");
const message = file("forwarder.eml", present(forwarder.message, "its message"));
const records = file("records.txt", forwarder.records);
const explain = (...args: string[]) => runMilterkit(["explain", ...args]);

describe("explain", () => {
  it("reads a message from a file, and prints text without colours to a pipe", async () => {
    const { code, stdout, stderr } = await explain(message, "--dns-records", records);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}Client: {4}203\.0\.113\.200 \(from the topmost Received\)$/m);
    assert.match(stdout, /^SPF: fail$/m);
    assert.match(stdout, /^Verdict: authenticates: DMARC passes for shop\.example by DKIM/m);
    assert.ok(!stdout.includes("\x1b"));
  });

  it("reads a message from standard input, and prints JSON", async () => {
    const command = `'${milterkitBinary()}' explain - --json --dns-records '${records}' < '${message}'`;
    const { code, stdout } = await run(["sh", "-c", command]);
    assert.equal(code, 0);
    const report = JSON.parse(stdout);
    assert.deepEqual([report.name, report.outcome], ["(standard input)", "authenticates"]);
  });

  it("explains a domain, and ends with 3 if it does not permit the client", async () => {
    const domain = ["--domain", "Shop.Example.", "--dns-records", records];
    assert.equal((await explain(...domain, "--client", "192.0.2.10")).code, 0);
    const other = await explain(...domain, "--client", "192.0.2.99");
    assert.equal(other.code, 3);
    assert.match(
      other.stdout,
      /^Verdict: does not authenticate: DMARC fails for shop\.example, since SPF did not pass/m,
    );
    assert.equal((await explain(...domain)).code, 0, "without a client there are only records");
  });

  it("names what is wrong with a command line or a file, with exit code 2", async () => {
    const binary = file("binary", Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256));
    const wrong: readonly (readonly [args: string[], says: RegExp])[] = [
      [[], /nothing to explain: give a FILE/],
      [[message, message], /want one FILE, not 2/],
      [[message, "--domain", "a.example"], /give a FILE or --domain, not both/],
      [["--domain", "a b"], /Invalid --domain "a b": want a domain/],
      [["--domain", "a.example", "--from", "b@a.example"], /--from is about a message/],
      [["--domain", "a.example", "--mta-id", "mx"], /--mta-id is about a message/],
      [[message, "--client", "mx.example"], /Invalid --client "mx\.example": want an IP address/],
      [[message, "--from", "a@b.example, c@d.example"], /Invalid --from .*: want one address/],
      [[message, "--dns-server", "nowhere"], /--dns-server "nowhere"/],
      [[message, "--dns-records", records, "--dns-timeout", "1s"], /no server is waited for/],
      [[message, "--dns-records", file("bad", 'a.example "open\n')], /line 1: a quoted string does not end/],
      [[join(folder, "missing.eml")], /missing\.eml": there is no such file/],
      [[folder], /it is a folder/],
      [[file("empty", "")], /it is not a message/],
      [[binary], /it is not a message: want header fields/],
      [["/dev/zero"], /it has more than 256 MiB/],
    ];
    for (const [args, says] of wrong) {
      const { code, stdout, stderr } = await explain(...args);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.match(stderr, says);
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
    }
  });

  it("reads a message of 100 MB", async () => {
    const path = file("large.eml", present(forwarder.message, "its message"));
    const block = "x".repeat(78).concat("\r\n").repeat(12_500);
    const handle = openSync(path, "a");
    for (let i = 0; i < 100; i++) writeSync(handle, block);
    closeSync(handle);
    const { code, stdout } = await explain(path, "--dns-records", records);
    assert.equal(code, 3);
    assert.match(stdout, /Header: as signed\. Body: differs from what was signed/);
  });
});

describe("DNS that is silent", () => {
  let silent: Socket | undefined;
  after(() => void silent?.close());

  async function silentServer(): Promise<string> {
    const socket = silent ??= createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return `127.0.0.1:${socket.address().port}`;
  }

  it("ends with 4, and shows on a terminal what is waited for", async () => {
    const args = ["explain", message, "--dns-server", await silentServer(), "--dns-timeout", "300ms"];
    const { code, stdout } = await runMilterkit(args);
    assert.equal(code, 4);
    assert.match(stdout, /TXT shop\.example: the lookup failed \(timeout\)/);
    assert.match(stdout, /^Verdict: unknown, since .*; try again later$/m);
    if (!existsSync("/usr/bin/script")) return;
    const command = [milterkitBinary(), ...args].map((word) => `'${word}'`).join(" ");
    const env = { PATH: SYSTEM_PATH, LC_ALL: "C", TERM: "xterm" };
    const terminal = await run(["script", "-qec", command, "/dev/null"], { env });
    assert.equal(terminal.code, 4);
    const shown = terminal.stdout.replaceAll("\x1b", "^");
    assert.match(shown, /\r\^\[Klookup \d: TXT shop\.example/);
    assert.match(shown, /\^\[33mVerdict: unknown/);
  });
});
