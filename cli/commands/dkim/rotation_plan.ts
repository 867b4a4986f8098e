/**
 * Decides what `milterkit dkim rotate` does next, from the keys of a domain alone: nothing else remembers how far a rotation
 * is, so it can be interrupted anywhere and run again.
 *
 * @module
 */

import { KEY_TYPES, type KeyState, type KeyType, selectorInSet, setByDate, setOf } from "./key_names.ts";

/** A key of a domain as its folder has it. */
export interface RotatedKey {
  readonly selector: string;
  readonly type: KeyType;
  readonly state: KeyState;
  /** When its state changed last, in milliseconds since 1970: the file's modification time. */
  readonly changed: number;
}

/** When keys are due. */
export interface RotationSettings {
  /** The age in milliseconds from which keys are replaced; undefined for now. */
  readonly every: number | undefined;
  /** How long the record of an old key must stay, in milliseconds. */
  readonly keep: number;
}

/** A key to make. */
export interface KeyToMake<K extends RotatedKey> {
  readonly selector: string;
  readonly type: KeyType;
  /** The key that it will replace, whose size, owner and mode it gets. */
  readonly replaces: K;
}

/** What to do. */
export type RotationStep<K extends RotatedKey> =
  /** There is no key that signs, so there is nothing to rotate. */
  | { readonly name: "no-key" }
  /** Two keys of one kind sign: only a person knows which is meant. */
  | { readonly name: "ambiguous"; readonly keys: readonly K[] }
  /** All selectors of this date are in use. */
  | { readonly name: "no-selector" }
  /** Make these keys, which wait for the DNS then. */
  | { readonly name: "make"; readonly keys: readonly KeyToMake<K>[] }
  /** Ask the DNS for these keys, and sign with them once it has all. */
  | { readonly name: "switch"; readonly keys: readonly K[] }
  /** Nothing is due before this time, in milliseconds since 1970. */
  | { readonly name: "wait"; readonly until: number; readonly why: "keys-are-young" | "old-keys-are-young" };

/** What `rotate` does. */
export interface RotationPlan<K extends RotatedKey> {
  /** Keys that an interrupted run has replaced, but whose first name is still there: it goes. */
  readonly leftovers: readonly K[];
  /** What to do then. */
  readonly step: RotationStep<K>;
  /** Old keys whose record and file can go. */
  readonly removable: readonly K[];
  /** Old keys whose record must stay. */
  readonly kept: readonly K[];
}

/**
 * Plans.
 *
 * @param keys all keys of the domain
 * @param now milliseconds since 1970
 * @param settings when keys are due
 */
export function planRotation<K extends RotatedKey>(
  keys: readonly K[],
  now: number,
  settings: RotationSettings,
): RotationPlan<K> {
  const of = (state: KeyState) => keys.filter((key) => key.state === state);
  const named = of("current");
  const leftovers = named.filter((key) =>
    isRetired(key, keys) &&
    named.some((other) => other.type === key.type && other !== key && !isRetired(other, keys))
  );
  const current = named.filter((key) => !leftovers.includes(key));
  // A key that is about to be replaced has both names for a moment; it still signs.
  const old = of("old").filter(({ selector }) => !current.some((key) => key.selector === selector));
  const isRemovable = ({ changed }: RotatedKey) => changed + settings.keep <= now;
  return {
    leftovers,
    step: stepOf(current, of("next"), old, keys, now, settings),
    removable: old.filter(isRemovable),
    kept: old.filter((key) => !isRemovable(key)),
  };
}

function stepOf<K extends RotatedKey>(
  current: readonly K[],
  next: readonly K[],
  old: readonly K[],
  keys: readonly K[],
  now: number,
  { every, keep }: RotationSettings,
): RotationStep<K> {
  for (const group of [current, next]) {
    for (const type of KEY_TYPES) {
      const same = group.filter((key) => key.type === type);
      if (same.length > 1) return { name: "ambiguous", keys: same };
    }
  }
  if (current.length === 0 && next.length === 0) return { name: "no-key" };
  const [waiting] = next;
  if (waiting !== undefined) {
    const set = setOf(waiting.selector, waiting.type);
    const missing = unmade(set, current, next);
    return missing.length > 0 ? make(set, missing) : { name: "switch", keys: next };
  }
  const due = every === undefined
    ? Math.max(0, ...old.map(({ changed }) => changed + keep))
    : Math.max(...current.map(({ changed }) => changed + every));
  if (due > now) {
    const why = every === undefined ? "old-keys-are-young" : "keys-are-young";
    return { name: "wait", until: due, why };
  }
  const set = setByDate(now, new Set(keys.map(({ selector }) => selector)));
  return set === undefined ? { name: "no-selector" } : make(set, current);
}

/** The keys whose successors an interrupted run has not made. */
function unmade<K extends RotatedKey>(
  set: string,
  current: readonly K[],
  next: readonly K[],
): readonly K[] {
  // A key of a kind that the domain did not have replaces none, so the others stay.
  if (next.some(({ type }) => current.every((key) => key.type !== type))) return [];
  return current.filter(({ selector, type }) =>
    // Its successor signs already, or waits.
    setOf(selector, type) !== set && next.every((key) => key.type !== type)
  );
}

function make<K extends RotatedKey>(set: string, replaced: readonly K[]): RotationStep<K> {
  const keys = KEY_TYPES.flatMap((type) => {
    const replaces = replaced.find((key) => key.type === type);
    return replaces === undefined ? [] : [{ selector: selectorInSet(set, type), type, replaces }];
  });
  return { name: "make", keys };
}

/** Whether a key that is named as one that signs is there as an old one, too. */
function isRetired({ selector }: RotatedKey, keys: readonly RotatedKey[]): boolean {
  return keys.some((key) => key.state === "old" && key.selector === selector);
}
