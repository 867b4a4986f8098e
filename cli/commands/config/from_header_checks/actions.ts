/**
 * Converts what Postfix does with a field: the actions of `header_checks(5)`.
 *
 * @module
 */

import { OptionError, parseOption } from "../../../../lib/options/options.ts";
import type { OutputEntry } from "../conversion/output.ts";
import type { ResultPiece } from "./result_text.ts";

/** Says something about a line. */
export interface ActionReport {
  /** Reports what the reader of the converted file must know. */
  note(text: string): void;
  /** Reports what decides about mail and cannot be converted. */
  problem(text: string): void;
}

/** The most characters of a reply of rules. */
const LONGEST_REPLY = 480;

/** What a rule does if an action has no counterpart: as in Postfix, no later rule is asked about this field. */
const NEXT_FIELD: readonly OutputEntry[] = [{ key: "next-field", value: true }];

type Convert = (text: readonly ResultPiece[], report: ActionReport) => readonly OutputEntry[];

/** The actions. */
const ACTIONS: Readonly<Record<string, Convert>> = {
  BCC: (text, report) => address("BCC", "add-recipient", text, report),
  DISCARD: (text) => [{ key: "discard", value: true }, ...logged("discard", text, false)],
  DUNNO: () => NEXT_FIELD,
  FILTER(text, report) {
    report.note(
      `FILTER ${
        plain(text)
      }: no milter can choose a content filter; the field is left alone here. Keep this line in ` +
        "Postfix, or have the filter milter ask another milter",
    );
    return NEXT_FIELD;
  },
  HOLD: (text) => [{ key: "quarantine", value: text.length === 0 ? "content matched" : template(text) }],
  IGNORE: () => [{ key: "remove-field", value: true }],
  INFO: (text) => logged("info", text, true),
  OK: () => NEXT_FIELD,
  PASS: (text) => [{ key: "accept", value: true }, ...logged("pass", text, true)],
  PREPEND: (text, report) => field("PREPEND", "prepend-field", text, report),
  // Postfix looks at nothing behind it, whatever its manual says.
  REDIRECT(text, report) {
    const entries = address("REDIRECT", "redirect", text, report);
    return entries === NEXT_FIELD ? entries : [...entries, { key: "accept", value: true }];
  },
  REJECT: rejection,
  REPLACE: (text, report) => field("REPLACE", "replace-field", text, report),
  STRIP: (text) => [{ key: "remove-field", value: true }, ...logged("strip", text, true)],
  WARN: (text) => logged("warning", text, true),
};

/**
 * Converts a result.
 *
 * @param result the result of a line
 * @param report receives what is different
 * @returns the actions of the rule
 */
export function actionsOf(result: readonly ResultPiece[], report: ActionReport): readonly OutputEntry[] {
  const [first = ""] = result;
  const [, word = "", rest = ""] =
    (typeof first === "string" ? /^([^ \t]*)[ \t]*([^]*)$/.exec(first) : undefined) ?? [];
  const text = [rest, ...result.slice(1)].filter((piece) => piece !== "");
  if (result.length === 0) {
    report.note("Postfix does nothing here: the line has no action");
    return NEXT_FIELD;
  }
  if (word === "" || typeof first !== "string" || (rest === "" && !/[ \t]/.test(first) && text.length > 0)) {
    report.problem(`${plain(result)}: what to do depends on the field itself; name the action`);
    return NEXT_FIELD;
  }
  const convert = ACTIONS[word.toUpperCase()];
  if (convert !== undefined) return convert(text, report);
  report.note(`Postfix does nothing here: there is no action ${word}`);
  return NEXT_FIELD;
}

