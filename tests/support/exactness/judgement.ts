/** Decides whether the two sides of a case are as equal as the case requires, and describes the differences. */
import { type Aspect, ASPECTS, type ExactnessCase, type MtaName } from "./case_file.ts";
import type { Outcome } from "./comparison.ts";
import type { Observation } from "./observation.ts";

/** What is wrong with an outcome; nothing if it is as the case says. */
export function problemsOf(theCase: ExactnessCase, mta: MtaName, outcome: Outcome): string[] {
  const { milters, chain, instead } = outcome;
  const declared = theCase.differences.find((each) => each.mta === mta);
  const problems: string[] = [];
  for (const aspect of comparedAspects(theCase)) {
    const equal = same(milters[aspect], chain[aspect]);
    if (equal && declared?.aspects.includes(aspect)) {
      problems.push(`${aspect}: equal, though the case says that they differ (${declared.why})`);
    } else if (!equal && !declared?.aspects.includes(aspect)) {
      problems.push(`${aspect} differ:\n${difference(milters[aspect], chain[aspect])}`);
    }
  }
  for (const aspect of ASPECTS) {
    // what the filters did is another thing here, so their logs are too
    if (!instead || aspect === "events" || same(instead[aspect], chain[aspect])) continue;
    const shown = difference(instead[aspect], chain[aspect]);
    problems.push(`${aspect} differ from those of milters with the scripts given instead:\n${shown}`);
  }
  return problems;
}

/** All of an observation, to be read. */
export function describe(observation: Observation): string {
  return ASPECTS.map((aspect) =>
    `${aspect}:\n${observation[aspect].map((line) => `  ${shortened(line)}\n`).join("")}`
  )
    .join("");
}

/** Filters in a chain may see content that an MTA would not have shown them, so only a single one's log is compared. */
function comparedAspects({ scripts }: ExactnessCase): readonly Aspect[] {
  return scripts.length === 1 ? ASPECTS : ASPECTS.filter((aspect) => aspect !== "events");
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, i) => line === b[i]);
}

/** The lines in which the two differ, with some of those around them: milters "-", chain "+". */
function difference(milters: readonly string[], chain: readonly string[]): string {
  const shorter = Math.min(milters.length, chain.length);
  let start = 0;
  while (start < shorter && milters[start] === chain[start]) start++;
  let end = 0;
  while (end < shorter - start && milters[milters.length - 1 - end] === chain[chain.length - 1 - end]) end++;
  const before = milters.slice(Math.max(0, start - 2), start);
  const after = milters.slice(milters.length - end, milters.length - end + 2);
  return [
    ...before.map((line) => `    ${shortened(line)}`),
    ...some(milters.slice(start, milters.length - end)).map((line) => `  - ${line}`),
    ...some(chain.slice(start, chain.length - end)).map((line) => `  + ${line}`),
    ...after.map((line) => `    ${shortened(line)}`),
  ].join("\n");
}

function some(lines: readonly string[]): string[] {
  const shown = lines.slice(0, 30).map(shortened);
  return lines.length > 30 ? [...shown, `... ${lines.length - 30} more`] : shown;
}

function shortened(line: string): string {
  return line.length > 1200 ? `${line.slice(0, 800)} [${line.length - 1000} more] ${line.slice(-200)}` : line;
}
