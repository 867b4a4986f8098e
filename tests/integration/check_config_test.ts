// `milterkit check --config`, as an administrator uses it before a reload. Runs once.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runMilterkit } from "../support/milterkit.ts";
import { siteCorpus, siteRecords } from "../site/corpus.ts";

const messages = fileURLToPath(new URL("../messages/", import.meta.url));
const plain = join(messages, "1-plain.eml");
const folder = mkdtempSync(join(tmpdir(), "milterkit-check-config-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const MARK =
  '[[filter]]\nname = "header-rewrite"\nlabel = "mark"\nadd = "X-Mark: yes"\nnot-client = "@internal"\n';
const LISTS = '[lists]\ninternal = ["10.0.0.0/8"]\n';
const ONE = `listen = "inet:8895@localhost"\n${LISTS}${MARK}`;
const TWO =
  `${LISTS}[[listener]]\nlisten = "inet:8895@localhost"\n[[listener.filter]]\nname = "size-limit"\nmax = "1MB"\n` +
  '[[listener]]\nlisten = "unix:/run/milterkit/submission.sock"\n[[listener.filter]]\nname = "size-limit"\nmax = "1kB"\n';

describe("check with a configuration", () => {
  it("shows which filters were left out, and by which condition", async () => {
    const config = write("one.toml", ONE);
    const { code, stdout, stderr } = await runMilterkit([
      "check",
      plain,
      "--client",
      "10.1.2.3",
      "--config",
      config,
    ]);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.ok(
      stdout.includes(
        `filters of ${config} at inet:8895@localhost\n  mark  left out: not-client @internal, but the client is 10.1.2.3\n`,
      ),
      stdout,
    );
    const outside = await runMilterkit(["check", plain, "--config", config]);
    assert.match(outside.stdout, /^\+X-Mark: yes$/m);
  });

  it("needs to know the listener if there are several", async () => {
    const config = write("two.toml", TWO);
    const large = join(messages, "4-too-large.eml");
    const which = await runMilterkit(["check", large, "--config", config]);
    assert.equal(which.code, 2);
    assert.match(
      which.stderr,
      /two\.toml listens at inet:8895@localhost, unix:\/run\/milterkit\/submission\.sock; choose one with --listener/,
    );
    const none = await runMilterkit([
      "check",
      large,
      "--config",
      config,
      "--listener",
      "inet:8896@localhost",
    ]);
    assert.match(
      none.stderr,
      /^milterkit check: Invalid --listener "inet:8896@localhost": \S+two\.toml listens at/,
    );
    for (
      const [listener, code] of [["inet:localhost:8895", 0], [
        "unix:/run/milterkit/submission.sock",
        3,
      ]] as const
    ) {
      const chosen = await runMilterkit(["check", large, "--config", config, "--listener", listener]);
      assert.equal(chosen.code, code, listener);
    }
  });

  it("says every mistake in the file with its place, and tries nothing", async () => {
    const config = write("bad.toml", ONE.replace("listen", "lisen").replace("@internal", "@intern"));
    const { code, stdout, stderr } = await runMilterkit(["check", plain, "--config", config]);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /bad\.toml:1:1: there is no "lisen"; did you mean "listen"\?$/m);
    assert.match(stderr, /bad\.toml:8:14: .*@internal/m);
  });

  it("refuses options that do not go together", async () => {
    const config = write("one.toml", ONE);
    for (
      const [args, reason] of [
        [["--config", config, "--milter", "inet:1@localhost"], "give --config or --milter, not both"],
        [
          ["--config", config, "--filter", "size-limit", "--max", "1MB"],
          "give --config or --filter, not both",
        ],
        [["--compare", config, "--milter", "inet:1@localhost"], "--compare is only for --config"],
        [
          ["--listener", "inet:1@h", "--filter", "size-limit", "--max", "1MB"],
          "--listener is only for --config",
        ],
        [["--keep-state", "--milter", "inet:1@localhost"], "--keep-state is only for --config"],
        [["--explain", "--milter", "inet:1@localhost"], "--explain is not for --milter"],
        [
          ["--config", config, "--list", "a=10.0.0.1"],
          "--list is not for --config; the file has its own [lists]",
        ],
        [["--config", config, "--compare", config, "--explain"], "--explain is not for --compare"],
        [
          ["--config", config, "--keep-state", "--jobs", "2"],
          "--keep-state checks messages one after the other",
        ],
        [["--config", join(folder, "none.toml")], "none.toml:1:1: cannot be read: there is no such file"],
      ] as const
    ) {
      const { code, stdout, stderr } = await runMilterkit(["check", plain, ...args]);
      assert.deepEqual([code, stdout], [2, ""], args.join(" "));
      assert.ok(stderr.includes(reason), stderr);
    }
  });

  it("runs no command of a limit, and leaves the state of a service as it is", async () => {
    const tell = write("tell", `#!/bin/sh\ntouch ${folder}/told\n`);
    chmodSync(tell, 0o755);
    const state = join(folder, "state.db");
    writeFileSync(state, "not a database");
    const config = write(
      "limit.toml",
      `listen = "inet:8895@localhost"\nstate = ${JSON.stringify(state)}\n[[filter]]\nname = "rate-limit"\n` +
        `limit = "1/1h"\nby = "client"\nnotify-command = ${JSON.stringify(tell)}\n`,
    );
    const alone = await runMilterkit(["check", plain, plain, "--config", config]);
    assert.equal(alone.code, 0, alone.stderr);
    const together = await runMilterkit(["check", plain, plain, "--keep-state", "--config", config]);
    assert.equal(together.code, 4);
    assert.match(together.stderr, /a notice would run/);
    assert.equal(existsSync(join(folder, "told")), false);
    assert.equal(readFileSync(state, "utf8"), "not a database");
    assert.equal(statSync(state).size, 14);
  });
});

describe("check with two configurations", () => {
  const one = write("one.toml", ONE);
  const other = write(
    "other.toml",
    `${ONE.replace("yes", "no")}[[filter]]\nname = "size-limit"\nmax = "10kB"\n`,
  );

  it("shows the messages that fare differently, each with both outcomes, and ends with 3", async () => {
    const { code, stdout, stderr } = await runMilterkit([
      "check",
      messages,
      "--config",
      one,
      "--compare",
      other,
    ]);
    assert.equal(stderr, "");
    assert.equal(code, 3);
    const large = join(messages, "4-too-large.eml");
    assert.ok(
      stdout.includes(
        `${large}\n- accept  (${one} at inet:8895@localhost)\n-   X-Mark: yes\n` +
          `+ reject 552 5.3.4 Message too large: 41.3 kB so far, limit is 10 kB by size-limit  (${other} at inet:8895@localhost)\n\n`,
      ),
      stdout,
    );
    assert.match(
      stdout,
      /^7 messages: 7 fare differently \(6 accept in another way, 1 accept -> reject\)\n$/m,
    );
  });

  it("shows nothing else, and ends with 0 where none does", async () => {
    const args = ["check", messages, "--client", "10.0.0.1", "--config", one];
    const same = await runMilterkit([...args, "--compare", one]);
    assert.deepEqual([same.code, same.stdout], [0, "7 messages: none fares differently\n"]);
    const few = await runMilterkit([...args, "--json", "--compare", other]);
    assert.equal(few.code, 3);
    const [only, ...more] = few.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(more.length, 0);
    assert.deepEqual([only.first.outcome, only.first.report.outcome, only.second.report.outcome], [
      "accept",
      "accept",
      "reject",
    ]);
  });

  it("does not take signatures of now for differences", async () => {
    const { SITE_KEY } = await import("../site/corpus.ts");
    mkdirSync(join(folder, "keys/example.org"), { recursive: true });
    writeFileSync(join(folder, "keys/example.org/2026.pem"), SITE_KEY, { mode: 0o600 });
    const sign = write(
      "sign.toml",
      'listen = "inet:8895@localhost"\n[[filter]]\nname = "dkim-sign"\nkeys = "keys"\nsign-client = "0.0.0.0/0"\n',
    );
    const slow = write(
      "slow.toml",
      readFileSync(sign, "utf8").replace(
        "[[filter]]\n",
        `[[filter]]
name = ${
          JSON.stringify(
            write(
              "slow.ts",
              'export default { name: "slow", eom: () => new Promise((r) => setTimeout(r, 1100)) };',
            ),
          )
        }
[[filter]]
`,
      ),
    );
    const { code, stdout, stderr } = await runMilterkit([
      "check",
      plain,
      "--config",
      sign,
      "--compare",
      slow,
    ]);
    assert.equal(stderr, "");
    assert.deepEqual([code, stdout], [0, "1 message: none fares differently\n"]);
  });

  it("compares a whole site with a change of it", async () => {
    const site = join(folder, "site");
    const mail = join(site, "mail");
    mkdirSync(mail, { recursive: true });
    mkdirSync(join(site, "keys/example.org"), { recursive: true });
    const { SITE_KEY } = await import("../site/corpus.ts");
    writeFileSync(join(site, "keys/example.org/2026.pem"), SITE_KEY, { mode: 0o600 });
    writeFileSync(join(site, "records"), siteRecords());
    const text = readFileSync(new URL("../../docs/examples/site.toml", import.meta.url), "utf8");
    writeFileSync(join(site, "site.toml"), `dns-records = "records"\n${text}`);
    const changed = text.replace('lenient = ["club.example"]', 'lenient = ["shop.example"]');
    assert.notEqual(changed, text);
    writeFileSync(join(site, "new.toml"), `dns-records = "records"\n${changed}`);
    const corpus = siteCorpus().filter(({ name }) => name.endsWith("-elsewhere.eml"));
    for (const { name, bytes } of corpus) writeFileSync(join(mail, name), bytes);
    const { code, stdout } = await runMilterkit([
      ...["check", mail, "--as-received", "--config", join(site, "site.toml")],
      ...["--compare", join(site, "new.toml")],
    ]);
    assert.equal(code, 3);
    assert.match(
      stdout,
      new RegExp(
        `^${corpus.length} messages: 14 fare differently \\(8 held -> accept, 6 accept -> reject\\)$`,
        "m",
      ),
    );
  });
});
