/**
 * Mistakes in a configuration file, with their places.
 *
 * @module
 */

/** A place in a file. */
export interface ConfigPlace {
  /** The path of the file, as it was given. */
  readonly file: string;
  /** The line, from 1. */
  readonly line: number;
  /** The column, from 1. */
  readonly column: number;
}

/** One mistake. */
export interface Problem {
  /** Where it is. */
  readonly place: ConfigPlace;
  /** What is wrong, and what would be right. */
  readonly reason: string;
}

/** Thrown for an invalid configuration, with all of its mistakes. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Always `invalid-config`. */
  readonly code = "invalid-config";
  /** The mistakes, in the order of the files. */
  readonly value: readonly Problem[];

  /** @param problems at least one */
  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join("\n"));
    this.value = problems;
  }
}

/** Returns one line, such as `milterkit.toml:3:1: there is no "lisen"; did you mean "listen"?`. */
export function describeProblem({ place, reason }: Problem): string {
  return `${place.file}:${place.line}:${place.column}: ${reason}`;
}

/** Returns a place, such as `conf.d/lists.toml:3`. */
function describePlace({ file, line }: ConfigPlace): string {
  return `${file}:${line}`;
}

/** The problem of a name that stands before in the files: `what` is such as `list`. */
export function nameTwice(what: string, name: string, place: ConfigPlace, before: ConfigPlace): Problem {
  return {
    place,
    reason: `the ${what} ${name} is already in ${describePlace(before)}; give one of them another name`,
  };
}

/** Lowers the first letter of a text, so that it can follow a colon. */
export function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
