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
  if (a.length > LONGEST || b.length > LONGEST) {
    return {
      removed: a.filter(({ identity }, i) => identity !== b[i]?.identity),
      added: b.filter(({ identity }, i) => identity !== a[i]?.identity),
    };
  }
  const lengths = new Uint16Array(a.length * b.length);
  /** How long the longest common part is of what stands from these places on. */
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
