/**
 * Conditions on connections and messages that can be combined: all of them, any of them, not.
 *
 * A condition says yes, no, or that it is in doubt, as when only some of a message's recipients are meant, or when readers
 * of its From disagree. In doubt a filter is for a message, whether the condition asks for something or excludes it: nobody
 * escapes a check with a message that can be read in two ways.
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
  /** When it can be decided at the earliest. */
  readonly stage: ScopeQuestion;
  /** The methods whose results it asks for. */
  readonly methods: readonly string[];
  /** The macros that it reads. */
  readonly macros?: readonly string[];
  /** Whether it asks for recipients, so that it can be true for some of them only. */
  readonly ofRecipients?: boolean;
  /** Whether it asks for the size, which is known only at the end: before, there is only what the client announced. */
  readonly ofSize?: boolean;
  /** What it asks, as its author wrote it, such as `only-client @internal`; see {@linkcode written}. */
  readonly text?: string;
  /** The conditions that it stands for if all of them must be true. */
  readonly all?: readonly ScopeCondition[];
  /** The conditions that it stands for if one of them must be true. */
  readonly any?: readonly ScopeCondition[];
  /** The condition that it stands for if that one must not be true. */
  readonly not?: ScopeCondition;
  /** Decides. */
  test(facts: ConditionFacts): Truth;
  /** Says what it looked at, such as `the client is 192.0.2.1`; missing if it stands for others. */
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

/** True if the other one is not. */
export function noneOf(condition: ScopeCondition): ScopeCondition {
  return { ...joined([condition]), not: condition, test: (facts) => not(condition.test(facts)) };
}

/**
 * The same condition with its text.
 *
 * @param text what it asks, as its author wrote it, such as `only-client @internal`
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

/** The sender matches one of the patterns; in doubt if it does in one of several ways to read it. */
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
 * A recipient matches one of the patterns; in doubt if it does in one of several ways to read it, or at the end of a message
 * if it holds for some recipients only.
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

/** A macro has a value, or any value but an empty one. */
export function macroIs(
  name: string,
  isWanted: (value: string) => boolean = (value) => value !== "",
): ScopeCondition {
  return { ...plain("message", macroSeen(name), ({ macro }) => isWanted(macro(name) ?? "")), macros: [name] };
}

/**
 * The size of the message is within limits, in bytes. Where it is not known, what the client announced in MAIL (RFC 1870)
 * counts, which may be wrong; if it announced none, it is in doubt.
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
 * The domains of all authors match. In doubt if some do, or if From can be read in several ways, of which one may name such
 * a domain.
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

/** A header field with this name is there, and its decoded text is wanted: one of several suffices. */
export function headerIs(name: string, isWanted: (text: string) => boolean = () => true): ScopeCondition {
  return plain(
    "end",
    fieldSeen(name),
    ({ headers }) => headers?.all(name).some(({ text }) => isWanted(text)) ?? false,
  );
}

/** A header field is wanted as a whole: `Name: value` as it was sent, on one line; encoded words are not decoded. */
export function headerLineIs(isWanted: (line: string) => boolean): ScopeCondition {
  return plain("end", headerSeen, ({ headers }) => {
    for (const { name, value } of headers ?? []) {
      if (isWanted(`${name}: ${value.replace(/\r?\n/g, "")}`)) return true;
    }
    return false;
  });
}

/** A method has one of its results. */
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

/** What follows for a condition from those that it stands for. */
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
