// Debian's package as an administrator has it: installed, behind Postfix by the README's lines, reloaded, and gone again.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { lstatSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { exampleConfig } from "../../cli/config/example.ts";
import { SHIPPED_ADDRESS } from "../../cli/options/shipped_address.ts";
import config from "../../deno.json" with { type: "json" };
import { latin1Bytes, message, valuesOf } from "../integration/mta/text.ts";
import { findAccount } from "../support/accounts.ts";
import { skipFor } from "../support/instance.ts";
import { lock } from "../support/lock.ts";
import type { Milterkit } from "../support/milterkit.ts";
import { captured } from "../support/present.ts";
import { run, runOrThrow } from "../support/process.ts";
import { sendMessage } from "../support/smtp_client.ts";
import { startSystemPostfix, systemPostfixProblem } from "../support/system_postfix.ts";
import {
  CONFIGURATION,
  DebianPackage,
  debianPackageProblem,
  dpkg,
  startService,
  traces,
  wordsOf,
} from "./debian_support.ts";

/** What an administrator adds. */
const ADDED = "/etc/milterkit/conf.d/50-mark.toml";

test(
  "the Debian package is installed, filters Postfix's mail, is reloaded, removed and purged clean",
  { skip: skipFor(debianPackageProblem() ?? systemPostfixProblem()), timeout: 180_000 },
  async () => {
    const unlock = await lock("/run/milterkit-tests-dpkg.lock");
    const before = traces();
    const deb = new DebianPackage();
    try {
      await deb.install();
      assert.equal(await deb.state(), "installed");
      await assertInstalled();
      await serve();
      await dpkg("--remove", "milterkit");
      assert.equal(await deb.state(), "config-files");
      assert.throws(() => lstatSync("/usr/bin/milterkit"), { code: "ENOENT" });
      assert.match(readFileSync(CONFIGURATION, "utf8"), /20kB/, "what the administrator wrote is kept");
      assert.ok(findAccount("milterkit"), "files may still belong to the user");
      // Once more over what was kept: the administrator's configuration holds.
      await deb.install();
      assert.match(readFileSync(CONFIGURATION, "utf8"), /20kB/);
      await dpkg("--purge", "milterkit");
      assert.equal(await deb.state(), "");
      assert.ok(statSync(ADDED).isFile(), "what the administrator put there stays");
      rmSync("/etc/milterkit", { recursive: true });
      assert.deepEqual(traces(), before);
    } finally {
      await deb.purge();
      rmSync("/etc/milterkit", { recursive: true, force: true });
      deb.remove();
      unlock();
    }
  },
);

async function assertInstalled(): Promise<void> {
  assert.equal(await dpkg("--verify", "milterkit"), "", "every file is there as it was packed");
  assert.equal(await runOrThrow(["/usr/bin/milterkit", "--version"]), `milterkit ${config.version}\n`);
  const account = findAccount("milterkit")!;
  assert.ok(account.uid < 1000, "a user of the system");
  assert.match(
    await runOrThrow(["getent", "passwd", "milterkit"]),
    /:\/var\/lib\/milterkit:\/usr\/sbin\/nologin\n$/,
  );
  assert.equal(statSync(CONFIGURATION).mode & 0o777, 0o644);
  const written = readFileSync(CONFIGURATION, "utf8");
  assert.ok(written.split("\n").length <= 40, "what is to be changed is seen at once");
  assert.ok(written.includes(`listen = "${SHIPPED_ADDRESS}"`));
  const reference = "/usr/share/doc/milterkit/docs/milterkit.toml";
  assert.equal(readFileSync(reference, "utf8"), exampleConfig());
  await runOrThrow(["/usr/bin/milterkit", "config", "check", CONFIGURATION]);
  for (
    const path of [
      "/lib/systemd/system/milterkit.service",
      "/usr/share/man/man1/milterkit.1.gz",
      "/usr/share/man/man5/milterkit.toml.5.gz",
      "/usr/share/bash-completion/completions/milterkit",
      "/usr/share/zsh/vendor-completions/_milterkit",
      "/usr/share/fish/vendor_completions.d/milterkit.fish",
      "/usr/share/doc/milterkit/copyright",
      "/usr/share/doc/milterkit/changelog.gz",
    ]
  ) assert.ok(statSync(path).isFile(), path);
}

/** The service behind Postfix, set up by the README's lines. */
async function serve(): Promise<void> {
  const milterkit = await startService();
  try {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const stanza = [
      ...readme.matchAll(/^ {4}((?:smtpd|non_smtpd)_milters|milter_default_action) = (.*inet.*|tempfail)$/gm),
    ];
    assert.equal(stanza.length, 3);
    const mta = await startSystemPostfix({
      mainCf: Object.fromEntries(stanza.map(([, name, value]) => [name, value])),
    });
    try {
      const send = (subject: string, body = "hello\r\n") =>
        sendMessage(
          mta.port,
          "a@example.test",
          ["b@example.test"],
          latin1Bytes(message([`Subject: ${subject}`], body)),
        );
      const large = "x\r\n".repeat(10_000);
      assert.equal((await send("as packed", large)).code, 250);
      assert.match(
        await milterkit.waitForLine((line) => /accept/.test(line) && /a@example\.test/.test(line)),
        /a@example\.test/,
      );

      writeFileSync(ADDED, '[[filter]]\nname = "header-rewrite"\nadd = "X-Package: yes"\n');
      const good = readFileSync(CONFIGURATION, "utf8").replace('"25MB"', '"20kB"');
      await reload(milterkit, good, /get the new version/);
      assert.deepEqual([(await send("new version")).code, (await send("large", large)).code], [250, 552]);

      await reload(milterkit, good.replace("max =", "maxx ="), /did you mean "max"/);
      assert.deepEqual([(await send("old version")).code, (await send("large", large)).code], [250, 552]);
      // The unit asks this first, so that systemctl says what is wrong.
      const unit = readFileSync("/lib/systemd/system/milterkit.service", "utf8");
      const check = wordsOf(captured(unit, /^ExecReload=(\S*milterkit .*)$/m));
      assert.equal((await run(check)).code, 1);
      writeFileSync(CONFIGURATION, good);
      assert.equal((await run(check)).code, 0);

      const received = await mta.nextHop.waitFor(3);
      assert.deepEqual(received.map((message) => valuesOf(message, "X-Package")).flat(), ["yes", "yes"]);
    } finally {
      await mta.stop();
    }
    milterkit.signal("SIGTERM");
    assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
  } finally {
    await milterkit.stop();
  }
}

async function reload(milterkit: Milterkit, configuration: string, answer: RegExp): Promise<void> {
  writeFileSync(CONFIGURATION, configuration);
  const seen = milterkit.lines.length;
  milterkit.signal("SIGHUP");
  await milterkit.waitForLine(
    (line) => milterkit.lines.indexOf(line) >= seen && answer.test(line),
    String(answer),
  );
}
