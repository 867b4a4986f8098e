/**
 * Checks the messages in files with two configurations, and prints those that fare differently.
 *
 * @module
 */

import process from "node:process";
import type { OptionValues } from "../../../lib/options/options.ts";
import { type Colours, terminalColours, wantsColours } from "../../terminal/colours.ts";
import { escapeControlCharacters } from "../../terminal/control_characters.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { plural } from "../../terminal/plural.ts";
import { print } from "../../terminal/standard_output.ts";
import { terminalSafeJson } from "../../terminal/terminal_safe_json.ts";
import { countStrayErrors, jobsOf, notChecked } from "./check_files.ts";
import {
  checkConcurrently,
  type CheckedMessage,
  checkMessage,
  type Target,
  type UncheckedMessage,
} from "./check_message.ts";
import { differencesOf, type TrialOutcome } from "./differences.ts";
import { asPlain } from "./json_report.ts";
import { filesOf, type FoundMessage, messagesOf } from "./mailbox.ts";
import { Progress } from "./progress.ts";

/** A message that was checked with both. */
interface Pair {
  readonly first: CheckedMessage;
  readonly second: CheckedMessage;
}

/**
 * Checks all messages in files with two configurations, and prints which fare differently, and how.
 *
 * @param files paths of messages, mboxes and folders; `-` is standard input
 * @param one the first configuration
 * @param two the second one
 * @param options of the command line
 * @returns the exit code
 */
export async function compareFiles(
  files: readonly string[],
  one: Target,
  two: Target,
  options: OptionValues,
): Promise<number> {
  const strayErrors = countStrayErrors();
  const colours = terminalColours(wantsColours(process.stdout));
  const json = options.get("flag", "json") ?? false;
  const found = filesOf(files);
  const progress = new Progress(found.length);
  const counts = new Map<string, number>();
  let [total, different, failed] = [0, 0, 0];
  const work = (message: FoundMessage) => checkBoth(message, one, two);
  for await (const checked of checkConcurrently(messagesOf(found), jobsOf(options), work)) {
    total++;
    progress.step();
    if ("error" in checked) {
      failed++;
      notChecked(checked, progress);
      continue;
    }
    const fates = differencesOf(checked.first, checked.second);
    if (!fates) continue;
    different++;
    const change = changeOf(checked);
    counts.set(change, (counts.get(change) ?? 0) + 1);
    progress.clear();
    await print(json ? jsonText(checked, fates) : fatesText(checked, fates, colours));
  }
  progress.clear();
  if (!json) await print(summaryText(total, different, failed, counts));
  if (failed > 0 || strayErrors() > 0) return EXIT_CODES.failed;
  return different > 0 ? EXIT_CODES.differs : EXIT_CODES.done;
}

async function checkBoth(message: FoundMessage, one: Target, two: Target): Promise<Pair | UncheckedMessage> {
  const [first, second] = await Promise.all([checkMessage(message, one), checkMessage(message, two)]);
  if ("error" in first) return first;
  return "error" in second ? second : { first, second };
}

/** The change of the outcome in words, for the summary. */
function changeOf({ first, second }: Pair): string {
  const [before, after] = [first, second].map(({ report }) =>
    report.after.held === undefined ? report.outcome : "held"
  );
  return before === after ? `${before} in another way` : `${before} -> ${after}`;
}

function fatesText(
  { first, second }: Pair,
  fates: readonly [TrialOutcome, TrialOutcome],
  { dim, bad, good }: Colours,
): string {
  const text = (sign: string, { place }: CheckedMessage, { outcome, effects }: TrialOutcome) =>
    [`${sign} ${outcome}`, ...effects.map((effect) => `${sign}   ${effect}`)]
      .map((line, i) => i === 0 ? `${line}${dim(`  (${place})`)}` : line);
  const lines = (colour: (text: string) => string, of: readonly string[]) =>
    of.map((line) => colour(escapeControlCharacters(line)));
  return [
    escapeControlCharacters(first.name),
    ...lines(bad, text("-", first, fates[0])),
    ...lines(good, text("+", second, fates[1])),
    "",
    "",
  ].join("\n");
}

function jsonText({ first, second }: Pair, [one, two]: readonly [TrialOutcome, TrialOutcome]): string {
  const side = (checked: CheckedMessage, fate: TrialOutcome) => ({
    place: checked.place,
    ...fate,
    report: asPlain(checked),
  });
  return `${terminalSafeJson({ name: first.name, first: side(first, one), second: side(second, two) })}\n`;
}

function summaryText(
  total: number,
  different: number,
  failed: number,
  counts: ReadonlyMap<string, number>,
): string {
  const changes = [...counts].sort(([, a], [, b]) => b - a).map(([change, count]) => `${count} ${change}`);
  const parts = [
    `${different === 0 ? "none fares" : `${different} fare`} differently${
      changes.length === 0 ? "" : ` (${changes.join(", ")})`
    }`,
    ...(failed === 0 ? [] : [`${failed} not checked`]),
  ];
  return `${plural(total, "message")}: ${parts.join(", ")}\n`;
}
