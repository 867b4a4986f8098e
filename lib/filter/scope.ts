/**
 * Limits a filter to some connections, messages and recipients.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import type { Headers } from "../message/header_list.ts";
import {
  type AddressPattern,
  type AddressRole,
  coversPattern,
  parseAddressPattern,
} from "../options/address_pattern.ts";
import type { Client } from "./context.ts";
import { coversNetwork, type Network, unmappedAddress } from "../options/network.ts";
import { EARLY_METHODS, type MessageResults } from "./results.ts";
import { Settings } from "../options/settings.ts";

/** What is known about a connection when a scope decides on it. */
export interface ScopedConnection {
  /** The SMTP client; undefined if the MTA does not say. */
  readonly client: Client | undefined;
  /** The address that the MTA connected to, such as `inet:8825@127.0.0.1`; undefined without a server. */
  readonly listener: string | undefined;
}

/** What is known about a message when a scope decides on it. */
export interface ScopedMessage extends ScopedConnection {
  /** The sender; undefined if the MTA does not say. */
  readonly sender: EnvelopeAddress | undefined;
  /** The name that the client greeted with (HELO, EHLO); undefined if it did not. */
  readonly helo?: string | undefined;
  /** Looks up a macro of the MTA. */
  readonly macro: (name: string) => string | undefined;
}

/** What is known about a message when a scope decides at its end. */
export interface EndedMessage extends ScopedMessage {
  /** The recipients that no filter refused. */
  readonly recipients: readonly EnvelopeAddress[];
  /** The header as the filters before left it. */
  readonly headers: Headers;
}

/** What is known when a condition is decided; what comes later is undefined. */
export interface ConditionFacts extends ScopedMessage {
  /** The recipient in question or, at the end of the message, all of them. */
  readonly recipients: readonly EnvelopeAddress[];
  /** The authentication results so far. */
  readonly results: MessageResults | undefined;
  /** The header at the end of the message, as the filters before left it. */
  readonly headers: Headers | undefined;
  /** The size of the message in bytes, if it is counted; known at its end. */
  readonly size?: number | undefined;
}

/** The questions to a scope, in the order in which they arise. */
export const QUESTIONS = ["connection", "message", "recipient", "end"] as const;

/** One of the questions that a scope is asked. */
export type ScopeQuestion = typeof QUESTIONS[number];

/**
 * Decides which connections, messages and recipients a filter applies to: those for which each of these functions returns
 * true. The filter is not called for others. A function that throws counts as a failed callback.
 */
export interface Scope {
  /** Called once for each connection. */
  connection?(connection: ScopedConnection): boolean;
  /** Called once for each message, at its sender. */
  message?(message: ScopedMessage): boolean;
  /**
   * Called for each recipient. The message begins for the filter, with the call of its `mail`, at the first recipient
   * that it applies to; the verdict of `mail` applies to this recipient and to the others in the scope. The filter is
   * not called for other recipients. What it does to the content affects all recipients, since they share one message.
   */
  recipient?(recipient: EnvelopeAddress, results: MessageResults, message: ScopedMessage): boolean;
  /**
   * Called at the end of the message, before the filter's `eom`, with the authentication results of the filters before
   * it. If it returns false, the filter's `abort` is called instead. A filter with this function may give verdicts only
   * at `eom`.
   */
  end?(results: MessageResults, message: EndedMessage): boolean;
  /**
   * The authentication methods whose results it needs, such as `dmarc`. An earlier filter of the chain must provide
   * them.
   */
  readonly methods?: readonly string[];
  /**
   * The macros known at MAIL that it reads, such as `auth_authen`. They are requested if the MTA would not send them by
   * default.
   */
  readonly macros?: readonly string[];
  /**
   * The conditions that `end` checks, as their author wrote them, such as `only-from example.org`; for error messages.
   */
  readonly endAsks?: readonly string[];
  /**
   * Says in words why its function for a question returned false; undefined if it returned true. Called only on
   * request, as by `milterkit check`.
   */
  reason?(question: ScopeQuestion, facts: ConditionFacts): string | undefined;
}

/** An authentication result that a filter applies to, or does not apply to. */
export interface ResultCondition {
  /** The method, such as `spf`, `dkim` or `dmarc`. */
  readonly method: string;
  /** The result, such as `fail`. */
  readonly result: string;
}

