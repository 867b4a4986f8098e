/**
 * Compares two lists of changes of a message.
 *
 * @module
 */

import type { ChangeText } from "./answer_text.ts";

/** A change that differs. */
export interface ChangeDifference {
  readonly about: "changes";
  /** The change in the trace, in words; null if there is none. */
  readonly recorded: string | null;
  /** The change in the replay, in words; null if there is none. */
  readonly now: string | null;
}

/** Longer lists are compared position by position: finding the longest common part takes quadratic time. */
const LONGEST = 2000;

/**
 * Finds what is not in both lists, in order. A change that differs only in its value is one difference, and so are
 * lists that differ only in their order.
 *
 * @param recorded the changes in the trace
 * @param now the changes in the replay
 */
export function changeDifferences(
  recorded: readonly ChangeText[],
  now: readonly ChangeText[],
): ChangeDifference[] {
  const { removed, added } = withoutCommon(recorded, now);
  if (removed.length > 0 && sameInAnyOrder(removed, added)) {
    return [{ about: "changes", recorded: inOrder(recorded), now: inOrder(now) }];
  }
  const differences: { about: "changes"; recorded: string | null; now: string | null }[] = [];
  const unpaired = [...added];
  for (const change of removed) {
    const i = unpaired.findIndex(({ kind }) => kind === change.kind);
    const partner = i < 0 ? undefined : unpaired.splice(i, 1)[0];
    differences.push({
      about: "changes",
      recorded: change.text,
      now: partner === undefined ? null : distinct(change, partner),
    });
  }
  for (const { text } of unpaired) differences.push({ about: "changes", recorded: null, now: text });
  return differences;
}

/** The text of the new change, with a note if it looks like the old one. */
function distinct(recorded: ChangeText, now: ChangeText): string {
  return recorded.text === now.text ? `${now.text} (differs in what is not shown)` : now.text;
}

function inOrder(changes: readonly ChangeText[]): string {
  return `in this order: ${changes.map(({ text }) => text).join(", ")}`;
}

function sameInAnyOrder(a: readonly ChangeText[], b: readonly ChangeText[]): boolean {
  const sorted = (changes: readonly ChangeText[]) => changes.map(({ identity }) => identity).sort();
  const [x, y] = [sorted(a), sorted(b)];
  return x.length === y.length && x.every((identity, i) => identity === y[i]);
}

interface Rest {
  readonly removed: readonly ChangeText[];
  readonly added: readonly ChangeText[];
}

/** Both lists without their longest common part. */
function withoutCommon(a: readonly ChangeText[], b: readonly ChangeText[]): Rest {
  if (a.length > LONGEST || b.length > LONGEST) {
    return {
      removed: a.filter(({ identity }, i) => identity !== b[i]?.identity),
      added: b.filter(({ identity }, i) => identity !== a[i]?.identity),
    };
  }
  const lengths = new Uint16Array(a.length * b.length);
  /** Length of the longest common part from these positions on. */
  const common = (i: number, j: number) => i < a.length && j < b.length ? lengths[i * b.length + j] ?? 0 : 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * b.length + j] = a[i]?.identity === b[j]?.identity
        ? common(i + 1, j + 1) + 1
        : Math.max(common(i + 1, j), common(i, j + 1));
    }
  }
  const removed: ChangeText[] = [];
  const added: ChangeText[] = [];
  let [i, j] = [0, 0];
  while (true) {
    const [first, second] = [a[i], b[j]];
    if (!first || !second) break;
    if (first.identity === second.identity) [i, j] = [i + 1, j + 1];
    else if (common(i + 1, j) >= common(i, j + 1)) {
      removed.push(first);
      i++;
    } else {
      added.push(second);
      j++;
    }
  }
  return { removed: [...removed, ...a.slice(i)], added: [...added, ...b.slice(j)] };
}
