// `milterkit check`, as somebody uses it who wonders what a filter does.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Milterkit } from "../support/milterkit.ts";
import { at } from "../support/present.ts";
import { type CommandResult, run } from "../support/process.ts";
import { PROGRAM } from "../support/programs.ts";

const [, program] = PROGRAM;
const messages = fileURLToPath(new URL("../messages/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "milterkit-check-"));
after(() => rmSync(folder, { recursive: true }));

const plain = join(messages, "1-plain.eml");
const large = join(messages, "4-too-large.eml");
const limit = ["--filter", "size-limit", "--max", "10kB"];
const mark = ["--filter", "header-rewrite", "--add", "X-Checked: yes"];

const check = (...args: string[]): Promise<CommandResult> =>
  run([...program, "check", ...args], { timeoutMs: 20_000 });

describe("check of one message", () => {
  it("shows events, changes and the difference", async () => {
    const { code, stdout, stderr } = await check(plain, "--from", "a@example.com", ...limit, ...mark);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}connect mail\.example\.com \[192\.0\.2\.1\] +continue$/m);
    assert.match(stdout, /^ {2}mail {4}<a@example\.com> +continue$/m);
    assert.match(stdout, /^ {2}data +not asked$/m);
    assert.match(stdout, /^header-rewrite at eom: add X-Checked$/m);
    assert.match(stdout, /^accept$/m);
    assert.match(stdout, /^\+X-Checked: yes$/m);
    assert.ok(!stdout.includes("\x1b"));
  });

  it("sends no notices, and says that one would be sent", async () => {
    const tell = join(folder, "tell");
    writeFileSync(tell, `#!/bin/sh\ntouch ${folder}/told\n`, { mode: 0o755 });
    const rate = ["--filter", "rate-limit", "--limit", "1/1h", "--count", "recipients"];
    const { code, stdout, stderr } = await check(
      ...[plain, "--rcpt", "a@example.com", "--rcpt", "b@example.com", "--macro", "auth_authen=joe", ...rate],
      ...["--notify-command", tell, "--notify-mail", "root"],
    );
    assert.equal(
      stderr,
      `milterkit: info: filter rate-limit: a notice would run ${tell} and be sent to root {"key":"joe"}\n`,
    );
    assert.match(stdout, /451 4\.7\.1 Too many recipients/);
    assert.equal(code, 0);
    assert.equal(existsSync(join(folder, "told")), false);
  });

  it("says who refused it, and ends with 3", async () => {
    const { code, stdout } = await check(large, ...limit);
    assert.equal(code, 3);
    assert.match(stdout, /^reject by size-limit at body 552 5\.3\.4 Message too large/m);
    assert.doesNotMatch(stdout, /^\+\+\+/m);
  });

  it("takes files behind the filters' options, and standard input", async () => {
    const { code } = await check(...limit, large);
    assert.equal(code, 3);
    const command = [...program, "check", ...limit].map((word) => `'${word}'`).join(" ");
    const piped = await run(["sh", "-c", `${command} < '${large}'`]);
    assert.equal(piped.code, 3);
    assert.match(piped.stdout, /^\(standard input\): from=<ann@example\.org>/);
  });

  it("reads a message as the MTA does, and takes the envelope from fields that no filter is shown", async () => {
    const file = join(folder, "odd.eml");
    writeFileSync(
      file,
      ">From a@x Mon Jan  1 00:00:00 2024\nReturn-Path: <r@x>\nFrom: a@x\nBcc: c@z\nX-A : 1\n" +
        "To: 'q@y' <q@y>\n\nbody\n",
    );
    const fields = async (...more: string[]) => {
      const { stdout, code } = await check(file, ...more, "--json", ...limit);
      assert.equal(code, 0);
      const { before } = JSON.parse(stdout);
      const [header] = before.message.split("\r\n\r\n");
      const lines: string[] = before.message.startsWith("\r\n") ? [] : header.split("\r\n");
      return [before.sender, before.recipients, lines.map((line) => line.split(":")[0])];
    };
    const shown = ["X-Mailbox-Line", "From", "X-A", "To"];
    assert.deepEqual(await fields(), ["r@x", ["q@y"], shown]);
    assert.deepEqual(await fields("--mta", "postfix"), ["r@x", ["q@y"], shown]);
    assert.deepEqual(await fields("--mta", "sendmail"), ["", ["recipient@example.org"], []]);
    writeFileSync(file, "Return-Path: <r@x>\nFrom: a@x\nBcc: c@z\nX-A : 1\n\nbody\n");
    assert.deepEqual(await fields("--mta", "sendmail"), [
      "r@x",
      ["recipient@example.org"],
      ["Return-Path", "From", "Bcc", "X-A"],
    ]);
  });

  it("knows tempfail and discard", async () => {
    const tempfail = await check(large, ...limit, "--action", "tempfail");
    assert.equal(tempfail.code, 4);
    const discard = await check(large, ...limit, "--action", "discard");
    assert.equal(discard.code, 5);
    assert.match(discard.stdout, /^discard by size-limit/m);
  });

  it("shows what a dry run would have done", async () => {
    const { code, stdout } = await check(large, ...limit, "--dry-run");
    assert.equal(code, 0);
    assert.match(stdout, /^size-limit \(dry run\) at body: reject/m);
  });

  it("tells client, helo, recipients and macros", async () => {
    const { stdout } = await check(
      ...["--client", "relay.example[2001:db8::1]", "--helo", "there", "--rcpt", "x@example.net"],
      ...["--rcpt", "<y@example.net>", "--from", "<>", "--macro", "auth_authen=alice", plain, ...mark],
    );
    assert.match(stdout, /connect relay\.example \[2001:db8::1\]/);
    assert.match(stdout, /helo {4}there/);
    assert.match(stdout, /from=<> to=<x@example\.net>,<y@example\.net>/);
  });

  it("lets no control character of a message, a reply or a name reach the terminal", async () => {
    const file = join(folder, "\x1b[2J\u009bcontrols.eml");
    const raw =
      "Subject: \x1b[2Jgone\x07\u0085\u009b1m\nFrom: a\x1b[1m\u009b@example.com\n\nbody\x1b[1m\x7f\n";
    writeFileSync(file, raw);
    const filter = join(folder, "hostile.ts");
    const reply = 'reject(550, undefined, "no \\x1b[31m\\x07\\u009b")';
    writeFileSync(
      filter,
      `import { reject } from "milterkit";\nexport default { name: "hostile", eom: () => ${reply} };\n`,
    );
    // deno-lint-ignore no-control-regex -- they are what is looked for
    const controls = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]/;
    const replace = ["--filter", "header-rewrite", "--replace", "Subject /gone/ x"];
    const changed = await check(file, ...replace);
    assert.doesNotMatch(changed.stdout, controls);
    assert.match(changed.stdout, /^-Subject: \\x1b\[2Jgone\\x07\\x85\\x9b1m$/m);
    assert.match(changed.stdout, /^\S*\/\\x1b\[2J\\x9bcontrols\.eml: from=<a\\x1b\[1m\\x9b@example\.com>/);
    const refused = await check(file, "--filter", filter);
    assert.equal(refused.code, 3, refused.stderr);
    assert.doesNotMatch(refused.stdout, controls);
    // as the answer to an event, as a note, and as the outcome
    assert.equal(refused.stdout.match(/550 no \\x1b\[31m\\x07\\x9b/g)?.length, 3);
    const many = await check(file, plain, "--filter", filter);
    assert.doesNotMatch(many.stdout, controls);
    assert.match(many.stdout, /^reject {4}\S+controls\.eml {2}by hostile 550 no \\x1b/m);
    const json = await check("--json", file, "--filter", filter);
    assert.doesNotMatch(json.stdout, controls);
    const { name, reply: { lines }, before } = JSON.parse(json.stdout);
    assert.equal(name, file);
    assert.deepEqual(lines, ["no \x1b[31m\x07\u009b"]);
    assert.equal(before.message, raw.replaceAll("\n", "\r\n"));
  });

  it("has one end of waiting, the filter's, where one hangs", async () => {
    const file = join(folder, "hang.ts");
    writeFileSync(file, 'export default { name: "hang", header: () => new Promise(() => {}) };\n');
    const { code, stdout } = await check("--timeout", "200ms", plain, "--filter", file);
    assert.equal(code, 4);
    assert.match(stdout, /^hang failed at header: No answer within 200 ms$/m);
  });

  it("survives what a filter throws outside of any callback, and says so", async () => {
    const file = join(folder, "stray.ts");
    const source = `export default { name: "stray", async mail() {
      setTimeout(() => { throw new Error("left behind"); }, 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    } };\n`;
    writeFileSync(file, source);
    const { code, stdout, stderr } = await check(plain, "--filter", file);
    assert.equal(code, 1);
    assert.match(stdout, /^accept$/m);
    assert.match(stderr, /^milterkit: uncaught error outside any callback: left behind$/m);
  });

  it("does not take a filter that ends the process for one that accepts", async () => {
    const file = join(folder, "exit.ts");
    writeFileSync(file, 'export default { name: "exit", mail() { process.exit(0); } };\n');
    const { code, stderr } = await check(plain, "--filter", file);
    assert.equal(code, 1);
    assert.match(stderr, /^milterkit: something in this process ended it/m);
  });

  it("prints JSON for programs", async () => {
    const { code, stdout } = await check(plain, ...mark, "--json");
    assert.equal(code, 2, "--json belongs before the first --filter");
    const right = await check("--json", plain, ...mark);
    assert.equal(right.code, 0);
    assert.equal(stdout, "");
    const { outcome, events, notes, modifications, after } = JSON.parse(right.stdout);
    assert.equal(outcome, "accept");
    assert.deepEqual(events.at(-1).verdict, "continue");
    assert.deepEqual(notes[0].changes, ["add X-Checked"]);
    assert.deepEqual(modifications, [{ type: "addHeader", name: "X-Checked", value: " yes" }]);
    assert.match(after.message, /^X-Checked: yes\r$/m);
  });
});

describe("check of many messages", () => {
  it("has a line for each and counts them", async () => {
    const { code, stdout } = await check(messages, ...limit, ...mark);
    assert.equal(code, 3);
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, 8);
    assert.match(at(lines, 0), /^accept {4}\S+1-plain\.eml {2}changed$/);
    assert.match(at(lines, 3), /^reject {4}\S+4-too-large\.eml {2}by size-limit 552 /);
    assert.equal(lines[7], "7 messages: 6 accept, 1 reject, 6 changed");
  });

  it("goes on behind one that cannot be read, and ends with 1", async () => {
    const missing = join(folder, "missing.eml");
    const { code, stdout, stderr } = await check(missing, plain, ...mark);
    assert.equal(code, 1);
    assert.match(stderr, /cannot check \S+missing\.eml: there is no such file/);
    assert.match(stdout, /^2 messages: 1 accept, 1 changed, 1 not checked$/m);
  });
});

describe("check with a running milter", () => {
  it("shows what the filters in it show", async () => {
    const milterkit = await Milterkit.start(["serve", "--listen", "inet:0@127.0.0.1", ...limit, ...mark]);
    try {
      const { address } = milterkit;
      const refused = await check("--milter", address, large);
      assert.equal(refused.code, 3);
      assert.match(refused.stdout, /^reject 552 5\.3\.4 Message too large/m);
      const changed = await check(plain, "--milter", address);
      assert.equal(changed.code, 0);
      assert.match(changed.stdout, /^\+X-Checked: yes$/m);
      const many = await check(messages, "--milter", address, "--jobs", "8");
      assert.match(many.stdout, /^7 messages: 6 accept, 1 reject, 6 changed$/m);
    } finally {
      await milterkit.stop();
    }
  });

  it("says so where nobody listens, or it is none, or it is silent", async () => {
    const nobody = await check(plain, "--milter", `unix:${join(folder, "nobody.sock")}`);
    assert.equal(nobody.code, 1);
    assert.match(
      nobody.stderr,
      /cannot check .*1-plain\.eml: Cannot connect to unix:\S+: there is no such file/,
    );
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.write("220 mail.example.com ESMTP\r\n");
    });
    const silent = createServer((socket) => void socket.on("error", () => {}));
    const port = (of: typeof server) =>
      new Promise<number>((resolve) =>
        of.listen(0, "127.0.0.1", () => resolve((of.address() as { port: number }).port))
      );
    try {
      const wrong = await check(plain, "--milter", `inet:${await port(server)}@127.0.0.1`);
      assert.equal(wrong.code, 1);
      assert.match(
        wrong.stderr,
        /cannot check .*1-plain\.eml: Malformed packet of 'm': length \d+ is more than \d+; not the milter protocol\?$/m,
      );
      const none = await check(
        plain,
        "--milter",
        `inet:${await port(silent)}@127.0.0.1`,
        "--timeout",
        "200ms",
      );
      assert.equal(none.code, 1);
      assert.match(none.stderr, /No answer to negotiate within 200 ms/);
    } finally {
      server.close();
      silent.close();
    }
  });
});