/** What a filter applies to and what it does not apply to. An empty or missing list sets no condition. */
export interface Conditions {
  /** Networks of clients. A client whose address the MTA does not send is in none of them. */
  readonly clients?: readonly Network[];
  /** Networks of clients that are excluded. */
  readonly notClients?: readonly Network[];
  /** Addresses that the MTA connects to, as passed to `listen`. */
  readonly listeners?: readonly string[];
  /** Addresses that the MTA connects to and that are excluded. */
  readonly notListeners?: readonly string[];
  /** Senders, see {@linkcode matchesAddress}. */
  readonly senders?: readonly (string | AddressPattern)[];
  /** Senders that are excluded. */
  readonly notSenders?: readonly (string | AddressPattern)[];
  /** Recipients; as with senders, but without `<>`. */
  readonly recipients?: readonly (string | AddressPattern)[];
  /** Recipients that are excluded. */
  readonly notRecipients?: readonly (string | AddressPattern)[];
  /** Authentication results, such as `{ method: "dmarc", result: "fail" }`; one of them must be there. */
  readonly results?: readonly ResultCondition[];
  /** Results that are excluded; none of them may be there. */
  readonly notResults?: readonly ResultCondition[];
  /** True: only clients that logged in; false: only clients that did not. */
  readonly authenticated?: boolean;
  /** The fraction of connections, chosen at random: 0 to 1. */
  readonly share?: number;
}

// A record, so that the compiler reports a missing one.
const CONDITIONS = {
  clients: true,
  notClients: true,
  listeners: true,
  notListeners: true,
  senders: true,
  notSenders: true,
  recipients: true,
  notRecipients: true,
  results: true,
  notResults: true,
  authenticated: true,
  share: true,
} satisfies Record<keyof Conditions, true>;

/**
 * Makes a scope from conditions.
 *
 * @param conditions what the filter applies to
 * @param random returns random numbers, from 0 to below 1
 * @throws {InvalidSettingError} for an unknown condition
 * @throws {PatternError} for an invalid address pattern
 * @throws {RangeError} for an invalid share, or for an entry that is entirely excluded as well
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { EnvelopeAddress } from "../message/envelope.ts";
 * import { ResultList } from "./results.ts";
 * import { scopeOf } from "./scope.ts";
 *
 * const scope = scopeOf({ recipients: ["example.org", ".example.net"] });
 * const message = { client: undefined, listener: undefined, sender: undefined, macro: () => undefined };
 * const isFor = (to: string) => scope.recipient!(EnvelopeAddress.of(to), new ResultList(), message);
 * assert.ok(isFor("<joe@example.org>") && isFor("<joe@mail.example.net>"));
 * assert.ok(!isFor("<joe@example.com>"));
 * ```
 */
export function scopeOf(conditions: Conditions, random: () => number = Math.random): Scope {
  new Settings("scopeOf", conditions, CONDITIONS).isType("authenticated", "boolean");
  const { authenticated, share } = conditions;
  if (share !== undefined && !(share >= 0 && share <= 1)) {
    throw new RangeError(`Invalid share ${share}: want 0 to 1`);
  }
  const contradiction = contradictionOf(conditions);
  if (contradiction) {
    const { list, only, not } = contradiction;
    throw new RangeError(
      `Invalid ${list} ${JSON.stringify(only)}: ${JSON.stringify(not)} leaves nothing of it`,
    );
  }
  const clients = either(conditions.clients, conditions.notClients);
  const listeners = either(conditions.listeners, conditions.notListeners);
  const sender = addressCondition("sender", conditions.senders, conditions.notSenders);
  const recipient = addressCondition("recipient", conditions.recipients, conditions.notRecipients);
  const scope: Scope = authenticated === undefined ? {} : { macros: ["auth_authen"] };
  if (clients || listeners || share !== undefined) {
    scope.connection = ({ client, listener }) =>
      (!clients || clients((network) => network.has(clientAddress(client)))) &&
      (!listeners || listeners((address) => address === listener)) &&
      (share === undefined || random() < share);
  }
  if (sender || authenticated !== undefined) {
    scope.message = (message) =>
      (!sender || sender(message.sender?.address ?? "")) &&
      (authenticated === undefined || Boolean(message.macro("auth_authen")) === authenticated);
  }
  if (recipient) scope.recipient = ({ address }) => recipient(address);
  return bothScopes(scope, resultScope(conditions.results ?? [], conditions.notResults ?? []));
}

/** Conditions on results, checked as soon as all of the results are known. */
function resultScope(only: readonly ResultCondition[], not: readonly ResultCondition[]): Scope {
  const methods = [...new Set([...only, ...not].map(({ method }) => method))];
  const holds = either(only, not);
  if (!holds) return {};
  const isFor = (results: MessageResults) => holds(({ method, result }) => results.has(method, result));
  const isEarly = methods.every((method) => EARLY_METHODS.includes(method));
  return isEarly ? { methods, recipient: (_, results) => isFor(results) } : { methods, end: isFor };
}

/**
 * Returns a scope that covers what both scopes cover.
 *
 * @param first one scope
 * @param second the other
 */
