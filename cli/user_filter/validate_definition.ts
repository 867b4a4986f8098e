/**
 * Validates a filter definition from a user's file, including its options.
 *
 * @module
 */

import { SERVE_OPTIONS } from "../options/serve_options.ts";
import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { nearest } from "../../lib/options/nearest.ts";
import { OptionError, type OptionKind, type OptionSpec, parseOption } from "../../lib/options/options.ts";

/** A definition that cannot be used. */
export class InvalidDefinitionError extends Error {
  override readonly name = "InvalidDefinitionError";
  /** Always `invalid-definition`. */
  readonly code = "invalid-definition";
  /** The offending value. */
  readonly value: unknown;

  /**
   * @param value the offending value
   * @param reason what is wrong with it
   */
  constructor(value: unknown, reason: string) {
    super(reason);
    this.value = value;
  }
}

// Keys of records, so that the compiler reports a missing one.
const KEYS = Object.keys(
  {
    name: true,
    summary: true,
    description: true,
    examples: true,
    options: true,
    wantsOriginal: true,
    create: true,
  } satisfies Record<keyof FilterDefinition, true>,
);
const OPTION_KEYS = Object.keys(
  {
    name: true,
    kind: true,
    description: true,
    metavar: true,
    choices: true,
    repeatable: true,
    default: true,
    example: true,
    min: true,
    max: true,
    unitBelow: true,
    within: true,
  } satisfies Record<keyof OptionSpec, true>,
);
const KINDS = Object.keys(
  {
    string: true,
    integer: true,
    size: true,
    duration: true,
    enum: true,
    regexp: true,
    network: true,
    sender: true,
    recipient: true,
    domain: true,
    "header-name": true,
    "listen-address": true,
    "connect-address": true,
    file: true,
    flag: true,
  } satisfies Record<OptionKind, true>,
);
/** Names of options that the command line itself uses. */
const TAKEN = ["filter", "help"];

/**
 * Checks that a definition can be used.
 *
 * @param given the default export of a file
 * @throws {InvalidDefinitionError} if it cannot; for a misspelt word, the message suggests the right one
 */
export function validateDefinition(given: object): asserts given is FilterDefinition {
  const definition = given as Record<string, unknown>;
  const who = typeof definition.name === "string" ? `definition "${definition.name}"` : "the definition";
  const fail = (value: unknown, reason: string): never => {
    throw new InvalidDefinitionError(value, `${who}: ${reason}`);
  };
  knownKeys(given, KEYS, fail);
  for (const key of ["name", "summary"]) requireText(definition[key], key, fail);
  if (definition.description !== undefined) requireText(definition.description, "description", fail);
  if (typeof definition.create !== "function") {
    fail(definition.create, `create must be a function, got ${kindOf(definition.create)}`);
  }
  if (!Array.isArray(definition.options)) {
    return fail(definition.options, `options must be a list, got ${kindOf(definition.options)}`);
  }
  const { examples } = definition;
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every(isText);
  if (examples !== undefined && !(Array.isArray(examples) && examples.every(isPair))) {
    fail(examples, "examples must be a list of pairs: what the command line does, and the command line");
  }
  const names = new Set<string>();
  definition.options.forEach((option: unknown, i) => {
    validateOption(option, i + 1, fail);
    if (names.has(option.name)) fail(option.name, `there are two options "${option.name}"`);
    names.add(option.name);
  });
}

type Fail = (value: unknown, reason: string) => never;

function validateOption(given: unknown, place: number, failAt: Fail): asserts given is OptionSpec {
  if (typeof given !== "object" || given === null) {
    return failAt(given, `option ${place} must be an object, got ${kindOf(given)}`);
  }
  const option = given as Record<string, unknown>;
  const who = isText(option.name) ? `option "${option.name}"` : `option ${place}`;
  const fail: Fail = (value, reason) => failAt(value, `${who}: ${reason}`);
  knownKeys(option, OPTION_KEYS, fail);
  if (!isText(option.name) || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(option.name)) {
    fail(option.name, "its name must be lower-case words joined by hyphens, without the --");
  }
  if (TAKEN.includes(option.name as string)) fail(option.name, "that name is taken; choose another");
  requireText(option.description, "description", fail);
  if (!KINDS.includes(option.kind as string)) {
    fail(
      option.kind,
      `there is no kind "${option.kind}"; did you mean "${nearest(String(option.kind), KINDS)}"?`,
    );
  }
  const { choices } = option;
  if (option.kind === "enum" && !(Array.isArray(choices) && choices.length > 0 && choices.every(isText))) {
    fail(choices, "kind enum needs choices: a list of words");
  }
  if (choices !== undefined && option.kind !== "enum") {
    fail(choices, `choices are for kind enum, not for ${option.kind}`);
  }
  validateBounds(option, fail);
  if (option.default === undefined) return;
  if (option.kind === "flag") {
    fail(option.default, "a flag has no default: it is off unless given");
  }
  if (typeof option.default !== "string") {
    fail(option.default, `its default must be text, as on the command line, got ${kindOf(option.default)}`);
  }
  // No option accepts an empty text, so no command line could ask for what such a default means.
  if (option.default === "") {
    fail(
      option.default,
      "its default is empty; leave it out, and get() returns undefined if the option is not given",
    );
  }
  try {
    parseOption(given as OptionSpec, option.default as string);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    fail(option.default, `its default: ${error.message}`);
  }
}

function validateBounds(option: Record<string, unknown>, fail: Fail): void {
  const numeric = ["integer", "size", "duration"].includes(option.kind as string);
  for (const key of ["min", "max", "unitBelow"]) {
    const value = option[key];
    if (value === undefined) continue;
    if (key === "unitBelow" && option.kind !== "size") {
      fail(value, `unitBelow is for kind size, not for ${option.kind}`);
    }
    if (!numeric) fail(value, `${key} is for the kinds integer, size and duration, not for ${option.kind}`);
    if (typeof value !== "number" || !(value >= 0)) {
      fail(value, `${key} must be a number, 0 or above, got ${isText(value) ? `"${value}"` : kindOf(value)}`);
    }
  }
  const { min, max, within } = option;
  if (typeof min === "number" && typeof max === "number" && min > max) {
    fail(min, `min ${min} is above max ${max}`);
  }
  if (within === undefined) return;
  const bounds = SERVE_OPTIONS.filter(({ kind }) => kind === option.kind).map(({ name }) => name);
  if (!numeric) fail(within, `within is for the kinds integer, size and duration, not for ${option.kind}`);
  if (!bounds.includes(within as string)) {
    const meant = nearest(String(within), bounds);
    fail(
      within,
      `within names no option of serve of kind ${option.kind}: "${within}"; did you mean "${meant}"?`,
    );
  }
}

function knownKeys(given: object, known: readonly string[], fail: Fail): void {
  if (Object.getPrototypeOf(given) !== Object.prototype) return;
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) fail(key, `there is no "${key}"; did you mean "${nearest(key, known)}"?`);
  }
}

function requireText(value: unknown, key: string, fail: Fail): void {
  if (!isText(value)) fail(value, `it needs a ${key}, a text that is not empty`);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}
