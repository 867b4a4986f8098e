/**
 * Two lists of changes of a message, against each other.
 *
 * @module
 */

import type { ChangeText } from "./answer_text.ts";

/** A change that is not as it was; null where there is none. */
export interface ChangeDifference {
  readonly about: "changes";
  readonly recorded: string | null;
  readonly now: string | null;
}

/** Lists longer than this are compared place by place: to find the longest common part takes the square of it. */
const LONGEST = 2000;

/**
 * What is not in both lists, in order. A change that only differs in its value is one difference, and lists that differ
 * in nothing but their order are one.
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

/** The text of a change whose difference may lie in what is not shown. */
function distinct(recorded: ChangeText, now: ChangeText): string {
  return recorded.text === now.text ? `${now.text} (different in what is not shown)` : now.text;
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

/** What is left of both lists without their longest common part. */
function withoutCommon(a: readonly ChangeText[], b: readonly ChangeText[]): Rest {
  const same = (i: number, j: number) => a[i].identity === b[j].identity;
  if (a.length > LONGEST || b.length > LONGEST) {
    return {
      removed: a.filter((_, i) => i >= b.length || !same(i, i)),
      added: b.filter((_, i) => i >= a.length || !same(i, i)),
    };
  }
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i][j] = same(i, j) ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const removed: ChangeText[] = [];
  const added: ChangeText[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (same(i, j)) [i, j] = [i + 1, j + 1];
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) removed.push(a[i++]);
    else added.push(b[j++]);
  }
  return { removed: [...removed, ...a.slice(i)], added: [...added, ...b.slice(j)] };
}
