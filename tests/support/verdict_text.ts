/** Verdicts in one line. */
import { saidBy } from "../../lib/filter/report.ts";
import type { Verdict } from "../../lib/filter/verdict.ts";

/** Describes a verdict: `reject (550 5.7.1 No lotteries here)`. */
export function verdictText(verdict: Verdict): string {
  const { verdict: kind = "", reply } = saidBy(verdict);
  return reply === undefined ? kind : `${kind} (${reply})`;
}
