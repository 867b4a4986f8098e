/**
 * Runs single cases by hand and shows both sides.
 *
 *     deno run -A tests/support/exactness/run_case.ts two_filters/headers.txt:12 [--mta postfix|sendmail] [--quiet]
 *
 * The first argument is a part of FILE:LINE or of the title; LINE is the line of the title. `--against refmilter`
 * compares the reference filter with itself, `--log` shows the MTA's log, and `--quiet` shows only deviations from the
 * case.
 */
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { programCommand } from "../runtime.ts";
import { allCases, type MtaName } from "./case_file.ts";
import { Comparison } from "./comparison.ts";
import { describe, problemsOf } from "./judgement.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mta: { type: "string", multiple: true, default: ["postfix", "sendmail"] },
    against: { type: "string" },
    log: { type: "boolean" },
    quiet: { type: "boolean" },
  },
});
const wanted = positionals[0] ?? "";
const itself = values.against === "refmilter";
const cases = allCases().filter(({ file, line, title }) => `${file}:${line} ${title}`.includes(wanted))
  // no difference is to be seen then
  .map((each) => itself ? { ...each, differences: [] } : each);
const program = fileURLToPath(new URL("../scripted_filter.ts", import.meta.url));
const chain = itself ? undefined : programCommand(program);
let bad = 0;
for (const mta of values.mta as MtaName[]) {
  let comparison = await Comparison.start({ mta, chain });
  try {
    for (const theCase of cases.filter(({ mtas }) => mtas.includes(mta))) {
      const began = performance.now();
      const title = `${mta}: ${theCase.file}:${theCase.line}: ${theCase.title}`;
      try {
        const outcome = await comparison.run(theCase);
        const problems = problemsOf(theCase, mta, outcome);
        if (problems.length > 0) bad++;
        const took = Math.round(performance.now() - began);
        if (!values.quiet) {
          say(`== ${title}\n-- milters\n${describe(outcome.milters)}-- chain\n${describe(outcome.chain)}`);
        }
        if (problems.length > 0) say(`FAILED ${title} (${took} ms)`, ...problems);
        else say(`ok ${title} (${took} ms)`);
        if (values.log) say(outcome.log);
      } catch (error) {
        bad++;
        say(`FAILED ${title}: ${(error as Error).message}`);
        await comparison.stop();
        comparison = await Comparison.start({ mta, chain });
      }
    }
  } finally {
    await comparison.stop();
  }
}
say(`${bad} of ${cases.length} cases are not as they say`);
process.exit(bad > 0 ? 1 : 0);

function say(...lines: string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
