/**
 * Derives facts about an expression's matches from its parts, for faster searches.
 *
 * @module
 */

import type { Node } from "./syntax.ts";

/** The maximum number of characters and alternatives in an expression that the runtime's own engine may match. */
const MAX_PLAIN_SETS = 64;
const MAX_PLAIN_CHOICES = 8;

/**
 * Whether the runtime's own engine matches an expression in linear time: nothing is repeated, and only the top level
 * has alternatives. At each position it then compares each of the expression's characters at most once.
 */
export function isPlain(node: Node): boolean {
  const choices = node.type === "choice" ? node.nodes : [node];
  const sets = choices.map(plainSets).reduce((sum, count) => sum + count, 0);
  return choices.length <= MAX_PLAIN_CHOICES && sets <= MAX_PLAIN_SETS;
}

/** The number of characters of a part without repetitions and alternatives; Infinity for any other part. */
function plainSets(node: Node): number {
  switch (node.type) {
    case "set":
      return 1;
    case "assertion":
      return 0;
    case "group":
      return plainSets(node.node);
    case "sequence":
      return node.nodes.map(plainSets).reduce((sum, count) => sum + count, 0);
    default:
      return Infinity;
  }
}

/** Texts that every match contains, in their exact case; the longest first, as they are likely the rarest. */
export function requiredTexts(node: Node): string[] {
  const runs: string[] = [""];
  addRuns(node, runs);
  const distinct = [...new Set(runs)].filter((run) => run !== "").sort((a, b) => b.length - a.length);
  return distinct.filter((run, i) => !distinct.slice(0, i).some((longer) => longer.includes(run)));
}

/** Adds the texts that a part requires; the last one is still open. */
function addRuns(node: Node, runs: string[]): void {
  switch (node.type) {
    case "set":
      if (node.set.only === undefined) runs.push("");
      else runs.push(runs.pop()! + String.fromCodePoint(node.set.only));
      return;
    case "sequence":
      for (const each of node.nodes) addRuns(each, runs);
      return;
    case "group":
      return addRuns(node.node, runs);
    case "repeat":
      runs.push("");
      if (node.min > 0) addRuns(node.node, runs);
      runs.push("");
      return;
    case "choice":
      runs.push("");
      return;
    case "assertion":
  }
}
