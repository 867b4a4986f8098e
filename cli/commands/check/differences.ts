/**
 * Finds how a message fares differently with two configurations.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { HeaderField } from "../../../lib/message/header.ts";
import type { CheckedMessage } from "./check_message.ts";
import { decidedBy, replyPart } from "./text_report.ts";

/** What became of a message with one configuration, as far as it is different with the other. */
export interface TrialOutcome {
  /** What became of it, such as `accept` or `reject 550 5.7.1 No by rules`. */
  readonly outcome: string;
  /** What else is different: recipients, sender, header fields and body, as they are delivered. */
  readonly effects: readonly string[];
}

/** The most characters of a header field that are shown. */
const MOST_CHARACTERS = 200;

/**
 * Compares what became of a message.
 *
 * @param first with the first configuration
 * @param second with the second one
 * @returns both outcomes, or undefined if they are the same
 */
export function differencesOf(
  first: CheckedMessage,
  second: CheckedMessage,
): readonly [first: TrialOutcome, second: TrialOutcome] | undefined {
  const [one, two] = [effectsOf(first), effectsOf(second)];
  const outcomes = [outcomeOf(first), outcomeOf(second)] as const;
  const isSameOutcome = outcomeOf(first, givenNames(first)) === outcomeOf(second, givenNames(second));
  // How a message that nobody gets would have been changed does not matter.
  const areDelivered = isDelivered(first) && isDelivered(second);
  const differ = (key: keyof Effects) => JSON.stringify(one[key]) !== JSON.stringify(two[key]);
  const differing = areDelivered ? KEYS.filter(differ) : differ("refused") ? ["refused" as const] : [];
  if (isSameOutcome && differing.length === 0) return undefined;
  const effects = (own: Effects, other: Effects) => {
    const lines = LISTS.flatMap((key) => without(own[key], other[key]));
    const isOrder = differing.includes("header") && without(own.header, other.header).length === 0 &&
      without(other.header, own.header).length === 0;
    return [
      ...lines.map(shortened),
      ...(isOrder ? ["the header fields are in another order"] : []),
      ...(differing.includes("body")
        ? [own.isBodyChanged ? "the body is changed" : "the body is as it was"]
        : []),
    ];
  };
  return [
    { outcome: outcomes[0], effects: effects(one, two) },
    { outcome: outcomes[1], effects: effects(two, one) },
  ];
}

/** What a message may differ in, each compared as a whole. */
const KEYS = ["refused", "envelope", "header", "body"] as const;
/** Those that are lists, of which each side shows what the other does not have. */
const LISTS = ["refused", "envelope", "header"] as const;

function isDelivered({ report }: CheckedMessage): boolean {
  return report.outcome === "accept";
}

/**
 * The names of filters without their numbers: those depend on what else is in the configuration, also where it makes no
 * difference to the message.
 */
function givenNames({ members }: CheckedMessage): (name: string) => string {
  return (name) => members.find((member) => member.name === name)?.givenName ?? name;
}

/** What became of it, with the filter that decided. */
function outcomeOf(checked: CheckedMessage, shownAs = (name: string) => name): string {
  const { report, failures } = checked;
  const by = shownAs(decidedBy(checked));
  const held = report.after.held === undefined ? "" : `, held: ${report.after.held}`;
  const failed = failures.length === 0
    ? ""
    : `, ${failures.map(({ filter }) => shownAs(filter)).join(" and ")} failed`;
  return `${report.outcome}${replyPart(report.reply)}${by === "" ? "" : ` by ${by}`}${held}${failed}`;
}

interface Effects {
  /** The recipients that were refused. */
  readonly refused: readonly string[];
  /** How the envelope was changed. */
  readonly envelope: readonly string[];
  /** The fields, in order. */
  readonly header: readonly string[];
  /** What no other body has. */
  readonly body: string;
  readonly isBodyChanged: boolean;
}

function effectsOf({ report }: CheckedMessage): Effects {
  const { after, before, refused } = report;
  const added = after.recipients.filter((to) => !before.recipients.includes(to));
  const deleted = before.recipients.filter((to) => !after.recipients.includes(to));
  const body = digest(after.body);
  return {
    refused: refused.map(({ recipient, outcome, reply }) => `<${recipient}>: ${outcome}${replyPart(reply)}`),
    envelope: [
      ...(after.sender === before.sender ? [] : [`the sender is changed to <${after.sender}>`]),
      ...added.map((to) => `a recipient is added: <${to}>`),
      ...deleted.map((to) => `a recipient is deleted: <${to}>`),
    ],
    // A refused message stays as it was, so that the other side shows what it changes.
    header: after.header.map(fieldText),
    body,
    isBodyChanged: body !== digest(before.body),
  };
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A field in one line. Of a signature that was made now, what the time and the signed text decide is left out. */
function fieldText(field: HeaderField): string {
  const value = field.value.replace(/\s+/g, " ").trim();
  const isSignature = ["DKIM-Signature", "ARC-Seal", "ARC-Message-Signature"].some((name) => field.is(name));
  return `${field.name}: ${isSignature ? value.replace(/\b([btx])=[^;]*/g, "$1=…") : value}`;
}

function shortened(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…`.toWellFormed() : text;
}

/** The lines of a list that another list does not have as often. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
