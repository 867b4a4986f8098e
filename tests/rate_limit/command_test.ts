// Notices by command: what it gets, and what happens if it fails or hangs.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { MemoryStore } from "../../lib/store/memory_store.ts";
import type { FilterLogLine } from "../../lib/kit/kit.ts";
import { eventually, HOUR, limited } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-notice-"));
after(() => rmSync(folder, { recursive: true }));
let programs = 0;

/** Writes a program of this shell text. */
function program(text: string): string {
  const path = join(folder, `program-${++programs}`);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function read(name: string): string {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

test("a command gets its arguments and the details in its environment, without a shell", async () => {
  process.env.MILTERKIT_SECRET_OF_OURS = "secret";
  const command = program(
    `printf '%s|' "$@" > ${folder}/args; env > ${folder}/env.new; mv ${folder}/env.new ${folder}/env`,
  );
  await using it = await limited([
    ["limit", "1/1h"],
    ["notify-command", command],
    ["notify-arg", "$(touch x) '"],
    ["notify-arg", "--to=a b"],
  ]);
  const mail = {
    from: "joe@example.org",
    helo: "his\u{1b}[31m.example",
    client: { address: "192.0.2.7", hostname: "host.example" },
  };
  await it.sendAs("Joe", mail);
  await it.sendAs("Joe", mail);
  await eventually(() => assert.match(read("env"), /MILTERKIT_KEY=/));
  assert.equal(read("args"), "$(touch x) '|--to=a b|");
  const values = Object.fromEntries(
    read("env").split("\n").filter((line) => line.startsWith("MILTERKIT_")).map((line) =>
      line.split(/=(.*)/s)
    ),
  );
  assert.deepEqual({ ...values, MILTERKIT_HOST: "", MILTERKIT_TIME: "" }, {
    MILTERKIT_ACTION: "tempfail",
    MILTERKIT_CLIENT: "192.0.2.7",
    MILTERKIT_CLIENT_NAME: "host.example",
    MILTERKIT_COUNT: "messages",
    MILTERKIT_FILTER: "rate-limit",
    MILTERKIT_HELO: "his?[31m.example",
    MILTERKIT_HOST: "",
    MILTERKIT_KEY: "joe",
    MILTERKIT_LIMIT: "1/1h",
    MILTERKIT_LOGIN: "Joe",
    // Postfix has none yet at MAIL.
    MILTERKIT_QUEUE_ID: "",
    MILTERKIT_RECIPIENT: "",
    MILTERKIT_SENDER: "joe@example.org",
    MILTERKIT_TIME: "",
    MILTERKIT_WAIT: "3600",
  });
  assert.doesNotMatch(read("env"), /secret/);
  delete process.env.MILTERKIT_SECRET_OF_OURS;
});

test("a notice comes once per key and time, whichever process sees the mail", async () => {
  const command = program(`echo "$MILTERKIT_KEY" >> ${folder}/told`);
  const store = new MemoryStore();
  const given = [["limit", "1/1h burst 1"], ["notify-command", command], ["notify-every", "2h"]] as const;
  await using one = await limited(given, { store });
  await using other = await limited(given, { store });
  for (let i = 0; i < 3; i++) {
    await Promise.all([one.sendAs("joe"), other.sendAs("joe"), other.sendAs("ann"), one.sendAs("ann")]);
  }
  const told = () => read("told").split("\n").filter((line) => line !== "").sort();
  await eventually(() => assert.deepEqual(told(), ["ann", "joe"]));
  await one.filter.dispose();
  assert.deepEqual(told(), ["ann", "joe"]);
  assert.equal(
    one.filter.metrics.count("notices_total", { result: "sent" }) +
      other.filter.metrics.count("notices_total", { result: "sent" }),
    2,
  );
});

test("filters with other keys tell of the same text each for itself", async () => {
  const command = program(`echo "$MILTERKIT_SENDER" >> ${folder}/both`);
  const store = new MemoryStore();
  await using byLogin = await limited([["limit", "1/1h"], ["notify-command", command]], { store });
  await using bySender = await limited([["limit", "1/1h"], ["by", "sender"], ["notify-command", command]], {
    store,
  });
  for (let i = 0; i < 3; i++) {
    await byLogin.sendAs("joe", { from: "ann" });
    await bySender.send({ from: "joe" });
  }
  await eventually(() => assert.deepEqual(read("both").trim().split("\n").sort(), ["ann", "joe"]));
});

test("a command that hangs delays no mail, and is ended with all that it has started", async () => {
  const command = program(
    `sleep 1000 & echo $! > ${folder}/child.new; mv ${folder}/child.new ${folder}/child; wait`,
  );
  const lines: FilterLogLine[] = [];
  await using it = await limited([["limit", "1/1h"], ["notify-command", command]], {
    onLog: (line) => lines.push(line),
  });
  await it.sendAs("joe");
  (await it.sendAs("joe")).assertTempfailed(451);
  await eventually(() => assert.notEqual(read("child"), ""));
  const child = Number(read("child"));
  assert.equal(isRunning(child), true);
  await it.clock.advance(30_000);
  await eventually(() => assert.equal(isRunning(child), false));
  await eventually(() =>
    assert.deepEqual(lines.map(({ text }) => text), [
      `a notice failed: ${command} took more than 30 s`,
    ])
  );
});

test("a command that hangs is ended with the filter", async () => {
  const command = program(`echo $$ > ${folder}/own.new; mv ${folder}/own.new ${folder}/own; exec sleep 1000`);
  await using it = await limited([["limit", "1/1h"], ["notify-command", command]]);
  await it.sendAs("joe");
  await it.sendAs("joe");
  await eventually(() => assert.notEqual(read("own"), ""));
  const ended = it.filter.dispose();
  await it.clock.advance(3000);
  await ended;
  assert.equal(isRunning(Number(read("own"))), false);
});

test("failures are logged once a minute, with what the command said", async () => {
  const command = program(`echo "no route" >&2; exit 3`);
  const lines: FilterLogLine[] = [];
  await using it = await limited([["limit", "1/1h"], ["notify-command", command]], {
    onLog: (line) => lines.push(line),
  });
  const failed = () => it.filter.metrics.count("notices_total", { way: "command", result: "failed" });
  for (const [i, login] of ["a", "b", "c"].entries()) {
    await it.count(login, 2);
    await eventually(() => assert.equal(failed(), i + 1));
  }
  await it.clock.advance(60_000);
  await it.count("d", 2);
  await eventually(() => assert.equal(failed(), 4));
  const text = `a notice failed: ${command} exited with 3: no route`;
  assert.deepEqual(lines.map(({ text, fields }) => `${fields.key}: ${text}`), [
    `a: ${text}`,
    `d: ${text} (and 2 more since the last such line)`,
  ]);
});

test("a command that is gone is a failure like any other", async () => {
  const command = program("exit 0");
  const lines: FilterLogLine[] = [];
  await using it = await limited([["limit", "1/1h"], ["notify-command", command]], {
    onLog: (line) => lines.push(line),
  });
  rmSync(command);
  await it.count("joe", 2);
  await eventually(() => assert.match(lines[0]?.text ?? "", /cannot be run/));
});

test("commands run one at a time, and what is too much is dropped", async () => {
  const command = program(
    `mkdir ${folder}/busy || echo overlap >> ${folder}/overlaps; echo x >> ${folder}/runs; rmdir ${folder}/busy`,
  );
  const lines: FilterLogLine[] = [];
  await using it = await limited([["limit", "1/1h"], ["notify-command", command]], {
    onLog: (line) => lines.push(line),
  });
  const logins = Array.from({ length: 130 }, (_, i) => `user${i}`);
  await Promise.all(logins.map((login) => it.count(login, 2)));
  const count = (result: string) => it.filter.metrics.count("notices_total", { result });
  await eventually(() => assert.equal(count("sent") + count("dropped"), 130));
  assert.ok(count("dropped") > 0, "none was dropped");
  assert.ok(count("sent") >= 100, `${count("sent")} were sent`);
  assert.equal(read("overlaps"), "");
  assert.match(lines[0]?.text ?? "", /^100 notices wait already, so this one was dropped$/);
});

test("a notice comes again after the time between two", async () => {
  const command = program(`echo x >> ${folder}/again`);
  await using it = await limited([["limit", "1/1h burst 1"], ["notify-command", command]]);
  await it.count("joe", 2);
  await eventually(() => assert.equal(it.filter.metrics.count("notices_total", { result: "sent" }), 1));
  await it.clock.advance(HOUR);
  await it.count("joe", 2);
  await eventually(() => assert.equal(read("again"), "x\nx\n"));
});

function isRunning(pid: number): boolean {
  try {
    // A killed process whose parent has not heard of it yet is still there.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test("where messages are only tried, nobody is told, and it is said what would be done", async () => {
  const lines: FilterLogLine[] = [];
  const only = { live: false, onLog: (line: FilterLogLine) => lines.push(line) };
  const command = program(`echo told >> ${folder}/tried`);
  // A server would be found at none of these ports; that it is not asked shows in the count.
  const mail = [["notify-mail", "root"], ["notify-mail", "joe@example.org"]] as const;
  const both = [["limit", "1/1h"], ["notify-command", command], ["notify-arg", "now"], ...mail] as const;
  for (
    const [given, does] of [
      [both, `run ${command} now and be sent to root and joe@example.org`],
      [both.slice(0, 2), `run ${command}`],
      [[["limit", "1/1h"], ...mail], "be sent to root and joe@example.org"],
    ] as const
  ) {
    lines.length = 0;
    const it = await limited(given, only);
    (await it.sendAs("joe")).assertAccepted();
    (await it.sendAs("joe")).assertTempfailed(451);
    (await it.sendAs("joe")).assertTempfailed(451);
    // It waits for notices in progress.
    await it.filter.dispose();
    assert.deepEqual(lines.map(({ level, text, fields }) => [level, text, fields.key]), [
      ["info", `a notice would ${does}`, "joe"],
    ]);
    for (const way of ["command", "mail"]) {
      for (const result of ["sent", "failed", "dropped"]) {
        assert.equal(it.filter.metrics.count("notices_total", { way, result }), 0);
      }
    }
  }
  assert.equal(read("tried"), "");
  await using silent = await limited([["limit", "1/1h"]], only);
  lines.length = 0;
  await silent.count("joe", 2);
  assert.deepEqual(lines, []);
});
