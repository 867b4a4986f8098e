// Small runs of the long ones: what they judge is judged here each time, but for memory, which needs the long run.
// Runs once: only programs are driven here, which are the same whatever runtime drives them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { nsdProblem } from "../dns/nsd.ts";
import { skipFor } from "../support/instance.ts";
import { milterkitBinary } from "../support/milterkit.ts";
import { postfixProblem } from "../support/postfix.ts";
import { run } from "../support/process.ts";
import { findDeno, programCommand } from "../support/runtime.ts";
import { sendmailProblem } from "../support/sendmail.ts";
import process from "node:process";

const script = (name: string) => fileURLToPath(new URL(`../../scripts/${name}`, import.meta.url));
const noLinux = process.platform === "linux" ? undefined : "needs Linux's /proc";
const skipSoak = skipFor(noLinux);
const [noNsd, noPostfix, noSendmail] = [nsdProblem(), await postfixProblem(), await sendmailProblem()];

for (const runtime of ["binary", ...(findDeno() ? ["deno"] : [])]) {
  test(
    `soak: 5000 messages through ${runtime} leave nothing over`,
    { skip: skipSoak, timeout: 170_000 },
    async () => {
      const args = [
        "--messages",
        "5000",
        "--memory",
        "no",
        "--runtime",
        runtime,
        "--binary",
        milterkitBinary(),
      ];
      const { code, stdout, stderr } = await run(programCommand(script("soak.ts"), ...args), {
        timeoutMs: 160_000,
        // With the path, where deno is found.
        env: process.env as Record<string, string>,
      });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /verdict: nothing leaked/);
    },
  );
}

for (const [mta, problem] of [["postfix", noPostfix ?? noNsd], ["sendmail", noSendmail ?? noNsd]] as const) {
  const skip = skipFor(problem);
  test(`faults: of 150 messages through ${mta} none is lost, doubled or unfiltered`, {
    skip,
    timeout: 170_000,
  }, async () => {
    const args = ["--messages", "150", "--mta", mta];
    const { code, stdout, stderr } = await run(programCommand(script("faults.ts"), ...args), {
      timeoutMs: 160_000,
    });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /wrong: 0 unfiltered, 0 lost, 0 doubled/);
    // Which of them is left to chance, and few fit into a short run.
    assert.match(stdout, /[1-9]\d* (connections cut|times)/);
  });
}
