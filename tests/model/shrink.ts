/** Makes a case that fails smaller, to be read. */
import type { Case, CaseFilter, CaseMessage } from "./case.ts";

/** The smallest case that is found by leaving one thing out after the other, for as long as the case still fails. */
export async function shrink(theCase: Case, fails: (smaller: Case) => Promise<boolean>): Promise<Case> {
  let smallest = theCase;
  for (let progress = true; progress;) {
    progress = false;
    for (const smaller of smallerCases(smallest)) {
      if (!await fails(smaller)) continue;
      smallest = smaller;
      progress = true;
      break;
    }
  }
  return smallest;
}

/** The same case with one thing less, the largest first. */
function* smallerCases(theCase: Case): Iterable<Case> {
  for (const filters of less(theCase.filters)) yield { ...theCase, filters };
  for (const message of smallerMessages(theCase.message)) {
    yield { ...theCase, message };
    yield { ...theCase, message, filters: theCase.filters.map(withLowerPicks) };
  }
  for (const cuts of less(theCase.cuts)) yield { ...theCase, cuts };
  for (const [i, filter] of theCase.filters.entries()) {
    for (const smaller of smallerFilters(filter)) {
      yield { ...theCase, filters: theCase.filters.with(i, smaller) };
    }
  }
}

function* smallerFilters(filter: CaseFilter): Iterable<CaseFilter> {
  for (const changes of less(filter.changes)) yield { ...filter, changes };
  const { verdict, ...withoutVerdict } = filter;
  if (verdict) yield withoutVerdict;
  for (const events of less(filter.events)) yield { ...filter, events };
  const { pace, listsEvents, keepsHandles, leadingSpace, actsOutside, dryRun, declaresAll } = filter;
  if (pace !== "at once") yield { ...filter, pace: "at once" };
  if (listsEvents) yield { ...filter, listsEvents: false };
  if (keepsHandles) yield { ...filter, keepsHandles: false };
  if (leadingSpace) yield { ...filter, leadingSpace: false };
  if (actsOutside) yield { ...filter, actsOutside: false };
  if (dryRun) yield { ...filter, dryRun: false };
  if (declaresAll) yield { ...filter, declaresAll: false };
  for (const [i, change] of filter.changes.entries()) {
    const smaller = (simpler: Partial<typeof change>) => ({
      ...filter,
      changes: filter.changes.with(i, { ...change, ...simpler } as typeof change),
    });
    if ("pick" in change && change.pick > 0) {
      for (const pick of fewer(change.pick)) yield smaller({ pick });
    }
    if ("index" in change && change.index > 0) {
      for (const index of fewer(change.index)) yield smaller({ index });
    }
    if ("args" in change && change.args !== undefined) {
      const { args: _, ...withoutArgs } = change;
      yield { ...filter, changes: filter.changes.with(i, withoutArgs) };
    }
    if ("text" in change) { for (const text of shorter(change.text)) yield smaller({ text }); }
  }
}

function* smallerMessages(message: CaseMessage): Iterable<CaseMessage> {
  for (const header of less(message.header)) yield { ...message, header };
  for (const body of shorter(message.body)) {
    if (body === "" || body.endsWith("\r\n")) yield { ...message, body };
  }
  if (message.recipients.length > 1) {
    for (const recipients of less(message.recipients)) yield { ...message, recipients };
  }
  for (const [i, { address, args }] of message.recipients.entries()) {
    if (args !== undefined) yield { ...message, recipients: message.recipients.with(i, { address }) };
  }
  if (message.sender.args !== undefined) yield { ...message, sender: { address: message.sender.address } };
}

/** With a field less, the same fields are often these. */
function withLowerPicks(filter: CaseFilter): CaseFilter {
  const changes = filter.changes.map((change) =>
    "pick" in change && change.pick > 0 ? { ...change, pick: change.pick - 1 } : change
  );
  return { ...filter, changes };
}

/** The list without one of its items. */
function* less<T>(list: readonly T[]): Iterable<T[]> {
  for (const i of list.keys()) yield list.filter((_, at) => at !== i);
}

function fewer(count: number): number[] {
  return [...new Set([0, Math.floor(count / 2), count - 1])].filter((other) => other < count);
}

/** The text without some of its lines, and then without its last characters. */
function* shorter(text: string): Iterable<string> {
  if (text === "") return;
  yield "";
  const lines = text.split(/(?<=\n)/);
  if (lines.length > 20) {
    const half = lines.length >> 1;
    yield lines.slice(half).join("");
    yield lines.slice(0, half).join("");
    return;
  }
  for (const left of less(lines)) yield left.join("");
}