describe("a command line of check that is wrong", () => {
  const cases: [what: string, args: string[], says: RegExp][] = [
    ["nothing to check with", [plain], /give --config FILE, --filter NAME or --milter ADDRESS/],
    ["both", [plain, "--milter", "inet:1@localhost", ...limit], /give --milter or --filter, not both/],
    ["an option", [plain, "--mliter", "inet:1@localhost"], /--mliter.*--milter/],
    ["an address", [plain, "--milter", "localhost"], /Invalid --milter "localhost": want unix:/],
    [
      "a descriptor",
      [plain, "--milter", "fd:3"],
      /Invalid --milter "fd:3": want unix:\/path, inet:port@host or inet6:port@host/,
    ],
    [
      "a parent's",
      [plain, "--milter", "parent:inet:1@localhost"],
      /Invalid --milter "parent:[^"]*": parent: is only for workers$/m,
    ],
    [
      "a client",
      [plain, "--client", "mail.example.com", ...limit],
      /Invalid --client "mail\.example\.com": want an address/,
    ],
    [
      "a macro",
      [plain, "--macro", "auth_authen", ...limit],
      /Invalid --macro "auth_authen": want NAME=VALUE/,
    ],
    ["a filter", [plain, "--filter", "size-limt"], /did you mean size-limit/],
  ];
  for (const [what, args, says] of cases) {
    it(`is said so: ${what}`, async () => {
      const { code, stdout, stderr } = await check(...args);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.equal(stderr.trim().split("\n").length, 1);
    });
  }

  it("shows help that teaches", async () => {
    const { code, stdout } = await check("--help");
    assert.equal(code, 0);
    assert.match(stdout, /milterkit check .*--milter inet:8891@localhost/);
    assert.match(stdout, /3\s+rejected/);
  });
});

