/**
 * Makes conditions from options.
 *
 * @module
 */

import {
  allOf,
  anyOf,
  clientIsIn,
  clientNameIs,
  fromIs,
  headerIs,
  headerLineIs,
  heloIs,
  listenerIs,
  macroIs,
  noneOf,
  recipientIs,
  resultIs,
  type ScopeCondition,
  senderIs,
  sizeIs,
  written,
} from "../../lib/filter/condition.ts";
import type { Expression } from "../../lib/expressions/expression.ts";
import { refuseBrackets } from "../../lib/options/expression_option.ts";
import { nearest } from "../../lib/options/nearest.ts";
import {
  type AddressPattern,
  type DomainPattern,
  OptionError,
  type OptionValues,
  parseOption,
} from "../../lib/options/options.ts";
import { resultConditions } from "./result_conditions.ts";

/** Named conditions. */
export type NamedConditions = ReadonlyMap<string, ScopeCondition>;

/**
 * Makes the condition that the options of `condition_specs.ts` describe.
 *
 * @param options the options given to a filter
 * @param named the conditions that they can name
 * @returns undefined if none of them is given
 * @throws {OptionError} for one that is invalid, or for two that conflict
 */
export function conditionOfOptions(
  options: OptionValues,
  named: NamedConditions,
): ScopeCondition | undefined {
  refuseOpposites(options);
  const parts: ScopeCondition[] = [
    ...either("from", options, (name) => options.all("domain-pattern", name), fromIs),
    ...either(
      "subject",
      options,
      (name) => options.all("regexp", name),
      (tests) => headerIs("Subject", (text) => tests.some((each) => each.test(text))),
    ),
    ...eachOf("header", options, headerCondition),
    ...either(
      "header-line",
      options,
      (name) => options.all("regexp", name),
      (tests) => headerLineIs((line) => tests.some((each) => each.test(line))),
    ),
    ...either(
      "sender-address",
      options,
      (name) => addressExpressions(name, options),
      (tests) => senderIs(tests.map(asPattern)),
    ),
    ...either(
      "recipient-address",
      options,
      (name) => addressExpressions(name, options),
      (tests) => recipientIs(tests.map(asPattern)),
    ),
    ...eachOf("client-name", options, (text, option) => clientNameCondition(text, option, options)),
    ...eachOf("helo", options, heloCondition),
    ...eachOf("login", options, loginCondition),
    ...eachOf("macro", options, macroCondition),
    ...flagged("tls", options, macroIs("tls_version")),
  ];
  const [larger, smaller] = [options.get("size", "only-larger"), options.get("size", "only-smaller")];
  if (larger !== undefined && smaller !== undefined && larger >= smaller) {
    throw new OptionError(
      "only-smaller",
      options.text("only-smaller"),
      `with --only-larger ${options.text("only-larger")} it leaves nothing`,
    );
  }
  const sized = (name: string, isWanted: (bytes: number) => boolean) =>
    parts.push(written(`${name} ${options.text(name)}`, sizeIs(isWanted)));
  if (larger !== undefined) sized("only-larger", (bytes) => bytes > larger);
  if (smaller !== undefined) sized("only-smaller", (bytes) => bytes < smaller);
  for (const name of options.all("string", "if")) {
    parts.push(written(`if ${name}`, namedCondition("if", name, named)));
  }
  for (const name of options.all("string", "unless")) {
    parts.push(written(`unless ${name}`, noneOf(namedCondition("unless", name, named))));
  }
  return parts.length === 0 ? undefined : allOf(parts);
}

/**
 * Makes the condition that all options describe, those of `scope_options.ts` too.
 *
 * @param options the options of a named condition
 * @param named the conditions that they can name
 * @throws {OptionError} as {@linkcode conditionOfOptions}
 */
export function wholeCondition(options: OptionValues, named: NamedConditions): ScopeCondition {
  const more = conditionOfOptions(options, named);
  const results = either("result", options, (name) => resultConditions(name, options), resultIs);
  return allOf([
    ...either("client", options, (name) => options.all("network", name), clientIsIn),
    ...either("listener", options, (name) => options.all("listen-address", name), listenerIs),
    ...either("sender", options, (name) => options.all("sender", name), senderIs),
    ...either("recipient", options, (name) => options.all("recipient", name), recipientIs),
    ...flagged("authenticated", options, macroIs("auth_authen")),
    ...(results.length > 0 ? [together(results)] : []),
    ...(more ? [more] : []),
  ]);
}

/** True if all are true; asked once all of them can be decided, and not each as early as possible. */
function together(conditions: readonly ScopeCondition[]): ScopeCondition {
  return anyOf([allOf(conditions)]);
}

function namedCondition(option: string, name: string, named: NamedConditions): ScopeCondition {
  const condition = named.get(name);
  if (condition) return condition;
  const hint = named.size === 0
    ? `define it as [conditions.${name}] in a configuration file`
    : `did you mean ${nearest(name, [...named.keys()])}?`;
  throw new OptionError(option, name, `there is no condition ${name}; ${hint}`);
}

/** The maximum number of values of an option that the text of its condition names. */
const MOST_VALUES = 5;

