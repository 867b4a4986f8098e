// What the end of a test run says of failed tests: a real run on each runtime.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { hangingTest, runJob } from "../../scripts/test/run_job.ts";
import { failureText, summaryLines } from "../../scripts/test/summary.ts";

const folder = mkdtempSync(join(tmpdir(), "milterkit-runner-"));
after(() => rmSync(folder, { recursive: true }));

const FAILING = `import assert from "node:assert/strict";
import { test } from "node:test";
test("passes", () => {});
test("is not equal", () => assert.equal("<a> & b", "c"));
test("says much", () => {
  throw new Error(Array.from({ length: 20 }, (_, i) => "line " + i).join("\\n"));
});
`;

/** The runner is a program for Deno: tests on Deno run in the Deno that runs it. */
const RUNTIMES = process.versions.bun ? ["bun"] as const : ["bun", "deno"] as const;

for (const runtime of RUNTIMES) {
  test(`the summary has the error of each failed test on ${runtime}`, async () => {
    const path = join(folder, `${runtime}_failing_test.ts`);
    writeFileSync(path, FAILING);
    const file = relative(process.cwd(), path);
    const result = await runJob({ runtime, name: file, files: [file] }, folder);
    const text = summaryLines([result], 1).join("\n");
    assert.match(text, /^FAILED: .*is not equal\n {4}.*Expected .*equal/m);
    assert.match(text, /<a> & b/);
    assert.match(text, /^FAILED: .*says much\n {4}.*line 0\n {4}line 1\n/m);
    assert.match(text, / {4}line 7\n {4}\(12 more lines\)\n/);
    assert.doesNotMatch(text, /line 8/);
    const output = failureText(result);
    assert.match(output, /line 19/);
    assert.doesNotMatch(output, /^passes|^\.+$/m);
    assert.match(text, new RegExp(`^${runtime}: 1 passed, 2 failed, 0 skipped$`, "m"));
  });
}

test("a job that was stopped names the test in which Deno hung", () => {
  const output = "running 2 tests from ./a_test.ts\nfirst ... ok (1ms)\nsecond ...\n" +
    "  a step ...'second' has been running for over (1m0s)\n";
  assert.equal(hangingTest(output), ', in "second"');
  assert.equal(hangingTest("first ... ok (1ms)\n"), "");
});
