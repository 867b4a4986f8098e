/**
 * Checks that each exported name has one meaning, so that a search for a name finds one thing.
 *
 * @module
 */

import type { SourceFile } from "./source.ts";

/** A line for each name that several files export. */
export function nameProblems(files: readonly SourceFile[]): string[] {
  const exporters = new Map<string, string[]>();
  for (const { path, exports } of files) {
    for (const name of new Set(exports)) exporters.set(name, [...exporters.get(name) ?? [], path]);
  }
  return [...exporters].filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name} has several meanings: ${paths.join(", ")}`);
}
