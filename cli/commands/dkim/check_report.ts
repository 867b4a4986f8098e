/**
 * Checks the records of keys, and reports what was found.
 *
 * @module
 */

import type { TxtResolver } from "../../../lib/dns/resolver.ts";
import type { Lines } from "../../explanation/lines.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import type { StatusLine } from "../../terminal/status_line.ts";
import type { StoredKey } from "./key_store.ts";
import { checkRecord, type RecordCheck } from "./record_check.ts";
import { keyWords, recordReport } from "./record_text.ts";

/** A key with what the DNS says. */
export interface KeyCheck extends RecordCheck {
  readonly key: StoredKey;
}

/**
 * Checks all at the same time.
 *
 * @param keys the keys
 * @param resolver whom to ask
 * @param progress shows on a terminal what is waited for
 */
export async function checkKeys(
  keys: readonly StoredKey[],
  resolver: TxtResolver,
  progress: StatusLine,
): Promise<readonly KeyCheck[]> {
  let done = 0;
  const show = () => progress.write(`${done} of ${keys.length} keys looked up`);
  show();
  return await Promise.all(keys.map(async (key) => {
    const check = await checkRecord(key, resolver);
    done++;
    show();
    return { key, ...check };
  }));
}

/** The exit code: wrong records count more than lookups that failed, which may be repeated. */
export function exitCodeOfChecks(checks: readonly KeyCheck[]): number {
  if (checks.some(({ result }) => result === "wrong")) return EXIT_CODES.rejected;
  return checks.some(({ result }) => result === "unknown") ? EXIT_CODES.tempfailed : EXIT_CODES.done;
}

/** Reports on a key for people. */
export function keyCheckText(
  { key, name, result, problem, warnings, records }: KeyCheck,
  lines: Lines,
): void {
  const waits = key.state === "next" ? " that waits" : "";
  const rest = problem === undefined ? "" : `, ${problem.explanation}`;
  lines.addResult(0, `${name} (${keyWords(key)}${waits}): `, result, rest);
  if (problem !== undefined) {
    for (const record of records) lines.add(1, `Found: ${lines.quoted(record)}`, lines.colours.dim);
    lines.add(1, `To do: ${problem.advice}`);
  }
  for (const warning of warnings) lines.add(1, `Note: ${warning}`, lines.colours.warning);
}

/** What programs get. */
export function checkReport({ key, result, problem, warnings, records }: KeyCheck): Record<string, unknown> {
  const { domain, selector, type, bits, state, path, name, text } = recordReport(key, false);
  return {
    ...{ domain, selector, type, bits, state, path, name, result },
    ...(problem === undefined
      ? {}
      : { problem: problem.code, explanation: problem.explanation, advice: problem.advice }),
    ...{ warnings, records, expected: text },
  };
}
