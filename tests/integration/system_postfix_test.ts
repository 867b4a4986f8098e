// The executable as an administrator has it: Debian's Postfix, whose smtpd is in a chroot, and a user of its own.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { lstatSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { findGroup } from "../support/accounts.ts";
import { skipFor } from "../support/instance.ts";
import { Milterkit } from "../support/milterkit.ts";
import { at, captured } from "../support/present.ts";
import { sendMessage } from "../support/smtp_client.ts";
import {
  asMilterUser,
  makeMilterFolder,
  startSystemPostfix,
  systemPostfixProblem,
} from "../support/system_postfix.ts";
import { latin1Bytes, message, valuesOf } from "./mta/text.ts";

const text = (header: string[]) => latin1Bytes(message(["From: a@example.test", ...header]));

test(
  "the installed Postfix reaches a socket below its chroot that only its group may use",
  { skip: skipFor(systemPostfixProblem()), timeout: 180_000 },
  async () => {
    assert.match(
      readFileSync("/etc/postfix/master.cf", "utf8"),
      /^smtp +inet +n +- +y /m,
      "smtpd is in a chroot",
    );
    const folder = makeMilterFolder();
    let milterkit: Milterkit | undefined;
    try {
      milterkit = await Milterkit.start([
        "serve",
        ...["--listen", `unix:${folder.socket}`, "--socket-group", "postfix", "--socket-mode", "660"],
        ...["--filter", "dkim-check", "--authserv-id", "mx.example.test"],
        ...["--filter", "size-limit", "--max", "20kB"],
        ...["--filter", "header-rewrite", "--add", "X-Queue: {i}", "--remove", "X-Spam*"],
      ], { wrap: asMilterUser });
      const uid = captured(readFileSync(`/proc/${milterkit.pid}/status`, "utf8"), /^Uid:\t(\d+)/m);
      assert.notEqual(uid, "0");
      const socket = lstatSync(folder.socket);
      assert.ok(socket.isSocket());
      assert.equal(socket.mode & 0o777, 0o660);
      assert.equal(socket.gid, findGroup("postfix")!.gid);
      assert.equal(String(socket.uid), uid);

      const mta = await startSystemPostfix({
        milterSocket: folder.milterSocket,
        mainCf: { milter_default_action: "tempfail" },
      });
      try {
        const send = (message: Uint8Array) =>
          sendMessage(mta.port, "a@example.test", ["b@example.test"], message);
        const reply = await send(text(["Subject: chroot", "X-Spam: 1"]));
        assert.equal(reply.code, 250, `${reply.lines}\n${await mta.logs()}`);
        const received = at(await mta.nextHop.waitFor(1), 0);
        assert.deepEqual(valuesOf(received, "X-Spam"), []);
        assert.equal(valuesOf(received, "X-Queue").length, 1);
        assert.match(at(valuesOf(received, "Authentication-Results"), 0), /^mx\.example\.test; dkim=none$/);
        const large = await send(latin1Bytes(message(["Subject: large"], "x\r\n".repeat(10_000))));
        assert.deepEqual([large.code, large.enhanced], [552, "5.3.4"]);
        assert.equal(mta.nextHop.messages.length, 1);
      } finally {
        await mta.stop();
      }
      milterkit.signal("SIGTERM");
      assert.deepEqual(await milterkit.ended, { code: 0, signal: null });
      assert.throws(() => lstatSync(folder.socket), { code: "ENOENT" });
    } finally {
      await milterkit?.stop();
      folder.remove();
    }
  },
);
