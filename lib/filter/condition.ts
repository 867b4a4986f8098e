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
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { Headers } from "../message/header_list.ts";
import { unmappedAddress } from "../options/network.ts";
import type { AddressPattern, DomainPattern, Network } from "../options/options.ts";
import { EARLY_METHODS, type MessageResults } from "./results.ts";
import type { Scope, ScopedMessage } from "./scope.ts";

/** No, in doubt, yes. */
export type Truth = 0 | 0.5 | 1;

/** When a condition can be decided: each of the events of a message that a scope is asked at. */
const STAGES = ["connection", "message", "recipient", "end"] as const;

/** One of these events. */
export type Stage = typeof STAGES[number];

/** What is known when a condition is decided; what comes later is undefined. */
export interface ConditionFacts extends ScopedMessage {
  /** The recipient that is asked about, or at the end of the message all of them. */
  readonly recipients: readonly EnvelopeAddress[];
  /** What filters found out so far. */
  readonly results: MessageResults | undefined;
  /** The header at the end of the message, as the filters before left it. */
  readonly headers: Headers | undefined;
  /** The bytes of the message, where somebody counts them; known at its end. */
  readonly size?: number | undefined;
}

/** A condition. */
export interface ScopeCondition {
  /** When it can be decided at the earliest. */
  readonly stage: Stage;
  /** The methods whose results it asks for. */
  readonly methods: readonly string[];
  /** Whether it asks for recipients, so that it can be true for some of them only. */
  readonly ofRecipients?: boolean;
  /** Whether it asks for the size, which without an announcement is known only at the end. */
  readonly ofSize?: boolean;
  /** The conditions that it stands for if all of them must be true. */
  readonly all?: readonly ScopeCondition[];
  /** Decides. */
  test(facts: ConditionFacts): Truth;
}

/** True if all are true. */
export function allOf(all: readonly ScopeCondition[]): ScopeCondition {
  return { ...joined(all), all, test: (facts) => least(all.map((each) => each.test(facts))) };
}

/** True if one is true. */
export function anyOf(any: readonly ScopeCondition[]): ScopeCondition {
  return { ...joined(any), test: (facts) => not(least(any.map((each) => not(each.test(facts))))) };
}

/** True if the other one is not. */
export function noneOf(condition: ScopeCondition): ScopeCondition {
  return { ...joined([condition]), test: (facts) => not(condition.test(facts)) };
}

/** The client's address is in one of the networks; a client without an address is in none. */
export function clientIsIn(networks: readonly Network[]): ScopeCondition {
  return plain("connection", ({ client }) => {
    const address = unmappedAddress(client?.address ?? "");
    return networks.some((network) => network.has(address));
  });
}

/** The MTA connected to one of the addresses. */
export function listenerIs(addresses: readonly string[]): ScopeCondition {
  return plain("connection", ({ listener }) => listener !== undefined && addresses.includes(listener));
}

/** The sender matches one of the patterns. */
export function senderIs(patterns: readonly AddressPattern[]): ScopeCondition {
  return plain("message", ({ sender }) => patterns.some((one) => one.has(sender?.address ?? "")));
}

/** A recipient matches one of the patterns; at the end of a message in doubt if it holds for some recipients only. */
export function recipientIs(patterns: readonly AddressPattern[]): ScopeCondition {
  return {
    stage: "recipient",
    methods: [],
    ofRecipients: true,
    test: ({ recipients }) => share(recipients, ({ address }) => patterns.some((one) => one.has(address))),
  };
}

/** A macro has a value, or any value but an empty one. */
export function macroIs(
  name: string,
  isWanted: (value: string) => boolean = (value) => value !== "",
): ScopeCondition {
  return plain("message", ({ macro }) => isWanted(macro(name) ?? ""));
}

/**
 * The size that the client announced in MAIL (RFC 1870) is within limits, in bytes. If it announced none, the size of the
 * message is what counts, where that is known; else it is in doubt.
 */
