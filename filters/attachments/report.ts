/**
 * Texts about findings: for the sender, the log, and the header.
 *
 * @module
 */

import { discard, reject, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { Finding } from "./findings.ts";

/** The maximum number of findings that a header or a line of the log names. */
const MOST_NAMED = 10;
/** The maximum number of characters of a reply: with its codes, it fits a line of SMTP (RFC 5321 section 4.5.3.1.5). */
const LONGEST_REPLY = 400;
/** The maximum number of characters of a name in the log and in the header. */
const LONGEST_NAME = 200;

/** The findings for people: `invoice.exe in files.zip is a program by its name (.exe)`. */
export function remarkOf(findings: readonly Finding[]): string {
  return joined(findings, ({ file, text }) => `${file.slice(0, LONGEST_NAME)} ${text}`);
}

/** The findings for programs: `executable (invoice.exe in files.zip)`. */
export function markOf(findings: readonly Finding[]): string {
  return joined(
    findings,
    ({ rule, file }) => `${rule} (${file.slice(0, LONGEST_NAME).replace(/[()\\]/g, "_")})`,
  );
}

function joined(findings: readonly Finding[], text: (finding: Finding) => string): string {
  const named = findings.slice(0, MOST_NAMED).map(text);
  const others = findings.length - named.length;
  return [...named, ...(others > 0 ? [`${others} more`] : [])].join("; ");
}

/** The text for the sender, or for reviewers of the quarantine: printable ASCII on one line. */
export function refusalText({ file, text }: Finding): string {
  const plain = `Attachment not accepted: ${file.slice(0, LONGEST_NAME)} ${text}`.replace(
    /[^\x20-\x7e]/g,
    "?",
  );
  return plain.length > LONGEST_REPLY ? `${plain.slice(0, LONGEST_REPLY - 3)}...` : plain;
}

/** The verdict of an action. */
export function refusalBy(
  action: "reject" | "tempfail" | "discard",
  finding: Finding,
): Verdict<"reject" | "tempfail" | "discard"> {
  const text = refusalText(finding);
  const isSize = finding.rule === "max-size";
  switch (action) {
    case "reject":
      return isSize ? reject(552, "5.3.4", text) : reject(550, "5.7.1", text);
    case "tempfail":
      return isSize ? tempfail(452, "4.3.4", text) : tempfail(451, "4.7.1", text);
    case "discard":
      return discard();
  }
}
