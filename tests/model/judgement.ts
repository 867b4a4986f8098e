/** Whether what came of a case is what was to come. */
import type { Run } from "./chain_run.ts";
import type { Case, CaseChange, Field } from "./case.ts";
import { takeIn } from "./mta_model.ts";
import { type Expected, type Shown, workOut } from "./reference.ts";
import { carryOut, type WireAction } from "./wire_actions.ts";
import { at } from "../support/present.ts";

/** What is wrong with a run of a case; nothing if it is as it should be. */
export function problemsOf(theCase: Case, run: Run): string[] {
  const expected = workOut(theCase);
  const problems = [...run.mishaps, ...shownProblems(theCase, expected, run.shown)];
  if (run.fate !== expected.fate) problems.push(`fate: ${run.fate}, not ${expected.fate}`);
  if (String(run.recipients) !== String(expected.recipients)) {
    problems.push(`recipients taken: ${run.recipients}, not ${expected.recipients}`);
  }
  if (!expected.message) {
    return run.actions.length > 0 ? [...problems, "changes of a message that does not pass"] : problems;
  }
  carryOut(expected.original, run.actions);
  const difference = firstDifference(expected.message.lines(), expected.original.lines());
  if (difference) problems.push(`message: ${difference}`);
  return [...problems, ...packetProblems(theCase, expected, run.actions)];
}

/** Whether each filter was shown what it should be. */
function shownProblems(theCase: Case, expected: Expected, shown: readonly Shown[]): string[] {
  const asItCame = takeIn(theCase.mta, theCase.message);
  const whole: Shown = { header: asItCame.visible(), body: asItCame.sendBody(), atEnd: undefined };
  const { decidedBy = shown.length, heldBy = shown.length, beforeContent } = expected;
  return theCase.filters.flatMap(({ actsOutside, dryRun, verdict }, i) => {
    const got = at(shown, i);
    const wanted = at(expected.shown, i);
    let problem: string | undefined;
    if (i > Math.min(decidedBy, heldBy) && !beforeContent) {
      // One behind may have seen what nobody before it could change.
      problem = actsOutside ? differs(got, NOTHING) : exceeds(got, whole);
    } else if (i < decidedBy && decidedBy < shown.length && dryRun) {
      // The verdict can come before a dry run has seen all.
      problem = exceeds(got, wanted);
    } else {
      problem = differs(got, wanted, verdict?.event === "body");
    }
    return problem ? [`filter ${i + 1} was shown ${problem}`] : [];
  });
}

const NOTHING: Shown = { header: [], body: "", atEnd: undefined };

/** How what a filter was shown differs; a body that it cut short is as long as the pieces happen to be. */
function differs(got: Shown, wanted: Shown, bodyMayEnd = false): string | undefined {
  const header = firstDifference(wanted.header.map(line), got.header.map(line));
  if (header) return `a header: ${header}`;
  const body = bodyMayEnd && got.body.length > 0 ? wanted.body.slice(0, got.body.length) : wanted.body;
  if (got.body !== body) return `a body: ${quoted(got.body)}, not ${quoted(wanted.body)}`;
  if (!got.atEnd !== !wanted.atEnd) return wanted.atEnd ? "no end of message" : "an end of message";
  if (!got.atEnd || !wanted.atEnd) return undefined;
  const recipients = firstDifference(wanted.atEnd.recipients, got.atEnd.recipients);
  if (recipients) return `recipients: ${recipients}`;
  const atEnd = firstDifference(wanted.atEnd.header.map(line), got.atEnd.header.map(line));
  return atEnd && `a header at the end: ${atEnd}`;
}

/** Where a filter was shown anything that does not begin what it may be shown. */
function exceeds(got: Shown, most: Shown): string | undefined {
  const header = firstDifference(most.header.slice(0, got.header.length).map(line), got.header.map(line));
  if (header) return `a header: ${header}`;
  if (!most.body.startsWith(got.body)) return `a body: ${quoted(got.body)}, not ${quoted(most.body)}`;
  return got.atEnd && !most.atEnd ? "an end of message" : undefined;
}