export function sizeIs(isWanted: (bytes: number) => boolean): ScopeCondition {
  return {
    stage: "message",
    methods: [],
    ofSize: true,
    test: ({ sender, size }) => {
      const [, digits] = /^SIZE=(\d+)$/i.exec(sender?.args.find((arg) => /^SIZE=/i.test(arg)) ?? "") ?? [];
      const bytes = digits === undefined ? size : Number(digits);
      return bytes === undefined ? 0.5 : isWanted(bytes) ? 1 : 0;
    },
  };
}

/**
 * The domains of all authors match. In doubt if some do, or if From can be read in several ways, of which one names such a
 * domain.
 */
export function fromIs(patterns: readonly DomainPattern[]): ScopeCondition {
  const matches = (domain: string) => patterns.some((pattern) => pattern.has(domain));
  return {
    stage: "end",
    methods: [],
    test: ({ headers }) => {
      const fields = headers?.all("From") ?? [];
      const authors = authorDomains(fields.map((field) => field.valueBytes));
      if ("domains" in authors) return share(authors.domains, matches);
      const possible = fields.flatMap(({ text }) =>
        [...text.toLowerCase().matchAll(/@[\s"]*([\p{L}\p{N}._-]+)/gu)].map(([, domain = ""]) => domain)
      );
      return possible.some((domain) => matches(domain.replace(/\.$/, ""))) ? 0.5 : 0;
    },
  };
}

/** A header field with this name is there, and its decoded text is wanted: one of several suffices. */
export function headerIs(name: string, isWanted: (text: string) => boolean = () => true): ScopeCondition {
  return plain("end", ({ headers }) => headers?.all(name).some(({ text }) => isWanted(text)) ?? false);
}

/** A header field is wanted as a whole: `Name: value` as it was sent, on one line; encoded words are not decoded. */
export function headerLineIs(isWanted: (line: string) => boolean): ScopeCondition {
  return plain("end", ({ headers }) => {
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
    test: ({ results: found }) =>
      results.some(({ method, result }) => found?.has(method, result) ?? false) ? 1 : 0,
  };
}

/**
 * Makes a scope that covers the mail for which a condition is true or in doubt. What can be decided early is: a filter
 * hears nothing of a connection that is out of the question.
 */
export function scopeOfCondition(condition: ScopeCondition): Scope {
  const parts = partsOf(condition);
  const at = (stage: Stage) => parts.filter((each) => each.stage === stage);
  const holds = (stage: Stage, facts: ConditionFacts) => at(stage).every((each) => each.test(facts) > 0);
  const early = { recipients: [], results: undefined, headers: undefined };
  const macro = () => undefined;
  const methods = [...new Set(parts.flatMap((each) => each.methods))];
  const asks = (stage: Stage) => at(stage).length > 0;
  return {
    ...(asks("connection")
      ? {
        connection: (connection) =>
          holds("connection", { ...early, ...connection, sender: undefined, macro }),
      }
      : {}),
    ...(asks("message") ? { message: (message) => holds("message", { ...early, ...message }) } : {}),
    ...(asks("recipient")
      ? {
        recipient: (recipient, results, message) =>
          holds("recipient", { ...early, ...message, recipients: [recipient], results }),
      }
      : {}),
    ...(asks("end") ? { end: (results, message) => holds("end", { ...message, results }) } : {}),
    ...(methods.length > 0 ? { methods } : {}),
  };
}

/** The conditions of which all must be true, each by itself; some can be decided before others. */
export function partsOf(condition: ScopeCondition): readonly ScopeCondition[] {
  return condition.all?.flatMap(partsOf) ?? [condition];
}

/** Whether a condition can be decided at an event. */
export function isDecidedAt({ stage }: Pick<ScopeCondition, "stage">, event: Stage): boolean {
  return STAGES.indexOf(stage) <= STAGES.indexOf(event);
}

function plain(stage: Stage, test: (facts: ConditionFacts) => boolean): ScopeCondition {
  return { stage, methods: [], test: (facts) => test(facts) ? 1 : 0 };
}

function joined(conditions: readonly ScopeCondition[]): Omit<ScopeCondition, "all" | "test"> {
  const latest = Math.max(0, ...conditions.map(({ stage }) => STAGES.indexOf(stage)));
  return {
    stage: STAGES[latest]!,
    methods: conditions.flatMap(({ methods }) => methods),
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