/** What an option asks, as its author wrote it. */
function textOf(option: string, { given }: OptionValues): string {
  const texts = given.filter(({ name }) => name === option).map(({ text }) => text);
  const more = texts.length - MOST_VALUES;
  return `${option} ${texts.slice(0, MOST_VALUES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The conditions of `only-NAME` and `not-NAME`, of whose values one must match, and none of them. */
function either<T>(
  name: string,
  options: OptionValues,
  valuesOf: (option: string) => readonly T[],
  make: (items: readonly T[]) => ScopeCondition,
): readonly ScopeCondition[] {
  const [only, not] = [`only-${name}`, `not-${name}`];
  const [wanted, unwanted] = [valuesOf(only), valuesOf(not)];
  return [
    ...(wanted.length > 0 ? [written(textOf(only, options), make(wanted))] : []),
    ...(unwanted.length > 0 ? [written(textOf(not, options), noneOf(make(unwanted)))] : []),
  ];
}

function flagged(name: string, options: OptionValues, condition: ScopeCondition): readonly ScopeCondition[] {
  const [only, not] = [`only-${name}`, `not-${name}`];
  if (options.get("flag", only)) return [written(only, condition)];
  return options.get("flag", not) ? [written(not, noneOf(condition))] : [];
}

/** The same where each value is a condition of its own. */
function eachOf(
  name: string,
  options: OptionValues,
  make: (text: string, option: string) => ScopeCondition,
): readonly ScopeCondition[] {
  const [only, not] = [`only-${name}`, `not-${name}`];
  const wanted = options.all("string", only).map((text) => written(`${only} ${text}`, make(text, only)));
  const unwanted = options.all("string", not).map((text) =>
    written(`${not} ${text}`, noneOf(make(text, not)))
  );
  return [...(wanted.length > 0 ? [anyOf(wanted)] : []), ...unwanted];
}

function headerCondition(text: string, option: string): ScopeCondition {
  const [, name = "", rest = ""] = /^([^\s/]*)\s*(.*)$/s.exec(text) ?? [];
  if (name.endsWith(":")) throw new OptionError(option, text, `write ${name.slice(0, -1)} without the colon`);
  parseOption({ name: option, kind: "header-name", description: "" }, name);
  if (rest === "") return headerIs(name);
  return headerIs(name, matcher(option, text, rest));
}

/** The expressions of an option that is for addresses. */
function addressExpressions(option: string, options: OptionValues): readonly Expression[] {
  for (const { name, value, text } of options.given) {
    if (name !== option) continue;
    refuseBrackets(value as Expression, (reason) => {
      throw new OptionError(name, text, reason);
    });
  }
  return options.all("regexp", option);
}

function asPattern(expression: Expression): AddressPattern {
  return { text: `/${expression.source}/`, has: (address) => expression.test(address) };
}

function clientNameCondition(text: string, option: string, { lists }: OptionValues): ScopeCondition {
  if (text.startsWith("/")) return clientNameIs(matcher(option, text, text));
  const wanted = parseOption({ name: option, kind: "domain-pattern", description: "" }, text, lists);
  return clientNameIs((name) => (wanted as DomainPattern).has(name.toLowerCase().replace(/\.$/, "")));
}

function heloCondition(text: string, option: string): ScopeCondition {
  return heloIs(
    text.startsWith("/") ? matcher(option, text, text) : (name) => name.toLowerCase() === text.toLowerCase(),
  );
}

function loginCondition(text: string, option: string): ScopeCondition {
  if (text.startsWith("@")) {
    throw new OptionError(
      option,
      text,
      "logins are not in lists: write them here, or an expression, such as /^news@/",
    );
  }
  return macroIs(
    "auth_authen",
    text.startsWith("/") ? matcher(option, text, text) : (login) => login === text,
  );
}

function macroCondition(text: string, option: string): ScopeCondition {
  const [, name, value] = /^\{?([\w.]+)\}?(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new OptionError(option, text, "want a macro and its value, such as tls_version=TLSv1.3");
  }
  if (value === undefined) return macroIs(name);
  return macroIs(name, value.startsWith("/") ? matcher(option, text, value) : (given) => given === value);
}

function matcher(option: string, whole: string, text: string): (text: string) => boolean {
  try {
    const expression = parseOption({ name: option, kind: "regexp", description: "" }, text) as {
      test(text: string): boolean;
    };
    return (given) => expression.test(given);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new OptionError(option, whole, error.message.replace(/^Invalid --[\w-]+ ".*": /s, ""));
  }
}

/** Refuses options of which one excludes what the other asks for. */
function refuseOpposites({ given }: OptionValues): void {
  for (const { name, text } of given) {
    const [, what] =
      /^only-(from|subject|header|header-line|sender-address|recipient-address|client-name|helo|login|macro|tls|authenticated)$/
        .exec(name) ??
        [];
    if (what === undefined || !given.some((other) => other.name === `not-${what}` && other.text === text)) {
      continue;
    }
    const value = text === "" ? "" : ` ${text}`;
    throw new OptionError(
      `not-${what}`,
      text === "" ? "true" : text,
      `with --only-${what}${value} it leaves nothing`,
    );
  }
}