/** Whether the packets are as few as they can be, and in an order that means the same to every MTA. */
function packetProblems(theCase: Case, expected: Expected, actions: readonly WireAction[]): string[] {
  const problems: string[] = [];
  const ofHeader = actions.filter(({ type }) => type.endsWith("Header"));
  const needed = expected.message!.headerPacketsNeeded();
  // The chain may find a shorter way, such as a change for what was deleted and added anew in its place.
  if (ofHeader.length > needed) {
    problems.push(`${ofHeader.length} packets about the header, not ${needed}`);
  }
  const lastNumber = new Map<string, number>();
  let addsBegan = false;
  for (const action of ofHeader) {
    if (action.type !== "changeHeader") {
      addsBegan = true;
      continue;
    }
    const name = action.name.toLowerCase();
    if (addsBegan || action.index >= (lastNumber.get(name) ?? Infinity)) {
      problems.push(`${action.name} number ${action.index} comes too late`);
    }
    lastNumber.set(name, action.index);
  }
  if (actions.filter(({ type }) => type === "changeFrom").length > 1) problems.push("two senders");
  problems.push(...recipientProblems(theCase, expected, actions));
  const bodies = actions.map(({ type }) => type === "replaceBody" ? "b" : "-").join("");
  if (/b-+b/.test(bodies)) problems.push("something stands between the packets of a body");
  return problems;
}

/** Whether anything is done to a recipient that comes to nothing. */
function recipientProblems(theCase: Case, expected: Expected, actions: readonly WireAction[]): string[] {
  const { mta, message, filters } = theCase;
  const taken = expected.recipients.map((i) => at(message.recipients, i).address);
  const asked = filters.filter(({ dryRun }, i) => !dryRun && at(expected.shown, i).atEnd)
    .flatMap(({ changes }) => changes);
  const problems: string[] = [];
  for (const [address, steps] of stepsByAddress(actions)) {
    const text = inShort(steps);
    // Sendmail remembers the ESMTP arguments of one that was there before.
    const remembers = mta === "sendmail" && steps.some((step) => "args" in step && step.args);
    const undone = remembers ? /\+-+$/.test(text) : /\+-|--/.test(text);
    // One that a filter deleted before it was there may be deleted, for all that the chain knows.
    const asAsked = inShort(stepsByAddress(asked).get(address) ?? []);
    const cameAndWent = asAsked.startsWith("+") && asAsked.endsWith("+-");
    if (undone || (cameAndWent && !taken.includes(address))) problems.push(`recipient ${address}: ${text}`);
  }
  return problems;
}

/** One change of a recipient. */
interface Step {
  readonly type: "addRcpt" | "deleteRcpt";
  readonly args?: string;
}

/** What is done to each recipient, its brackets aside. */
function stepsByAddress(changes: readonly (CaseChange | WireAction)[]): Map<string, Step[]> {
  const byAddress = new Map<string, Step[]>();
  for (const change of changes) {
    if (change.type !== "addRcpt" && change.type !== "deleteRcpt") continue;
    const address = change.address.replace(/^<(.*)>$/, "$1");
    byAddress.set(address, [...byAddress.get(address) ?? [], change as Step]);
  }
  return byAddress;
}

function inShort(steps: readonly Step[]): string {
  return steps.map(({ type }) => type === "addRcpt" ? "+" : "-").join("");
}

function line({ name, raw }: Field): string {
  return `${name}:${raw}`;
}

function firstDifference(wanted: readonly string[], got: readonly string[]): string | undefined {
  const at = wanted.findIndex((text, i) => text !== got[i]);
  if (at < 0 && got.length <= wanted.length) return undefined;
  const i = at < 0 ? wanted.length : at;
  return `${quoted(got[i])} where ${quoted(wanted[i])} should be, line ${i + 1}`;
}

function quoted(text: string | undefined): string {
  if (text === undefined) return "nothing";
  return JSON.stringify(
    text.length > 300 ? `${text.slice(0, 200)} [${text.length - 300} more] ${text.slice(-100)}` : text,
  );
}
