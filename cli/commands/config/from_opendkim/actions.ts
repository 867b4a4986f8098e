/**
 * Converts what happens to mail: the settings that begin with `On-`.
 *
 * @module
 */

import { nearest } from "../../../../lib/options/nearest.ts";
import type { OutputEntry } from "../conversion/output.ts";
import type { Report } from "../conversion/report.ts";
import type { OpendkimSettings } from "./settings.ts";

const ACTIONS = ["accept", "discard", "quarantine", "reject", "tempfail"] as const;

/**
 * The option of a filter for one of these settings, or for On-Default if that one is not set.
 *
 * @param settings the settings
 * @param name the setting
 * @param key the option
 * @param taken the actions that the option has
 * @param report receives words that are not an action, and actions that the option has not
 * @returns undefined if neither is set, or the option has no such action
 */
export function actionEntry(
  settings: OpendkimSettings,
  name: string,
  key: string,
  taken: readonly string[],
  report: Report,
): OutputEntry | undefined {
  const setting = settings.get(name) ?? settings.get("On-Default");
  if (setting === undefined) return undefined;
  const { value, place } = setting;
  const word = value.toLowerCase();
  const action = ACTIONS.find((each) => each === word || each.charAt(0) === word);
  if (action === undefined) {
    report.problem(
      place,
      `${setting.keyword.name} has no action ${value}; did you mean ${nearest(value, ACTIONS)}?`,
    );
    return undefined;
  }
  if (taken.includes(action)) return { key, value: action, place };
  report.note(
    place,
    `${key} has no ${action}: if the filter fails, the message gets a temporary error`,
  );
  return undefined;
}
