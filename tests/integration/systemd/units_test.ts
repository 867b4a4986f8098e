// The units that are shipped, under a real systemd with all their hardening: start, reload, restart under load, watchdog.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { MtaClient } from "../../../lib/mta/client.ts";
import { skipFor } from "../../support/instance.ts";
import { complaints, milterkitBinary } from "../../support/milterkit.ts";
import { postfixProblem } from "../../support/postfix.ts";
import { sleep } from "../../support/process.ts";
import { Systemd, systemdProblem } from "../../support/systemd.ts";
import { Load, MARK } from "./load.ts";

const RESTARTS = 3;
// The second filter waits for the first one, with what does not fit into memory in a file.
const CONFIG = `listen = ["fd:milter", "fd:submission"]
workers = 2
stop-timeout = "10s"
spool-memory = "1B"
[[filter]]
name = "header-rewrite"
add = "${MARK}: yes"
[[filter]]
name = "dkim-check"
authserv-id = "mx.example.test"
[[filter]]
name = "./own.ts"
`;
const OWN = `import { defineFilter } from "milterkit";
export default defineFilter({ name: "own", eom: () => console.log("own filter") });
`;
const SOCKETS = ["milterkit.socket", "milterkit-submission.socket"];

const skip = skipFor(await systemdProblem() ?? await postfixProblem());

describe("the units", { skip, timeout: 170_000 }, () => {
  let systemd: Systemd;
  before(async () => {
    if (skip) return;
    systemd = await Systemd.start((folder) => ({
      program: milterkitBinary(),
      config: CONFIG,
      files: { "own.ts": OWN },
      units: {
        "milterkit-submission.socket":
          "[Socket]\nService=milterkit.service\nFileDescriptorName=submission\n" +
          `ListenStream=${join(folder, "submission.sock")}\nSocketMode=0666\n`,
      },
      // Postfix is not in a chroot here.
      socket: `ListenStream=\nListenStream=${join(folder, "milter.sock")}\nSocketMode=0666`,
    }));
  });
  after(async () => await systemd?.stop());

  test("are started by the first connection, as a user without rights", async () => {
    await systemd.systemctl("start", ...SOCKETS);
    assert.equal(await systemd.property("ActiveState"), "inactive");
    const load = await Load.start([`unix:${join(systemd.folder, "milter.sock")}`]);
    try {
      await load.more(20);
      await load.finish();
    } finally {
      await load.stop();
    }
    assert.equal(await systemd.property("ActiveState"), "active");
    assert.equal(await systemd.property("StatusText"), "Serving");
    assert.match(systemd.log(), / info +\[\d\] filter own: own filter/);
    const submission = await MtaClient.open(`unix:${join(systemd.folder, "submission.sock")}`);
    assert.equal((await submission.mail("a@example.org")).verdict, "continue");
    submission.quit();
    const status = await systemd.run("cat", `/proc/${await systemd.property("MainPID")}/status`);
    assert.match(status.stdout, /^CapBnd:\t0000000000000000$/m);
    assert.match(status.stdout, /^NoNewPrivs:\t1$/m);
    assert.match(status.stdout, /^Seccomp:\t2$/m);
    assert.doesNotMatch(status.stdout, /^Uid:.*\t0\b/m);
    assert.deepEqual(complaints(systemd.log().split("\n")), []);
  });

  test("restart and reload while mail is sent, and nothing is lost, put off or unfiltered", async () => {
    const load = await Load.start([`unix:${join(systemd.folder, "milter.sock")}`]);
    try {
      for (let restart = 0; restart < RESTARTS; restart++) {
        await load.more(40);
        await systemd.systemctl("restart", "milterkit.service");
        await load.more(20);
        await systemd.systemctl("reload", "milterkit.service");
        await systemd.waitFor("StatusText", "Serving, reloaded successfully");
      }
      await load.more(20);
      const count = await load.finish();
      console.log(`${count} messages over ${RESTARTS} restarts and ${RESTARTS} reloads by systemctl`);
    } catch (error) {
      throw new Error(`${(error as Error).stack}\n${systemd.log()}`);
    } finally {
      await load.stop();
    }
    assert.equal(await systemd.property("NRestarts"), "0");
    assert.equal(await systemd.property("Result"), "success");
    assert.deepEqual(complaints(systemd.log().split("\n")), []);
  });

  test("refuse to reload a wrong file, and go on", async () => {
    systemd.configure('lisen = "x"\n' + CONFIG);
    const main = await systemd.property("MainPID");
    const { code } = await systemd.run("systemctl", "reload", "milterkit.service");
    assert.equal(code, 1);
    assert.match(systemd.log(), /milterkit\.toml:1:1: there is no "lisen"; did you mean "listen"\?/);
    assert.equal(await systemd.property("ActiveState"), "active");
    assert.equal(await systemd.property("MainPID"), main);
    systemd.configure(CONFIG);
    await systemd.systemctl("reload", "milterkit.service");
  });

  test("do not start again and again with a wrong file", async () => {
    await systemd.systemctl("stop", ...SOCKETS, "milterkit.service");
    assert.equal(await systemd.property("Result"), "success");
    systemd.configure('lisen = "x"\n' + CONFIG);
    await systemd.systemctl("start", ...SOCKETS);
    assert.equal((await systemd.run("systemctl", "start", "milterkit.service")).code, 1);
    assert.equal(await systemd.property("ExecMainStatus"), "2");
    assert.equal(await systemd.property("ActiveState"), "failed");
    assert.equal(await systemd.property("NRestarts"), "0");
    systemd.configure(CONFIG);
  });

  test("start it again when it stands still", async () => {
    await systemd.run(
      "sh",
      "-c",
      'sed -i s/^WatchdogSec=.*/WatchdogSec=4s/ "$1"',
      "sh",
      join(systemd.folder, "units/milterkit.service"),
    );
    await systemd.systemctl("daemon-reload");
    await systemd.systemctl("restart", ...SOCKETS);
    await systemd.systemctl("start", "milterkit.service");
    const main = await systemd.property("MainPID");
    await sleep(5000);
    assert.equal(await systemd.property("MainPID"), main, "it was not alive");
    await systemd.run("kill", "-STOP", main);
    await systemd.waitFor("NRestarts", "1");
    await systemd.waitFor("ActiveState", "active");
    assert.notEqual(await systemd.property("MainPID"), main);
  });
});
