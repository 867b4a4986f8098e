/**
 * What an expression consists of, once it is parsed.
 *
 * @module
 */

import type { CharSet } from "./char_set.ts";

/** A condition on a position of the text: `^`, `$` (with the flag m those of lines), `\b` and `\B`. */
export type Assertion = "text-start" | "line-start" | "text-end" | "line-end" | "boundary" | "no-boundary";

/** A part of an expression. `empty` says whether it can match the empty text. */
export type Node =
  /** One character of a set. */
  | { readonly type: "set"; readonly set: CharSet; readonly empty: false }
  | { readonly type: "assertion"; readonly assertion: Assertion; readonly empty: true }
  /** Parts in sequence; without parts, the empty text. */
  | { readonly type: "sequence"; readonly nodes: readonly Node[]; readonly empty: boolean }
  /** The first part that lets the whole expression match. */
  | { readonly type: "choice"; readonly nodes: readonly Node[]; readonly empty: boolean }
  /** A capturing group; the first has index 1. */
  | { readonly type: "group"; readonly index: number; readonly node: Node; readonly empty: boolean }
  | Repeat;

/** A part that is repeated. */
export interface Repeat {
  readonly type: "repeat";
  /** The part. */
  readonly node: Node;
  /** The minimum number of repetitions. */
  readonly min: number;
  /** The maximum number of repetitions; Infinity for no limit. */
  readonly max: number;
  /** Whether it is lazy: few repetitions are tried before many. */
  readonly lazy: boolean;
  /** The first group in the part; each repetition resets it. */
  readonly firstGroup: number;
  /** The last group in the part; less than the first if it has none. */
  readonly lastGroup: number;
  readonly empty: boolean;
}

/** A parsed expression. */
export interface Syntax {
  /** The whole expression. */
  readonly node: Node;
  /** The names of the groups by index; undefined for a group without a name, and for 0, the whole match. */
  readonly groupNames: readonly (string | undefined)[];
}

/** Makes a sequence, or its only part. */
export function sequenceOf(nodes: readonly Node[]): Node {
  if (nodes.length === 1) return nodes[0]!;
  return { type: "sequence", nodes, empty: nodes.every(({ empty }) => empty) };
}

/** Makes a choice, or its only part. */
export function choiceOf(nodes: readonly Node[]): Node {
  if (nodes.length === 1) return nodes[0]!;
  return { type: "choice", nodes, empty: nodes.some(({ empty }) => empty) };
}
