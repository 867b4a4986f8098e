// Debian's clamav-milter beside the filter, both before the same clamd: where they differ, and why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deliver } from "../../../lib/testing.ts";
import { clamdFilter } from "../../clamd/support.ts";
import { milterFilter } from "../../milter/support.ts";
import { clamdProblem, startClamd, TEST_SIGNATURE } from "../../support/clamd.ts";
import { skipFor } from "../../support/instance.ts";
import { startMilterDaemon } from "../../support/milter_daemon.ts";
import { findCommand } from "../../support/process.ts";
import { CLEAN_MAIL, FOUND_IN } from "./mail.ts";

const skip = skipFor(
  clamdProblem() ??
    (findCommand("clamav-milter") ? undefined : "needs clamav-milter (Debian: clamav-milter)"),
);

/** What clamav-milter lets pass: it begins the stream with a line as in a mailbox, and so has clamd look for others. */
const MISSED = ["what stands behind a line as in a mailbox"];

test(
  "the filter finds all that clamav-milter finds, and what that lets pass as clean",
  { skip },
  async () => {
    const clamd = await startClamd();
    const milter = await startMilterDaemon(
      "clamav-milter",
      (folder, socket) =>
        `Foreground yes\nMilterSocket unix:${socket}\nMilterSocketMode 666\nClamdSocket tcp:127.0.0.1:${clamd.port}\n` +
        `TemporaryDirectory ${folder}\nOnInfected Reject\nRejectMsg Virus found: %v\nAddHeader Replace\n`,
      (command, configuration) => [command, "-c", configuration],
    );
    const theirs = await milterFilter(milter.address);
    const ours = await clamdFilter(`--server ${clamd.tcpAddress}`, { onLog: () => {} });
    try {
      const missed: string[] = [];
      for (const [where, message] of Object.entries(FOUND_IN)) {
        (await deliver(ours, { message })).assertRejected(550, `Virus found: ${TEST_SIGNATURE}`);
        const sent = await deliver(theirs, { message });
        if (sent.outcome === "reject") sent.assertRejected(550, `Virus found: ${TEST_SIGNATURE}`);
        else missed.push(`${where}: ${sent.header("X-Virus-Status")}`);
      }
      assert.deepEqual(missed, MISSED.map((where) => `${where}: Clean`));
      for (const filter of [ours, theirs]) {
        (await deliver(filter, { message: CLEAN_MAIL })).assertAccepted().assertHeader(
          "X-Virus-Status",
          "Clean",
        );
      }
    } finally {
      await ours.dispose();
      await milter.stop();
      await clamd.stop();
    }
  },
);