describe("check with a filter of one's own", () => {
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it("warns of a verdict that is not returned, once for all messages", async () => {
    const forgetful = file(
      "forgetful.ts",
      `import { defineFilter, reject } from "milterkit";
export default defineFilter({
  name: "forgetful",
  async rcpt({ address }) {
    await Promise.resolve();
    if (address !== "") reject(550, "5.7.1", "Not here");
  },
  header: ({ name }) => name === "X-Nothing" ? reject(550) : undefined,
});
`,
    );
    const { code, stderr, stdout } = await check(plain, large, "--filter", forgetful);
    assert.equal(
      stderr,
      'milterkit: filter forgetful: rcpt made reject(550, "5.7.1", "Not here") and did not return it; ' +
        "write return reject(…)\n",
    );
    assert.equal(code, 0, stdout);
  });

  it("shows what the filter logs, and disposes it at the end", async () => {
    const logging = file(
      "logging.ts",
      `import { defineFilter } from "milterkit";
export default defineFilter({
  name: "logging",
  create: (_options, kit) => ({
    mail: ({ address }, { log }) => log.info("a sender", { address }),
    dispose: () => kit.log.info("disposed"),
  }),
});
`,
    );
    const from = ["--from", "a@example.com"];
    const shown = await check(plain, ...from, "--filter", logging);
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^logging logs info: a sender \{"address":"a@example\.com"\}$/m);
    assert.equal(shown.stderr, "milterkit: info: filter logging: disposed\n");
    const { stdout } = await check(plain, ...from, "--json", "--filter", logging);
    assert.deepEqual(JSON.parse(stdout).logs, [
      { filter: "logging", level: "info", text: "a sender", fields: { address: "a@example.com" } },
    ]);
  });
});
