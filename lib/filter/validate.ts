/**
 * Checks filters before the server listens.
 *
 * @module
 */

import { MacroStage } from "../protocol/constants.ts";
import { EVENT_NAMES } from "../protocol/events.ts";
import type { Filter } from "./filter.ts";
import { CHANGES, CHANGES_OF_FIELDS, CONTENT_KINDS, type FilterTerms } from "./filter_terms.ts";
import { CALLBACKS, MADE, SETTINGS } from "./filter_keys.ts";
import { correctionOf } from "../options/nearest.ts";
import { meantBy, synonymOf } from "./synonyms.ts";
import { QUESTIONS } from "./scope.ts";
import { validateHelp } from "./validate_help.ts";
import { validateOptions } from "./validate_options.ts";

/** A value that is not a valid filter. */
export class InvalidFilterError extends Error {
  override readonly name = "InvalidFilterError";
  /** Always `invalid-filter`. */
  readonly code = "invalid-filter";
  /** The filter's name, or its place in the chain. */
  readonly filter: string;
  /** The offending value. */
  readonly value: unknown;
  /** What is wrong with it. */
  readonly reason: string;

  /**
   * @param filter the filter's name, or its place in the chain
   * @param value the offending value
   * @param reason what is wrong with it
   */
  constructor(filter: string, value: unknown, reason: string) {
    super(`Invalid filter ${filter}: ${reason}`);
    this.filter = filter;
    this.value = value;
    this.reason = reason;
  }
}

/** The properties of a scope that are lists. */
const SCOPE_LISTS: readonly string[] = ["methods", "macros", "endAsks"];
/** The properties of a scope. */
const SCOPE: readonly string[] = [...QUESTIONS, ...SCOPE_LISTS, "reason"];
const ON_ERROR = ["tempfail", "reject", "accept"];
/** The longest `timeout` of a filter, in milliseconds. */
const MAX_TIMEOUT = 600_000;

/**
 * Checks everything about a filter that can be checked before the first connection.
 *
 * @param filter the value that should be a filter
 * @param place its place in the chain, from 1, for error messages about a filter without a name
 * @param mayBeDefinition whether it may have a `create` that makes its callbacks
 * @throws {InvalidFilterError} naming the filter and what is wrong with it
 */
export function validateFilter(
  filter: unknown,
  place: number,
  mayBeDefinition: boolean = false,
): asserts filter is Filter {
  if (typeof filter !== "object" || filter === null) {
    throw new InvalidFilterError(
      `number ${place}`,
      filter,
      `want an object, got ${filter === null ? "null" : typeof filter}`,
    );
  }
  const given = filter as Record<string, unknown>;
  if (typeof given.name !== "string" || given.name === "") {
    throw new InvalidFilterError(`number ${place}`, given.name, "it needs a name, a text that is not empty");
  }
  const fail = (value: unknown, reason: string): never => {
    throw new InvalidFilterError(`"${given.name}"`, value, reason);
  };
  for (const callback of CALLBACKS) {
    const value = given[callback];
    if (value !== undefined && typeof value !== "function") {
      fail(value, `${callback} must be a function, got ${typeof value}`);
    }
  }
  const prototype: unknown = Object.getPrototypeOf(filter);
  if (prototype === Object.prototype || prototype === null) {
    for (const key of Object.keys(given)) {
      if (CALLBACKS.includes(key) || SETTINGS.includes(key)) continue;
      if (typeof given[key] === "function") {
        fail(key, `there is no callback "${key}"; did you mean "${meantBy(key, CALLBACKS)}"?`);
      }
      const meant = synonymOf(key, SETTINGS) ?? correctionOf(key, SETTINGS);
      if (meant !== undefined && couldBe(meant, given[key])) {
        fail(key, `there is no setting "${key}"; did you mean "${meant}"?`);
      }
    }
  }
  validateHelp(given, fail);
  validateCreate(given, mayBeDefinition, fail);
  // What `create` returns may narrow the terms, and has the callbacks.
  validateTerms(filter as Filter, given.create === undefined ? filter as Filter : undefined, fail);
  const { onError, timeout, scope, changedFields, asksMacros } = given;
  if (scope !== undefined) validateScope(scope, fail);
  if (onError !== undefined) checkWords([onError], ON_ERROR, "onError", fail);
  if (changedFields !== undefined && !isTexts(changedFields)) {
    fail(changedFields, "changedFields must be a list of header names");
  }
  if (asksMacros !== undefined && !isTexts(asksMacros)) {
    fail(asksMacros, "asksMacros must be a list of the names of macros");
  }
  if (timeout !== undefined && !(typeof timeout === "number" && timeout >= 1 && timeout <= MAX_TIMEOUT)) {
    fail(timeout, `timeout must be 1 to ${MAX_TIMEOUT} milliseconds, got ${timeout}`);
  }
}

function validateCreate(
  given: Readonly<Record<string, unknown>>,
  mayBeDefinition: boolean,
  fail: (value: unknown, reason: string) => never,
): void {
  if (given.create === undefined) {
    if (given.options !== undefined) {
      fail(given.options, "it has options, but no create that gets them and returns its callbacks");
    }
    if (given.dispose !== undefined && !(MADE in given)) {
      fail(given.dispose, "its dispose would never be called: let create return it, with what it disposes");
    }
    return;
  }
  if (!mayBeDefinition) fail(given.create, "it has a create: make it first, with await make(filter, { … })");
  const beside = CALLBACKS.find((name) => !BESIDE_CREATE.includes(name) && given[name] !== undefined);
  if (beside !== undefined) fail(beside, `it has ${beside} beside create: let create return ${beside}`);
  validateOptions(given.options, fail);
}

