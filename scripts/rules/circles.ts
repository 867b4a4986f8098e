/**
 * Finds import cycles, types included: no file in a cycle can be understood without the others.
 *
 * @module
 */

import { type SourceFile, targetOf } from "./source.ts";

/** A line for each circle, with a shortest way around it. */
export function circleProblems(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map(({ path, imports }) => [
    path,
    imports.filter((name) => name.startsWith(".")).map((name) => targetOf(path, name)),
  ]));
  const seen = new Set<string>();
  const problems: string[] = [];
  for (const file of imports.keys()) {
    if (seen.has(file)) continue;
    const circle = wayBack(file, imports);
    if (!circle) continue;
    for (const member of circle) seen.add(member);
    problems.push(`imports go in a circle: ${[...circle, file].join(" -> ")}`);
  }
  return problems;
}

/** The shortest way from a file to itself; undefined where there is none. */
function wayBack(file: string, imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const ways: string[][] = [[file]];
  const reached = new Set<string>();
  for (let way = ways.shift(); way; way = ways.shift()) {
    for (const next of imports.get(way.at(-1)!) ?? []) {
      if (next === file) return way;
      if (reached.has(next)) continue;
      reached.add(next);
      ways.push([...way, next]);
    }
  }
}
