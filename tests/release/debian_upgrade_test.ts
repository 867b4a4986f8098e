// Upgrades of Debian's package, behind Postfix: nobody is asked anything, the configuration stays as it is, and mail goes on.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { latin1Bytes, message, valuesOf } from "../integration/mta/text.ts";
import { skipFor } from "../support/instance.ts";
import { lock } from "../support/lock.ts";
import { runOrThrow } from "../support/process.ts";
import { sendMessage } from "../support/smtp_client.ts";
import { startSystemPostfix, systemPostfixProblem } from "../support/system_postfix.ts";
import {
  CONFIGURATION,
  DebianPackage,
  debianPackageProblem,
  dpkg,
  installQuickly,
  startService,
  traces,
} from "./debian_support.ts";

/** What the package had as a conffile: its port is what Postfix was told. */
const SHIPPED = 'listen = "inet:8891@localhost"\n[[filter]]\nname = "size-limit"\nmax = "25MB"\n';
/** What an administrator made of it. */
const CHANGED = SHIPPED + '[[filter]]\nname = "header-rewrite"\nadd = "X-Package: yes"\n';
/** A file that the administrator adds. */
const ADDED = "/etc/milterkit/conf.d/50-site.toml";
const TEMPLATE = "usr/share/milterkit/milterkit.toml";

const skip = skipFor(debianPackageProblem() ?? systemPostfixProblem());

describe("the Debian package is upgraded without a question", { skip, timeout: 300_000 }, () => {
  let unlock: () => void;
  let traced: string[];
  let deb: DebianPackage;
  before(async () => {
    if (skip) return;
    unlock = await lock("/run/milterkit-tests-dpkg.lock");
    traced = traces();
    deb = new DebianPackage();
  });
  after(async () => {
    if (skip) return;
    await deb.purge();
    rmSync("/etc/milterkit", { recursive: true, force: true });
    deb.remove();
    unlock();
  });

  /** Takes the package away; nothing of it may be left. */
  const purge = async () => {
    await dpkg("--purge", "milterkit");
    assert.deepEqual(traces(), traced);
  };

  test("from one whose configuration is a conffile, behind Postfix", async () => {
    await installQuickly(await deb.withConffile("0.0.1", SHIPPED));
    const conffiles = await runOrThrow(["dpkg-query", "-W", "-f", "${Conffiles}", "milterkit"]);
    assert.match(conffiles, /milterkit\.toml/);
    writeFileSync(CONFIGURATION, CHANGED);
    await upgradeBehindPostfix(deb);
    assert.equal(readFileSync(CONFIGURATION, "utf8"), CHANGED);
    await purge();
  });

  test("once and again, and the configuration stays as it is, changed or not", async () => {
    // What the program does is seen above, and its size is most of what takes time.
    const now = await deb.variant("1.0.0", withoutProgram);
    const next = await deb.variant("2.0.0", addOption, now);
    const old = await deb.withConffile("0.0.1", SHIPPED, now);
    for (const configuration of [SHIPPED, CHANGED]) {
      await installQuickly(old);
      writeFileSync(CONFIGURATION, configuration);
      for (const path of [now, next]) await installQuickly(path);
      assert.equal(readFileSync(CONFIGURATION, "utf8"), configuration);
      assert.deepEqual(
        readdirSync("/etc/milterkit").sort(),
        ["conf.d", "milterkit.toml"],
        "dpkg has put nothing beside it",
      );
      await purge();
    }
    await installQuickly(now);
    const written = readFileSync(CONFIGURATION, "utf8");
    writeFileSync(ADDED, "workers = 2\n");
    await installQuickly(next);
    assert.equal(readFileSync(CONFIGURATION, "utf8"), written);
    assert.equal(readFileSync(ADDED, "utf8"), "workers = 2\n");
    rmSync(CONFIGURATION);
    await installQuickly(next);
    assert.throws(
      () => readFileSync(CONFIGURATION),
      { code: "ENOENT" },
      "what was removed does not come back",
    );
    rmSync(ADDED);
    await purge();
  });
});

/** Makes the program a small one that does nothing. */
function withoutProgram(root: string): void {
  writeFileSync(join(root, "usr/bin/milterkit"), "#!/bin/sh\n");
}

/** Makes the file that the package ships another one. */
function addOption(root: string): void {
  const file = join(root, TEMPLATE);
  writeFileSync(file, `# A new option.\n# new-option = "yes"\n\n${readFileSync(file, "utf8")}`);
}

/** Upgrades a service that filters mail; what runs goes on as it is until it is started again. */
async function upgradeBehindPostfix(deb: DebianPackage): Promise<void> {
  const address = "inet:localhost:8891";
  const mta = await startSystemPostfix({
    mainCf: { smtpd_milters: address, milter_default_action: "tempfail" },
  });
  try {
    const send = async (subject: string) => {
      const bytes = latin1Bytes(message([`Subject: ${subject}`]));
      assert.equal(
        (await sendMessage(mta.port, "a@example.test", ["b@example.test"], bytes)).code,
        250,
        subject,
      );
    };
    const running = await startService();
    try {
      await send("before");
      await installQuickly(deb.path);
      await send("after the upgrade");
      running.signal("SIGHUP");
      const said = await running.waitForLine((line) => / warning .*SIGHUP: \/usr\/bin\/milterkit/.test(line));
      assert.match(
        said,
        /was replaced after this process started; .*to run the installed version: systemctl restart milterkit$/,
      );
      await send("after the reload, which has new workers");
      assert.doesNotMatch(running.log(), / error /);
    } finally {
      running.signal("SIGTERM");
      assert.deepEqual(await running.ended, { code: 0, signal: null });
    }
    const restarted = await startService();
    try {
      await send("after the restart");
      restarted.signal("SIGHUP");
      await restarted.waitForLine((line) => /get the new version/.test(line));
    } finally {
      restarted.signal("SIGTERM");
      await restarted.ended;
    }
    assert.doesNotMatch(restarted.log(), /was replaced/);
    const received = await mta.nextHop.waitFor(4);
    assert.deepEqual(received.map((each) => valuesOf(each, "X-Package")), Array(4).fill(["yes"]));
  } finally {
    await mta.stop();
  }
}
