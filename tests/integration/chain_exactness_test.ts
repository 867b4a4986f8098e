/**
 * A chain of scripted filters against the same scripts as separate milters on C libmilter, behind Postfix and behind
 * Sendmail: all that can be seen from outside is equal, case by case. The cases are in tests/mta_cases.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { allCases } from "../support/exactness/case_file.ts";
import { CaseRunner } from "../support/exactness/case_runner.ts";
import { CompiledFilter } from "../support/exactness/compiled_filter.ts";
import { refmilterProblem } from "../support/exactness/filters.ts";
import { skipFor } from "../support/instance.ts";
import { postfixProblem } from "../support/postfix.ts";
import { programCommand } from "../support/runtime.ts";
import { sendmailProblem } from "../support/sendmail.ts";

// What is asked of a milter alone is no matter of a chain of filters: see milter_filter_exactness_test.ts.
const cases = allCases().filter(({ file }) => !file.startsWith("asked_milters/"));
const program = fileURLToPath(new URL("../support/scripted_filter.ts", import.meta.url));

test("there are enough cases, and few that cannot be had exactly", () => {
  const single = cases.filter(({ scripts }) => scripts.length === 1).length;
  assert.ok(single >= 120, `${single} cases with one filter`);
  assert.ok(cases.length - single >= 80, `${cases.length - single} cases with two or three filters`);
  const nearest = cases.filter(({ differences }) => differences.some(({ kind }) => kind === "nearest"));
  assert.ok(nearest.length <= 0.03 * cases.length, `${nearest.map(({ title }) => title).join("; ")}`);
});

const compiled = new CompiledFilter(program);
const needsCompiler = refmilterProblem();
after(() => compiled.remove());

for (const mta of ["postfix", "sendmail"] as const) {
  const problem = needsCompiler ?? await (mta === "postfix" ? postfixProblem() : sendmailProblem());
  const title = `chain exactness, ${mta}`;
  const options = { skip: skipFor(problem), timeout: 60_000 };
  const fromSource = new CaseRunner(mta, () => Promise.resolve(programCommand(program)));
  const executable = new CaseRunner(mta, async () => [await compiled.path()]);
  after(async () => {
    await fromSource.stop();
    await executable.stop();
  });
  const here = cases.filter(({ mtas }) => mtas.includes(mta));

  for (const theCase of here) {
    test(`${title}, ${theCase.file}: ${theCase.title}`, options, () => fromSource.run(theCase));
  }

  test(`${title}: a dozen cases, compiled`, { ...options, timeout: 120_000 }, async () => {
    const step = Math.floor(here.length / 12);
    for (const theCase of here.filter((_, i) => i % step === 0)) await executable.run(theCase);
  });
}
