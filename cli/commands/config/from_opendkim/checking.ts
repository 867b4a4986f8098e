/**
 * Converts how signatures are checked, into dkim-check.
 *
 * @module
 */

import { ACTIONS } from "../../../../filters/authentication/actions.ts";
import { DKIM_OPTIONS } from "../../../../filters/authentication/options.ts";
import { actionEntry } from "./actions.ts";
import { dataSetOf } from "./data_set.ts";
import type { Origin } from "./origin.ts";
import type { FilterTable, Item, OutputEntry } from "../conversion/output.ts";
import type { Report } from "../conversion/report.ts";
import { domainGlobPattern } from "./sender_pattern.ts";
import type { OpendkimSettings } from "./settings.ts";

/**
 * Converts the settings.
 *
 * @param settings the settings
 * @param origin whose mail is signed instead; undefined if nothing is signed
 * @param peers whose mail is left alone
 * @param report receives what cannot be converted
 */
export function checkingFilter(
  settings: OpendkimSettings,
  origin: Origin | undefined,
  peers: readonly Item[],
  report: Report,
): FilterTable {
  const action = (name: string, key: string) => actionEntry(settings, name, key, ACTIONS, report);
  const entries = [
    ...conditions(settings, origin, peers, report),
    action("On-BadSignature", "on-fail"),
    action("On-NoSignature", "on-none"),
    action("On-KeyNotFound", "on-no-key"),
    action("On-DNSError", "on-dns-error"),
    action("On-InternalError", "on-error"),
    exemptDomains(settings, report),
    numberEntry(settings, "MinimumKeyBits", "min-key-bits", report),
    numberEntry(settings, "MaximumSignaturesToVerify", "max-signatures", report),
    secondsEntry(settings, "ClockDrift", "clock-drift"),
    settings.isOn("KeepAuthResults")
      ? { key: "strip", value: "none", place: settings.get("KeepAuthResults")?.place }
      : undefined,
  ];
  return { name: "dkim-check", entries: entries.filter((entry) => entry !== undefined) };
}

/** Which mail is not checked, since it is signed or left alone. */
function conditions(
  settings: OpendkimSettings,
  origin: Origin | undefined,
  peers: readonly Item[],
  report: Report,
): OutputEntry[] {
  const internal = origin?.clients ?? [];
  const isEverybody = internal.some(({ text }) => text.endsWith("/0"));
  const hosts = settings.get("InternalHosts");
  if (isEverybody && hosts) {
    report.note(
      hosts.place,
      "everybody is internal, so that dkim-check checks all mail, also what dkim-sign signs",
    );
  }
  const networks = [
    ...isEverybody ? [] : internal,
    ...peers.filter(({ text }) => !internal.some((each) => each.text === text)),
  ];
  for (const { place } of origin?.macros ?? []) {
    if (place) {
      report.note(
        place,
        "dkim-check also checks the mail that these macros have signed: it has no condition for macros",
      );
    }
  }
  return [
    ...origin === undefined ? [] : [{ key: "not-authenticated", value: true } as const],
    ...networks.length === 0
      ? []
      : [{ key: "not-client", value: networks, place: (hosts ?? settings.get("PeerList"))?.place }],
  ];
}

/** ExemptDomains, as far as it names whole domains. */
function exemptDomains(settings: OpendkimSettings, report: Report): OutputEntry | undefined {
  const set = dataSetOf(settings, "ExemptDomains", report);
  const domains = (set?.entries ?? []).flatMap(({ key, place }) => {
    if (set?.kind === "literal") return key.startsWith(".") ? [] : [{ text: key.toLowerCase(), place }];
    const result = domainGlobPattern(key);
    if ("pattern" in result && !/[*@]/.test(result.pattern)) return [{ text: result.pattern, place }];
    report.note(
      place,
      `dkim-check cannot leave out ${key}: exempt-domain takes example.org and .example.org`,
    );
    return [];
  });
  return domains.length === 0 ? undefined : { key: "exempt-domain", value: domains };
}

/** A number, within what the option takes. */
function numberEntry(
  settings: OpendkimSettings,
  name: string,
  key: "min-key-bits" | "max-signatures",
  report: Report,
): OutputEntry | undefined {
  const [setting, number] = [settings.get(name), settings.number(name)];
  if (setting === undefined || number === undefined) return undefined;
  const { min, max } = DKIM_OPTIONS[key];
  if (number >= min && number <= max) return { key, value: String(number), place: setting.place };
  report.note(setting.place, `${key} is ${min} to ${max}, not ${number}; its default stays`);
  return undefined;
}

/** A time in seconds; 0 is OpenDKIM's default. */
function secondsEntry(settings: OpendkimSettings, name: string, key: string): OutputEntry | undefined {
  const number = settings.number(name);
  return number === undefined || number <= 0
    ? undefined
    : { key, value: `${number}s`, place: settings.get(name)?.place };
}