/** The functions of a definition with `create` that `create` need not return. */
const BESIDE_CREATE = ["create", "connectionState", "messageState"];

/**
 * Whether a value would be valid for a setting. A filter may have its own properties with names similar to settings.
 */
function couldBe(setting: string, value: unknown): boolean {
  const areWords = (words: unknown, known: readonly string[]) =>
    Array.isArray(words) && words.length > 0 && words.every((word) => known.includes(word));
  switch (setting) {
    case "changes":
      return areWords(value, CHANGES);
    case "events":
    case "verdicts":
      return areWords(value, EVENT_NAMES);
    case "onError":
      return areWords([value], ON_ERROR);
    case "changedFields":
    case "asksMacros":
      return isTexts(value);
    case "content":
      return areWords([value], CONTENT_KINDS);
    case "timeout":
      return typeof value === "number";
    case "macros":
      return typeof value === "object" && value !== null &&
        areWords(Object.keys(value), Object.keys(MacroStage));
    case "scope":
      return typeof value === "object" && value !== null && areWords(Object.keys(value), SCOPE);
    case "summary":
    case "description":
      return typeof value === "string";
    case "options":
    case "examples":
      return typeof value === "object" && value !== null;
    case "name":
      return false;
    default:
      return typeof value === "boolean";
  }
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string" && text !== "");
}

function validateScope(scope: unknown, fail: (value: unknown, reason: string) => never): void {
  if (typeof scope !== "object" || scope === null) return fail(scope, "scope must be an object of functions");
  checkWords(Object.keys(scope), SCOPE, "scope", fail);
  for (const [question, value] of Object.entries(scope)) {
    if (SCOPE_LISTS.includes(question)) continue;
    if (value !== undefined && typeof value !== "function") {
      fail(value, `scope.${question} must be a function, got ${typeof value}`);
    }
  }
}

/**
 * Checks a filter's terms, its own or those for one connection.
 *
 * @param terms the terms
 * @param filter the filter that they belong to; undefined if its callbacks are not known yet
 * @param fail called with the offending value and what is wrong with it; must throw
 */
export function validateTerms(
  terms: FilterTerms,
  filter: Filter | undefined,
  fail: (value: unknown, reason: string) => never,
): void {
  checkWords(terms.changes, CHANGES, "changes", fail);
  checkWords(terms.events, EVENT_NAMES, "events", fail);
  checkWords(terms.verdicts, EVENT_NAMES, "verdicts", fail);
  if (terms.content !== undefined) checkWords([terms.content], CONTENT_KINDS, "content", fail);
  for (const list of ["events", "verdicts"] as const) {
    for (const event of terms[list] ?? []) {
      if (filter && filter[event] === undefined) {
        fail(event, `${list} holds "${event}", but there is no such callback`);
      }
    }
  }
  const lacksEom = filter !== undefined && !(filter.eom && (terms.events?.includes("eom") ?? true));
  if (lacksEom && terms.changes?.length) {
    fail(terms.changes, "it declares changes, but has no eom callback to make them in");
  }
  if (lacksEom && terms.content === "mime") {
    fail(terms.content, "it declares content, but has no eom callback to read it in");
  }
  if (terms.changes?.includes("editContent") && terms.content !== "mime") {
    fail("editContent", 'changes holds "editContent", which needs content: "mime" beside it');
  }
  if (terms.readsHeader !== undefined) validateReadsHeader(terms, fail);
  const macros: unknown = terms.macros;
  if (macros === undefined) return;
  if (typeof macros !== "object" || macros === null) return fail(macros, "macros must be lists by stage");
  checkWords(Object.keys(macros), Object.keys(MacroStage), "macros", fail);
  for (const names of Object.values(macros)) {
    if (!Array.isArray(names) || !names.every((name) => typeof name === "string" && /^\S+$/.test(name))) {
      fail(names, "macros must be lists of names");
    }
  }
}

/** A filter that does not read the header cannot change fields, nor know the structure of the body. */
function validateReadsHeader(terms: FilterTerms, fail: (value: unknown, reason: string) => never): void {
  const { readsHeader } = terms;
  if (typeof readsHeader !== "boolean") fail(readsHeader, "readsHeader must be true or false");
  if (readsHeader) return;
  const change = terms.changes?.find((each) => CHANGES_OF_FIELDS.includes(each));
  if (change !== undefined) {
    fail(change, `changes holds "${change}", which needs the header: leave out readsHeader`);
  }
  if (terms.content === "mime") fail(terms.content, 'content "mime" needs the header: leave out readsHeader');
}

function checkWords(
  list: unknown,
  known: readonly string[],
  what: string,
  fail: (value: unknown, reason: string) => never,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list)) return fail(list, `${what} must be a list`);
  for (const item of list) {
    if (!known.includes(item)) {
      fail(item, `${what} holds "${item}"; did you mean "${meantBy(String(item), known)}"?`);
    }
  }
}
