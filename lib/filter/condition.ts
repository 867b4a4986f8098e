/**
 * Conditions on connections and messages that can be combined: all of them, any of them, not.
 *
 * A condition is true, false or in doubt: for example, if it is true for only some of a message's recipients, or if
 * programs read its From differently. In doubt, a filter applies to a message, whether the condition includes or
 * excludes it: an ambiguous message does not escape a check.
 *
 * @module
 */

import { authorDomains } from "../auth/author.ts";
import { unmappedAddress } from "../options/network.ts";
import type { AddressPattern, DomainPattern, Network } from "../options/options.ts";
import {
  announcedSize,
  clientNameSeen,
  clientSeen,
  fieldSeen,
  fromSeen,
  headerSeen,
  heloSeen,
  listenerSeen,
  macroSeen,
  nameOfClient,
  recipientsSeen,
  resultSeen,
  senderSeen,
  sizeSeen,
} from "./condition_seen.ts";
import { EARLY_METHODS } from "./results.ts";
import { type ConditionFacts, QUESTIONS, type ScopeQuestion } from "./scope.ts";
import { mayBeFrom } from "./unclear_from.ts";

/** No, in doubt, yes. */
export type Truth = 0 | 0.5 | 1;

/** A condition. */
export interface ScopeCondition {
  /** The earliest stage at which it can be decided. */
  readonly stage: ScopeQuestion;
  /** The authentication methods whose results it needs. */
  readonly methods: readonly string[];
  /** The macros that it reads. */
  readonly macros?: readonly string[];
  /** Whether it depends on recipients, so that it can be true for only some of them. */
  readonly ofRecipients?: boolean;
  /**
   * Whether it depends on the size, which is known only at the end: until then there is only what the client announced.
   */
  readonly ofSize?: boolean;
  /** The condition as its author wrote it, such as `only-client @internal`; see {@linkcode written}. */
  readonly text?: string;
  /** The conditions that it combines, if all of them must be true. */
  readonly all?: readonly ScopeCondition[];
  /** The conditions that it combines, if one of them must be true. */
  readonly any?: readonly ScopeCondition[];
  /** The condition that it negates. */
  readonly not?: ScopeCondition;
  /** Evaluates the condition. */
  test(facts: ConditionFacts): Truth;
  /** Says what it was compared with, such as `the client is 192.0.2.1`; undefined for a combination of conditions. */
  seen?(facts: ConditionFacts): string;
}

/** True if all are true. */
export function allOf(all: readonly ScopeCondition[]): ScopeCondition {
  return { ...joined(all), all, test: (facts) => least(all.map((each) => each.test(facts))) };
}

/** True if one is true. */
export function anyOf(any: readonly ScopeCondition[]): ScopeCondition {
  return { ...joined(any), any, test: (facts) => not(least(any.map((each) => not(each.test(facts))))) };
}

/** True if the given condition is false. */
export function noneOf(condition: ScopeCondition): ScopeCondition {
  return { ...joined([condition]), not: condition, test: (facts) => not(condition.test(facts)) };
}

/**
 * Returns the same condition with its text.
 *
 * @param text the condition as its author wrote it, such as `only-client @internal`
 */
export function written(text: string, condition: ScopeCondition): ScopeCondition {
  return { ...condition, text };
}

/** The client's address is in one of the networks; a client without an address is in none. */
export function clientIsIn(networks: readonly Network[]): ScopeCondition {
  return plain("connection", clientSeen, ({ client }) => {
    const address = unmappedAddress(client?.address ?? "");
    return networks.some((network) => network.has(address));
  });
}

/** The client's host name is wanted, as the MTA looked it up; a client without one has the name "". */
export function clientNameIs(isWanted: (name: string) => boolean): ScopeCondition {
  return plain("connection", clientNameSeen, ({ client }) => isWanted(nameOfClient(client)));
}

/** The name that the client greeted with is wanted; "" if it did not greet. */
export function heloIs(isWanted: (name: string) => boolean): ScopeCondition {
  return plain("message", heloSeen, ({ helo = "" }) => isWanted(helo));
}

/** The MTA connected to one of the addresses. */
export function listenerIs(addresses: readonly string[]): ScopeCondition {
  return plain(
    "connection",
    listenerSeen,
    ({ listener }) => listener !== undefined && addresses.includes(listener),
  );
}

/** The sender matches one of the patterns; in doubt if the address is ambiguous and only one reading matches. */
export function senderIs(patterns: readonly AddressPattern[]): ScopeCondition {
  const matches = (address: string) => patterns.some((one) => one.has(address));
  return {
    stage: "message",
    methods: [],
    seen: senderSeen,
    test: ({ sender }) => share(sender?.readings ?? [""], matches),
  };
}

/**
 * A recipient matches one of the patterns; in doubt if the address is ambiguous and only one reading matches, or, at
 * the end of a message, if only some recipients match.
 */
