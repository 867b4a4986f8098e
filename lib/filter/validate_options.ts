/**
 * Checks the options that a filter declares.
 *
 * @module
 */

import { nearest } from "../options/nearest.ts";
import { OptionError, type OptionKind, type OptionSpec, parseOption } from "../options/options.ts";

// Keys of records, so that the compiler reports a missing one.
const OPTION_KEYS = Object.keys(
  {
    kind: true,
    description: true,
    metavar: true,
    choices: true,
    repeatable: true,
    required: true,
    default: true,
    example: true,
    min: true,
    max: true,
    unitBelow: true,
    within: true,
    beginsGroup: true,
    inGroup: true,
    colonsBeforeFile: true,
  } satisfies Record<Exclude<keyof OptionSpec, "name">, true>,
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
    "domain-pattern": true,
    "header-name": true,
    "listen-address": true,
    "connect-address": true,
    file: true,
    flag: true,
  } satisfies Record<OptionKind, true>,
);

type Fail = (value: unknown, reason: string) => never;

/**
 * Checks the options of a filter.
 *
 * @param options the value of `options`
 * @param fail called with the offending value and what is wrong with it; must throw
 */
export function validateOptions(options: unknown, fail: Fail): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return fail(options, `options must be an object of options by name, got ${kindOf(options)}`);
  }
  for (const [name, option] of Object.entries(options)) {
    validateOption(name, option, (value, reason) => fail(value, `option "${name}": ${reason}`));
  }
  validateGroups(Object.entries(options as Record<string, Record<string, unknown>>), fail);
}

/** At most one option begins groups; options in groups need it. */
function validateGroups(
  options: readonly [name: string, option: Record<string, unknown>][],
  fail: Fail,
): void {
  const beginning = options.filter(([, { beginsGroup }]) => beginsGroup);
  const [first, second] = beginning;
  if (second) fail(second[0], `option "${second[0]}": "${first![0]}" begins groups already`);
  for (const [name, { kind, repeatable, beginsGroup, inGroup, required }] of options) {
    const wrong = (value: unknown, reason: string) => fail(value, `option "${name}": ${reason}`);
    if (beginsGroup && (kind !== "string" || !repeatable || inGroup !== undefined)) {
      wrong(beginsGroup, "what begins groups must be of kind string, repeatable, and itself in no group");
    }
    if (inGroup === undefined) continue;
    if (inGroup !== "only" && inGroup !== "also") wrong(inGroup, `inGroup must be "only" or "also"`);
    if (!first) wrong(inGroup, "it is for groups, and no option begins one: see beginsGroup");
    if (required) wrong(required, "an option of groups cannot be required; let create check it");
  }
}

function validateOption(name: string, given: unknown, fail: Fail): void {
  if (typeof given !== "object" || given === null) {
    return fail(given, `it must be an object, got ${kindOf(given)}`);
  }
  const option = given as Record<string, unknown>;
  for (const key of Object.keys(option)) {
    if (OPTION_KEYS.includes(key)) continue;
    fail(key, `there is no "${key}"; did you mean "${nearest(key, OPTION_KEYS)}"?`);
  }
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    fail(name, "its name must be lower-case words joined by hyphens, without the --");
  }
  if (!isText(option.description)) {
    fail(option.description, "it needs a description, a text that is not empty");
  }
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
  validateDefault(name, option, fail);
}

function validateDefault(name: string, option: Record<string, unknown>, fail: Fail): void {
  if (option.required && option.kind === "flag") {
    fail(option.required, "a flag cannot be required: it would always be on");
  }
  if (option.default === undefined) return;
  if (option.kind === "flag") {
    fail(option.default, "a flag has no default: it is off unless given");
  }
  if (option.repeatable || option.required) {
    fail(
      option.default,
      `its default can never take effect, since it is ${option.repeatable ? "a list" : "required"}`,
    );
  }
  if (typeof option.default !== "string") {
    fail(option.default, `its default must be text, as on the command line, got ${kindOf(option.default)}`);
  }
  // No option accepts an empty text, so such a default could not be requested on a command line.
  if (option.default === "") {
    fail(option.default, "its default is empty; leave it out, and the value is undefined if it is not given");
  }
  try {
    parseOption({ ...option, name } as OptionSpec, option.default as string);
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
  if (within !== undefined && !numeric) {
    fail(within, `within is for the kinds integer, size and duration, not for ${option.kind}`);
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}