function rejection(text: readonly ResultPiece[], report: ActionReport): readonly OutputEntry[] {
  const [first = ""] = text;
  const [, code, rest = ""] =
    (typeof first === "string" ? /^([245]\.\d{1,3}\.\d{1,3})[ \t]+([^]*)$/.exec(first) : null) ??
      [];
  const words = code === undefined ? text : [rest, ...text.slice(1)];
  if (typeof first === "string" && /^[245]\d\d[ \t]/.test(first)) {
    report.note(
      `REJECT takes no reply code, only one such as 5.7.1: "${
        first.slice(0, 3)
      }" is part of the text that clients see`,
    );
  }
  if (code?.startsWith("2")) {
    report.note(`Postfix makes 4${code.slice(1)} of ${code}, which is no code of a refusal`);
  }
  const enhanced = code?.replace(/^2/, "4") ?? "5.7.1";
  const reply = words.length === 0 ? "message content rejected" : template(inReply(words, report));
  return enhanced.startsWith("4")
    ? [{ key: "tempfail", value: `451 ${enhanced} ${reply}` }]
    : [{ key: "reject", value: `550 ${enhanced} ${reply}` }];
}

/** What a reply can hold: ASCII, in one line of SMTP. */
function inReply(words: readonly ResultPiece[], report: ActionReport): readonly ResultPiece[] {
  const plainWords = words.map((piece) =>
    typeof piece === "number" ? piece : piece.replace(/[^\t\x20-\x7e]/gu, "?")
  );
  if (plainWords.some((piece, i) => piece !== words[i])) {
    report.note("a reply of rules is ASCII: ? stands for other characters here");
  }
  if (template(plainWords).length <= LONGEST_REPLY) return plainWords;
  report.note(`a reply of rules has at most ${LONGEST_REPLY} characters: the rest is left out here`);
  const [first] = plainWords;
  // Half of it, since some characters are doubled.
  return [typeof first === "string" ? first.slice(0, LONGEST_REPLY / 2) : "message content rejected"];
}

/** An action that names an address, which Postfix expects with a domain. */
function address(
  action: string,
  key: string,
  text: readonly ResultPiece[],
  report: ActionReport,
): readonly OutputEntry[] {
  if (text.some((piece) => typeof piece === "number")) {
    report.problem(`${action} ${plain(text)}: the sender of the mail would choose the address; write it out`);
    return NEXT_FIELD;
  }
  if (!/^\S+@\S+$/.test(plain(text))) {
    report.note(`Postfix does nothing here: ${action} needs an address such as joe@example.org`);
    return NEXT_FIELD;
  }
  try {
    parseOption({ name: key, kind: "recipient", description: "" }, plain(text));
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    report.problem(`${action} ${plain(text)}: rules do not take this address; write it in another way`);
  }
  return [{ key, value: plain(text) }];
}

/** An action that writes a field, which must be one. */
function field(
  action: string,
  key: string,
  text: readonly ResultPiece[],
  report: ActionReport,
): readonly OutputEntry[] {
  const [first] = text;
  if (typeof first === "number" || (first !== undefined && /^[!-9;-~]*$/.test(first) && text.length > 1)) {
    report.problem(`${action} ${plain(text)}: the name of the field is not written out`);
    return NEXT_FIELD;
  }
  if (first === undefined || !/^[!-9;-~]+[ \t]*:/.test(first)) {
    report.note(`Postfix does nothing here: ${action} needs a field such as X-Name: value`);
    return NEXT_FIELD;
  }
  const [, name = "", value = ""] = /^([!-9;-~]+)[ \t]*:[ \t]*([^]*)$/.exec(first)!;
  return [{ key, value: `${name}: ${template([value, ...text.slice(1)])}` }];
}

function logged(word: string, text: readonly ResultPiece[], isAlways: boolean): readonly OutputEntry[] {
  if (text.length === 0 && !isAlways) return [];
  return [{ key: "log", value: `${word}: ${text.length === 0 ? "content matched" : template(text)}` }];
}

/** A text with its groups as rules write it. */
function template(pieces: readonly ResultPiece[]): string {
  return pieces.map((piece) =>
    typeof piece === "number" ? `$${piece}` : piece.replaceAll("{", "{{").replaceAll("$", "$$$$")
  ).join("").replace(/\$(\d)(?=\d)/g, "$<$1>");
}

/** A text with its groups as tables write it. */
function plain(pieces: readonly ResultPiece[]): string {
  return pieces.map((piece) => typeof piece === "number" ? `$${piece}` : piece).join("").trim();
}
