/**
 * Conditions of rules: `n=1`, `arg~example`, `hdr:Subject!=hello`.
 *
 * @module
 */

import { atoi, lowerCase } from "./bytes.ts";
import type { Conversation } from "./conversation.ts";
import type { Stage } from "./script.ts";

/** A condition. */
export interface Condition {
  /** What is looked at. */
  readonly key: string;
  /** The header's name in `hdr:NAME` and `count:NAME`. */
  readonly header: string;
  /** Equal, not equal, contains. */
  readonly operator: "=" | "!" | "~";
  /** What it is compared with. */
  readonly value: string;
}

/** What a callback is called with, as conditions see it. */
export interface Occasion {
  readonly stage: Stage;
  /** `arg`: the host name, the address, the header's name and so on. @default "" */
  readonly argument?: string;
  /** `val`: the client's address, the header's value, the piece of the body. @default "" */
  readonly value?: string;
}

/** Reads a condition. */
export function parseCondition(word: string): Condition {
  const [, subject = "", operator, value] = /^([^=~!]*)(?:(=|~|!=?)(.*))?$/s.exec(word) ?? [];
  const [key = "", ...header] = subject.split(":");
  return {
    key,
    header: header.join(":"),
    operator: operator?.startsWith("!") ? "!" : operator === "~" ? "~" : "=",
    value: value ?? "",
  };
}

/**
 * Whether a condition holds.
 *
 * @param condition the condition
 * @param occasion the current callback
 * @param seen what was seen so far, this callback included
 * @param warn told of a condition that is not known; it does not hold
 */
export function holds(
  condition: Condition,
  occasion: Occasion,
  seen: Conversation,
  warn: (text: string) => void,
): boolean {
  const subject = subjectOf(condition, occasion, seen);
  if (subject === undefined) {
    warn(`bad condition ${condition.key}`);
    return false;
  }
  const { operator, value } = condition;
  if (typeof subject === "number") return (subject === atoi(value)) === (operator !== "!");
  if (operator === "~") return subject.includes(value);
  const anySpelling = occasion.stage === "header" && condition.key === "arg";
  const equal = anySpelling ? lowerCase(subject) === lowerCase(value) : subject === value;
  return equal === (operator !== "!");
}

function subjectOf(
  { key, header }: Condition,
  { stage, argument = "", value = "" }: Occasion,
  seen: Conversation,
): number | string | undefined {
  switch (key) {
    case "msg":
      return seen.message;
    case "n":
      return seen.times(stage);
    case "nrcpt":
      return seen.recipients.length;
    case "count":
      return seen.header(header).length;
    case "arg":
      return argument;
    case "val":
      return value;
    case "hdr":
      return seen.header(header)[0] ?? "";
  }
}
