/**
 * What can be known of an expression's matches from its parts, for shorter ways to find them.
 *
 * @module
 */

import type { Node } from "./syntax.ts";

/** The most characters and alternatives of an expression that the runtime's own engine may match. */
const MAX_PLAIN_SETS = 64;
const MAX_PLAIN_CHOICES = 8;

/**
 * Whether the runtime's own engine matches an expression in linear time: nothing is repeated, and only the whole has
 * alternatives. At each position it then looks at each of its characters once at most.
 */
export function isPlain(node: Node): boolean {
  const choices = node.type === "choice" ? node.nodes : [node];
  const sets = choices.map(plainSets).reduce((sum, count) => sum + count, 0);
  return choices.length <= MAX_PLAIN_CHOICES && sets <= MAX_PLAIN_SETS;
}

/** How many characters a part without repetitions and alternatives has; Infinity for another. */
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

/** Texts that are in every match, with their case; those that most texts lack come first, as far as length tells. */
export function requiredTexts(node: Node): string[] {
  const runs: string[] = [""];
  addRuns(node, runs);
  const distinct = [...new Set(runs)].filter((run) => run !== "").sort((a, b) => b.length - a.length);
  return distinct.filter((run, i) => !distinct.slice(0, i).some((longer) => longer.includes(run)));
}

/** Adds the texts that a part requires; the last one is still going on. */
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
