// Upgrades of Debian's package, behind Postfix: nobody is asked anything, the configuration stays as it is, and mail goes on.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
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
  startService,
  traces,
} from "./debian_support.ts";

/** What the package had as a conffile: its port is what Postfix was told. */
const SHIPPED = 'listen = "inet:8891@localhost"\n[[filter]]\nname = "size-limit"\nmax = "25MB"\n';
/** What an administrator made of it. */
const CHANGED = SHIPPED + '[[filter]]\nname = "header-rewrite"\nadd = "X-Package: yes"\n';
const TEMPLATE = "usr/share/milterkit/milterkit.toml";

/** What an administrator of an old package has, and expects to have afterwards. */
const CASES = [["changed", CHANGED], ["as it was shipped", SHIPPED]] as const;

test(
  "the Debian package is upgraded from one whose configuration is a conffile, and again, without a question",
  { skip: skipFor(debianPackageProblem() ?? systemPostfixProblem()), timeout: 300_000 },
  async () => {
    const unlock = await lock("/run/milterkit-tests-dpkg.lock");
    const before = traces();
    const deb = new DebianPackage();
    try {
      const old = await deb.withConffile("0.0.1", SHIPPED);
      const next = await deb.variant("9.0.0", addOption);
      for (const [what, configuration] of CASES) {
        await deb.install(old);
        assert.match(
          await runOrThrow(["dpkg-query", "-W", "-f", "${Conffiles}", "milterkit"]),
          /milterkit\.toml/,
        );
        writeFileSync(CONFIGURATION, configuration);
        if (configuration === CHANGED) await upgradeBehindPostfix(deb, next);
        else for (const path of [deb.path, next]) await deb.install(path);
        assert.equal(readFileSync(CONFIGURATION, "utf8"), configuration, what);
        assert.deepEqual(readdirSync("/etc/milterkit"), ["milterkit.toml"], "dpkg has put nothing beside it");
        await dpkg("--purge", "milterkit");
        assert.deepEqual(traces(), before, what);
      }
      // And from one of today to the next.
      await deb.install();
      const added = "/etc/milterkit/conf.d/50-site.toml";
      writeFileSync(added, "workers = 2\n");
      const written = readFileSync(CONFIGURATION, "utf8");
      await deb.install(next);
      assert.equal(readFileSync(CONFIGURATION, "utf8"), written);
      assert.equal(readFileSync(added, "utf8"), "workers = 2\n");
      await runOrThrow(["/usr/bin/milterkit", "config", "check", CONFIGURATION]);
      rmSync(CONFIGURATION);
      await deb.install(next);
      assert.throws(
        () => readFileSync(CONFIGURATION),
        { code: "ENOENT" },
        "what was removed does not come back",
      );
      rmSync(added);
      await dpkg("--purge", "milterkit");
      assert.deepEqual(traces(), before);
    } finally {
      await deb.purge();
      rmSync("/etc/milterkit", { recursive: true, force: true });
      deb.remove();
      unlock();
    }
  },
);

/** Makes the file that the package ships another one. */
function addOption(root: string): void {
  const file = join(root, TEMPLATE);
  writeFileSync(file, `# A new option.\n# new-option = "yes"\n\n${readFileSync(file, "utf8")}`);
}

/** Upgrades a service that filters mail; what runs goes on as it is until it is started again. */
async function upgradeBehindPostfix(deb: DebianPackage, next: string): Promise<void> {
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
      await deb.install();
      await send("after the upgrade");
      running.signal("SIGHUP");
      const said = await running.waitForLine((line) => / warning .*SIGHUP: \/usr\/bin\/milterkit/.test(line));
      assert.match(
        said,
        /was replaced since this process started, .*to run what is installed now: systemctl restart milterkit$/,
      );
      await send("after the reload, which has new workers");
      assert.doesNotMatch(running.log(), / error /);
    } finally {
      running.signal("SIGTERM");
      assert.deepEqual(await running.ended, { code: 0, signal: null });
    }
    await deb.install(next);
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