export function recipientIs(patterns: readonly AddressPattern[]): ScopeCondition {
  return {
    stage: "recipient",
    methods: [],
    ofRecipients: true,
    seen: recipientsSeen,
    test: ({ recipients }) =>
      share(
        recipients.flatMap(({ readings }) => readings),
        (address) => patterns.some((one) => one.has(address)),
      ),
  };
}

/** A macro has the given value, or any non-empty value. */
export function macroIs(
  name: string,
  isWanted: (value: string) => boolean = (value) => value !== "",
): ScopeCondition {
  return { ...plain("message", macroSeen(name), ({ macro }) => isWanted(macro(name) ?? "")), macros: [name] };
}

/**
 * The size of the message, in bytes, is within limits. Until it is known, the size that the client announced in MAIL
 * (RFC 1870) counts, which may be wrong; without one, the condition is in doubt.
 */
export function sizeIs(isWanted: (bytes: number) => boolean): ScopeCondition {
  return {
    stage: "message",
    methods: [],
    ofSize: true,
    seen: sizeSeen,
    test: ({ sender, size }) => {
      const bytes = size ?? announcedSize(sender);
      return bytes === undefined ? 0.5 : isWanted(bytes) ? 1 : 0;
    },
  };
}

/**
 * The domains of all authors match. In doubt if only some do, or if From is ambiguous and one reading may name a
 * matching domain.
 */
export function fromIs(patterns: readonly DomainPattern[]): ScopeCondition {
  const matches = (domain: string) => patterns.some((pattern) => pattern.has(domain));
  return {
    stage: "end",
    methods: [],
    seen: fromSeen,
    test: ({ headers }) => {
      const fields = headers?.all("From") ?? [];
      const authors = authorDomains(fields.map((field) => field.valueBytes));
      if ("domains" in authors) return share(authors.domains, matches);
      return mayBeFrom(fields.map(({ text }) => text), matches) ? 0.5 : 0;
    },
  };
}

/** The message has a header field with this name whose decoded text is wanted; of several fields, one is enough. */
export function headerIs(name: string, isWanted: (text: string) => boolean = () => true): ScopeCondition {
  return plain(
    "end",
    fieldSeen(name),
    ({ headers }) => headers?.all(name).some(({ text }) => isWanted(text)) ?? false,
  );
}

/** A whole header field is wanted: `Name: value` as it was sent, on one line, with encoded words not decoded. */
export function headerLineIs(isWanted: (line: string) => boolean): ScopeCondition {
  return plain("end", headerSeen, ({ headers }) => {
    for (const { name, value } of headers ?? []) {
      if (isWanted(`${name}: ${value.replace(/\r?\n/g, "")}`)) return true;
    }
    return false;
  });
}

/** An authentication method has one of the given results. */
export function resultIs(
  results: readonly { readonly method: string; readonly result: string }[],
): ScopeCondition {
  const methods = [...new Set(results.map(({ method }) => method))];
  return {
    stage: methods.every((method) => EARLY_METHODS.includes(method)) ? "recipient" : "end",
    methods,
    seen: resultSeen(methods),
    test: ({ results: found }) =>
      results.some(({ method, result }) => found?.has(method, result) ?? false) ? 1 : 0,
  };
}

/** Whether a condition can be decided at an event. */
export function isDecidedAt({ stage }: Pick<ScopeCondition, "stage">, event: ScopeQuestion): boolean {
  return QUESTIONS.indexOf(stage) <= QUESTIONS.indexOf(event);
}

function plain(
  stage: ScopeQuestion,
  seen: (facts: ConditionFacts) => string,
  test: (facts: ConditionFacts) => boolean,
): ScopeCondition {
  return { stage, methods: [], seen, test: (facts) => test(facts) ? 1 : 0 };
}

/** The properties of a combined condition that follow from its parts. */
type JoinedCondition = Pick<ScopeCondition, "stage" | "methods" | "macros" | "ofRecipients" | "ofSize">;

function joined(conditions: readonly ScopeCondition[]): JoinedCondition {
  const latest = Math.max(0, ...conditions.map(({ stage }) => QUESTIONS.indexOf(stage)));
  return {
    stage: QUESTIONS[latest]!,
    methods: conditions.flatMap(({ methods }) => methods),
    macros: conditions.flatMap(({ macros = [] }) => macros),
    ofRecipients: conditions.some(({ ofRecipients }) => ofRecipients),
    ofSize: conditions.some(({ ofSize }) => ofSize),
  };
}

function not(truth: Truth): Truth {
  return 1 - truth as Truth;
}

function least(truths: readonly Truth[]): Truth {
  return Math.min(1, ...truths) as Truth;
}

/** Whether something holds for all, for some or for none. */
function share<T>(items: readonly T[], holds: (item: T) => boolean): Truth {
  const count = items.filter(holds).length;
  return count === 0 ? 0 : count === items.length ? 1 : 0.5;
}
