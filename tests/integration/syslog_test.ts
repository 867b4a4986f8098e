// The log in syslog, as Debian's rsyslog receives it: facility, severity, process, and what happens while it is away.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { MtaClient } from "../../lib/mta/client.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit, milterkitBinary } from "../support/milterkit.ts";
import { freePort } from "../support/ports.ts";
import { captured } from "../support/present.ts";
import { Rsyslog, rsyslogProblem } from "../support/rsyslog.ts";

const skip = skipFor(rsyslogProblem());

describe("the log in syslog", { skip, timeout: 120_000 }, () => {
  let rsyslog: Rsyslog;
  let config: string;
  let address: string;
  before(async () => {
    if (skip) return;
    rsyslog = new Rsyslog();
    config = join(rsyslog.folder, "milterkit.toml");
    address = `inet:${await freePort()}@localhost`;
  });
  after(async () => await rsyslog?.remove());

  const configure = (options: string) =>
    writeFileSync(
      config,
      `listen = "${address}"\nworkers = 2\n${options}\n[[filter]]\nname = "size-limit"\nmax = "1MB"\n`,
    );
  const start = (options: string) => {
    configure(options);
    const command = [milterkitBinary(), "serve", "--config", config] as const;
    return Milterkit.startCommand(command, { addresses: 0, wrap: rsyslog.wrap });
  };
  const send = async (sender: string) => {
    const mta = await MtaClient.open(address);
    assert.equal((await mta.mail(sender)).verdict, "continue");
    await mta.rcpt("b@example.test");
    await mta.data();
    assert.equal((await mta.eom()).verdict, "continue");
    mta.quit();
  };

  test("has the facility, severities and processes, also after a reload", async () => {
    await rsyslog.start();
    const milterkit = await start('log-to = "syslog"');
    try {
      const started = await rsyslog.waitFor(/ runs size-limit \(max 1MB\)$/);
      const [, pid = ""] = /\(process (\d+)\)/.exec(started) ?? [];
      assert.match(started, new RegExp(`^mail\\.info milterkit\\[${pid}\\]: milterkit `));
      await send("a@example.test");
      const line = await rsyslog.waitFor(/accept; from=<a@example\.test>/);
      assert.notEqual(captured(line, /^mail\.info milterkit\[(\d+)\]: \[[12]\] /), pid, "a worker's own");

      configure('log-to = "syslog:local3"\nlog-format = "json"\nlog-level = "debug"');
      milterkit.signal("SIGHUP");
      await rsyslog.waitFor(/^local3\.info milterkit\[\d+\]: \{.*SIGHUP: reloaded/);
      await send("c@example.test");
      const json = await rsyslog.waitFor(/^local3\.info .*c@example\.test/);
      assert.equal(JSON.parse(captured(json, /\]: (.*)$/)).sender, "c@example.test");
      await rsyslog.waitFor(/^local3\.debug /);

      configure('log-to = "syslog:local3"\n[[filter]]\nname = "size-limt"');
      milterkit.signal("SIGHUP");
      await rsyslog.waitFor(/^local3\.err milterkit\[\d+\]: .*did you mean size-limit/);
      assert.deepEqual(milterkit.lines, [], "nothing is on standard error");
    } finally {
      milterkit.signal("SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
      await rsyslog.waitFor(/: .*stopped/);
      await rsyslog.stop();
    }
  });

  test("waits for a syslog that is away, and mail does not", async () => {
    const milterkit = await start('log-to = "syslog:daemon"');
    try {
      const notice = /cannot log to \/dev\/log \((ENOENT|ECONNREFUSED)\); the last 1000 lines are kept/;
      await milterkit.waitForLine((line) => notice.test(line));
      // There is no line by which it could be known that it listens.
      await sendWhenItListens("d@example.test");
      await rsyslog.start();
      await rsyslog.waitFor(/^daemon\.info .*accept; from=<d@example\.test>/);
      await rsyslog.stop();
      await send("e@example.test");
      await rsyslog.start();
      await rsyslog.waitFor(/^daemon\.info .*accept; from=<e@example\.test>/);
    } finally {
      milterkit.signal("SIGTERM");
      await milterkit.ended;
      await rsyslog.stop();
    }
  });

  async function sendWhenItListens(sender: string): Promise<void> {
    for (let tries = 0;; tries++) {
      try {
        return await send(sender);
      } catch (error) {
        if (tries === 400 || !/nobody listens/.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    }
  }
});