export function bothScopes(first: Scope, second: Scope): Scope {
  const scopes = [first, second];
  const asking = (question: ScopeQuestion) => scopes.filter((each) => each[question] !== undefined);
  const all = (question: ScopeQuestion, ...about: readonly never[]): boolean =>
    asking(question).every((each) => (each[question] as (...about: readonly never[]) => boolean)(...about));
  const methods = scopes.flatMap((each) => each.methods ?? []);
  const macros = scopes.flatMap((each) => each.macros ?? []);
  const endAsks = scopes.flatMap((each) => each.endAsks ?? []);
  const explaining = scopes.filter((each) => each.reason !== undefined);
  return {
    ...Object.fromEntries(
      QUESTIONS.filter((question) => asking(question).length > 0)
        .map((question) => [question, (...about: never[]) => all(question, ...about)]),
    ),
    ...(methods.length > 0 ? { methods } : {}),
    ...(macros.length > 0 ? { macros } : {}),
    ...(endAsks.length > 0 ? { endAsks } : {}),
    ...(explaining.length > 0
      ? { reason: (question, facts) => firstReason(explaining, question, facts) }
      : {}),
  };
}

function firstReason(
  scopes: readonly Scope[],
  question: ScopeQuestion,
  facts: ConditionFacts,
): string | undefined {
  for (const scope of scopes) {
    const reason = scope.reason?.(question, facts);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Pairs of lists: what a filter applies to, and what it does not apply to. */
const PAIRS = [
  ["clients", "notClients"],
  ["listeners", "notListeners"],
  ["senders", "notSenders"],
  ["recipients", "notRecipients"],
  ["results", "notResults"],
] as const;

/** An entry of a list that is entirely excluded by an entry of the opposite list. */
export interface Contradiction {
  /** The name of its list. */
  readonly list: typeof PAIRS[number][0];
  /** The entry. */
  readonly only: string;
  /** The entry of the opposite list that covers it completely. */
  readonly not: string;
}

/**
 * Finds a condition that can never take effect: a network, a listener or an address that lies within an excluded one.
 *
 * @param conditions what the filter applies to
 * @throws {PatternError} for an invalid address pattern
 */
export function contradictionOf(conditions: Conditions): Contradiction | undefined {
  for (const [list, notList] of PAIRS) {
    for (const only of conditions[list] ?? []) {
      const not = (conditions[notList] ?? []).find((not) => leavesNothing(not, only, list));
      if (not !== undefined) return { list, only: textOf(only), not: textOf(not) };
    }
  }
  return undefined;
}

type Condition = string | Network | AddressPattern | ResultCondition;

function leavesNothing(not: Condition, only: Condition, list: Contradiction["list"]): boolean {
  if (list === "clients") return coversNetwork(not as Network, only as Network);
  if (list === "listeners" || list === "results") return textOf(not) === textOf(only);
  const pattern = (condition: Condition) => patternOf("sender", condition as string | AddressPattern);
  return coversPattern(pattern(not), pattern(only));
}

function textOf(condition: Condition): string {
  if (typeof condition === "string") return condition;
  return "method" in condition ? `${condition.method}=${condition.result}` : condition.text;
}

/**
 * Whether an address matches a pattern: `joe@example.org` is one address, `example.org` every address of that domain,
 * `.example.org` every address of its subdomains, and `<>` the null sender. Case does not matter.
 *
 * @param pattern the pattern
 * @param address without angle brackets
 */
export function matchesAddress(pattern: string, address: string): boolean {
  return patternOf("sender", pattern).has(address);
}

function patternOf(role: AddressRole, pattern: string | AddressPattern): AddressPattern {
  if (typeof pattern !== "string") return pattern;
  return parseAddressPattern(pattern, role);
}

function addressCondition(
  role: AddressRole,
  only: readonly (string | AddressPattern)[] | undefined,
  not: readonly (string | AddressPattern)[] | undefined,
): ((address: string) => boolean) | undefined {
  const patterns = (list: typeof only) => list?.map((pattern) => patternOf(role, pattern));
  const condition = either(patterns(only), patterns(not));
  return condition && ((address) => condition((pattern) => pattern.has(address)));
}

/** Whether something is in one item of the first list, unless that is empty, and in no item of the second. */
function either<T>(
  only: readonly T[] | undefined,
  not: readonly T[] | undefined,
): ((has: (item: T) => boolean) => boolean) | undefined {
  if (!only?.length && !not?.length) return undefined;
  return (has) => (!only?.length || only.some(has)) && !not?.some(has);
}

function clientAddress(client: Client | undefined): string {
  return unmappedAddress(client?.address ?? "");
}
