/**
 * Reports on rotations.
 *
 * @module
 */

import type { Lines } from "../../explanation/lines.ts";
import { EXIT_CODES } from "../../terminal/exit_codes.ts";
import { plural } from "../../terminal/plural.ts";
import { checkReport, keyCheckText } from "./check_report.ts";
import { KEY_TYPE_NAMES } from "./key_names.ts";
import type { StoredKey } from "./key_store.ts";
import { recordReport, recordText } from "./record_text.ts";
import type { DomainRotation, RotationDone } from "./rotate_domain.ts";
import { keyRecordName } from "./zone_text.ts";

/** The exit code of a run: what only people can mend counts more than lookups that failed. */
export function exitCodeOfRotations(rotations: readonly DomainRotation[]): number {
  const codes = rotations.map(({ done }) => exitCodeOf(done));
  return [EXIT_CODES.failed, EXIT_CODES.tempfailed].find((code) => codes.includes(code)) ?? EXIT_CODES.done;
}

function exitCodeOf(done: RotationDone): number {
  if (done.name === "failed") return EXIT_CODES.failed;
  if (done.name !== "waiting") return EXIT_CODES.done;
  return done.checks.some(({ result }) => result === "wrong") ? EXIT_CODES.failed : EXIT_CODES.tempfailed;
}

/** Whether somebody should read of a run. */
export function isWorthTelling({ done, removable }: DomainRotation): boolean {
  return done.name !== "nothing-due" || removable.length > 0;
}

/** What a report for people needs beside the rotation. */
export interface ReportContext {
  /** How long the records of old keys must stay, in milliseconds. */
  readonly keep: number;
  /** The command line that takes the next step. */
  readonly again: string;
}

/** Reports for people. */
export function rotationText(rotation: DomainRotation, { keep, again }: ReportContext, lines: Lines): void {
  const { domain, done, removable } = rotation;
  const { good, bad, warning } = lines.colours;
  switch (done.name) {
    case "made":
      lines.add(0, `; ${domain}: publish ${records(done.keys.length)}, then run: ${again}`, warning);
      for (const key of done.keys) recordText(key, false, lines);
      break;
    case "waiting":
      lines.add(0, `${domain}: the new keys wait, since not all records are right`, warning);
      for (const check of done.checks) keyCheckText(check, lines);
      break;
    case "switched": {
      lines.add(
        0,
        `${domain}: ${named(done.keys)} ${done.keys.length === 1 ? "signs" : "sign"} from now on`,
        good,
      );
      const [first] = done.replaced;
      if (first === undefined) break;
      const theirs = done.replaced.length === 1 ? "its record" : "their records";
      lines.add(
        1,
        `${named(done.replaced)} signed before: leave ${theirs} until ${
          dayOf(first.changed + keep)
        }, for mail on its way`,
      );
      break;
    }
    case "nothing-due":
      lines.add(0, `${domain}: nothing to do before ${dayOf(done.until)}, since ${WHY[done.why]}`);
      break;
    case "failed":
      lines.add(0, `${domain}: ${done.reason}`, bad);
  }
  for (const key of removable) {
    lines.add(
      done.name === "made" ? 0 : 1,
      `${
        done.name === "made" ? "; " : ""
      }The old key ${key.selector} is not needed any more: remove the record ` +
        `${keyRecordName(key.selector, domain)}, or empty its p=, and delete ${key.path}`,
    );
  }
}

const WHY = {
  "keys-are-young": "the keys are not due for a change",
  "old-keys-are-young": "they have just changed",
} as const;

/** What programs get. */
export function rotationReport({ domain, done, removable }: DomainRotation): Record<string, unknown> {
  return {
    domain,
    step: done.name,
    ...(done.name === "made" ? { records: done.keys.map((key) => recordReport(key, false)) } : {}),
    ...(done.name === "waiting" ? { records: done.checks.map(checkReport) } : {}),
    ...(done.name === "switched"
      ? { keys: done.keys.map(keyReport), replaced: done.replaced.map(keyReport) }
      : {}),
    ...(done.name === "nothing-due" ? { until: new Date(done.until).toISOString(), why: done.why } : {}),
    ...(done.name === "failed" ? { reason: done.reason } : {}),
    removable: removable.map(keyReport),
  };
}

function keyReport({ selector, type, path, domain }: StoredKey): Record<string, unknown> {
  return { selector, type, path, name: keyRecordName(selector, domain) };
}

function named(keys: readonly StoredKey[]): string {
  return keys.map(({ selector, type }) => `${selector} (${KEY_TYPE_NAMES[type]})`).join(" and ");
}

function records(number: number): string {
  return number === 1 ? "this record" : `these ${plural(number, "record")}`;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
