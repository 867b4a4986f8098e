/**
 * What is wrong with a configuration file, and where.
 *
 * @module
 */

/** A place in a file. */
export interface ConfigPlace {
  /** The file, as it was named. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** One thing that is wrong. */
export interface Problem {
  /** Where. */
  readonly place: ConfigPlace;
  /** What, and what would be right. */
  readonly reason: string;
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Always `invalid-config`. */
  readonly code = "invalid-config";
  /** All that is wrong, in the order of the files. */
  readonly value: readonly Problem[];

  /** @param problems one at least */
  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join("\n"));
    this.value = problems;
  }
}

/** One line: `milterkit.toml:3:1: there is no "lisen"; did you mean "listen"?`. */
export function describeProblem({ place, reason }: Problem): string {
  return `${place.file}:${place.line}:${place.column}: ${reason}`;
}
