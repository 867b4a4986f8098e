// A unix socket in the chroot of Debian's Postfix as docs/mta.md makes it, by the unit that is shipped, under a real systemd.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { existsSync, lstatSync, readFileSync, rmSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { findGroup } from "../../support/accounts.ts";
import { skipFor } from "../../support/instance.ts";
import { lock } from "../../support/lock.ts";
import { milterkitBinary } from "../../support/milterkit.ts";
import { at, captured } from "../../support/present.ts";
import { sendMessage } from "../../support/smtp_client.ts";
import { startSystemPostfix, systemPostfixProblem } from "../../support/system_postfix.ts";
import { Systemd, systemdProblem } from "../../support/systemd.ts";
import { latin1Bytes, message, valuesOf } from "../mta/text.ts";

const FOLDER = "/var/spool/postfix/milterkit";
const SOCKET = `${FOLDER}/milter.sock`;
const MARK = '[[filter]]\nname = "header-rewrite"\nadd = "X-Filtered: yes"\n';

const page = readFileSync(new URL("../../../docs/mta.md", import.meta.url), "utf8");
const recipe = captured(page, /## Postfix over a unix socket\n([^]*?)\n## /);
const listen = captured(recipe, /^ {4}(listen = .*\n {4}socket-group = .*)$/m);

const installed = existsSync(FOLDER) ? `needs a machine without ${FOLDER}` : undefined;
const skip = skipFor(await systemdProblem() ?? systemPostfixProblem() ?? installed);

describe("a unix socket in the chroot of Debian's Postfix", { skip, timeout: 170_000 }, () => {
  let systemd: Systemd;
  let unlock: () => void;
  before(async () => {
    if (skip) return;
    unlock = await lock("/run/milterkit-tests-chroot.lock");
    systemd = await Systemd.start(() => ({
      program: milterkitBinary(),
      config: 'listen = "unix:/run/milterkit/milter.sock"\n' + MARK,
      files: {},
      units: {},
      socket: "",
    }));
  });
  after(async () => {
    await systemd?.stop();
    if (skip) return;
    rmSync(FOLDER, { recursive: true, force: true });
    unlock();
  });

  test("needs a restart once its folder was made, and the reload says so", async () => {
    await systemd.systemctl("start", "milterkit.service");
    const { code, stderr } = await systemd.run("sh", "-c", captured(recipe, /^ {4}(install .*)$/m));
    assert.deepEqual([code, stderr], [0, ""]);
    systemd.configure(`${listen}\n${MARK}`);
    await systemd.systemctl("reload", "milterkit.service");
    await systemd.waitFor(
      "StatusText",
      `Serving the previous version, the reload failed: Cannot listen on unix:${SOCKET}: ${FOLDER} is read-only for ` +
        `this process; if systemd protects it (ProtectSystem=), the unit needs ReadWritePaths=${FOLDER}, and a restart`,
    );
  });

  test("is made for Postfix alone, and Postfix's mail is filtered", async () => {
    await systemd.systemctl("restart", "milterkit.service");
    const socket = lstatSync(SOCKET);
    assert.ok(socket.isSocket());
    assert.equal(socket.mode & 0o777, 0o660);
    assert.equal(socket.gid, findGroup("postfix")!.gid);
    const { stdout } = await systemd.run("id", "milterkit");
    assert.doesNotMatch(stdout, /postfix/, "it need not be a member of the group");
    const mainCf = Object.fromEntries(
      [...recipe.matchAll(/^ {4}(\w*smtpd_milters) = (.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    assert.equal(Object.keys(mainCf).length, 2);
    const mta = await startSystemPostfix({ mainCf: { ...mainCf, milter_default_action: "tempfail" } });
    try {
      const send = async (subject: string) => {
        const text = latin1Bytes(message([`Subject: ${subject}`]));
        const { code } = await sendMessage(mta.port, "a@example.test", ["b@example.test"], text);
        assert.equal(code, 250, await mta.logs());
      };
      await send("first");
      await systemd.systemctl("reload", "milterkit.service");
      await systemd.waitFor("StatusText", "Serving, reloaded successfully");
      await send("after a reload");
      const received = await mta.nextHop.waitFor(2);
      assert.deepEqual([at(received, 0), at(received, 1)].map((each) => valuesOf(each, "X-Filtered")), [
        ["yes"],
        ["yes"],
      ]);
    } finally {
      await mta.stop();
    }
    await systemd.systemctl("stop", "milterkit.service");
    assert.equal(existsSync(SOCKET), false);
  });
});
