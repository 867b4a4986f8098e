/**
 * Converts an `opendkim.conf` and the tables that it names into a configuration of this program.
 *
 * @module
 */

import type { Conversion } from "../conversion/write_conversion.ts";
import { checkingFilter } from "./checking.ts";
import { originOf, peersOf } from "./origin.ts";
import { outputText } from "../conversion/output.ts";
import { Report } from "../conversion/report.ts";
import { serviceEntries } from "./service.ts";
import { OpendkimSettings } from "./settings.ts";
import { signingFilter } from "./signing.ts";
import { noteRefusedKeys, withCopies } from "./key_copies.ts";
import { whoSigns } from "./who_signs.ts";

/**
 * Converts a file.
 *
 * @param file its path
 * @param copies the folder of the keys' copies, if they are to be copied
 */
export function convertOpendkim(file: string, copies?: string): Conversion {
  const report = new Report();
  const settings = new OpendkimSettings(file, report);
  for (const { keyword: { name, fate }, place } of settings.all) {
    if (fate.kind === "refused") report.problem(place, `${name} cannot be converted: ${fate.text}`);
    if (fate.kind === "note") report.note(place, `${name}: ${fate.text}`);
  }
  const mode = modeOf(settings, report);
  const found = mode.includes("s") ? whoSigns(settings, report) : undefined;
  if (found && copies === undefined) noteRefusedKeys(found, report);
  const who = found && copies !== undefined ? withCopies(found, copies, report) : found;
  const [origin, peers] = [originOf(settings, report), peersOf(settings, report)];
  const checks = mode.includes("v");
  const output = {
    command: "from-opendkim",
    source: file,
    service: serviceEntries(settings, checks, report),
    filters: [
      ...checks ? [checkingFilter(settings, who && origin, peers, report)] : [],
      ...who ? [signingFilter(settings, who, origin, peers, report)] : [],
    ],
  };
  if (output.filters.length === 0) {
    report.problem(
      { file, line: 1 },
      "there is nothing to convert: OpenDKIM neither signs nor checks anything",
    );
  }
  const { problems, notes } = report;
  return { text: problems.length > 0 ? undefined : outputText({ ...output, notes }), problems, notes };
}

/** `s`, `v` or both. */
function modeOf(settings: OpendkimSettings, report: Report): string {
  const setting = settings.get("Mode");
  if (setting && !/^[sv]+$/.test(setting.value)) {
    report.problem(setting.place, `Mode expects s, v or sv, not ${setting.value}`);
  }
  return setting?.value ?? "sv";
}
