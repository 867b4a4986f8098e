/**
 * Which connections, messages and recipients a filter is for.
 *
 * @module
 */

import type { EnvelopeAddress } from "../message/envelope.ts";
import {
  type AddressPattern,
  type AddressRole,
  coversPattern,
  parseAddressPattern,
} from "../options/address_pattern.ts";
import type { Client } from "./context.ts";
import { coversNetwork, type Network, unmappedAddress } from "../options/network.ts";
import { Settings } from "../options/settings.ts";

/** What is known of a connection when it is asked whether a filter is for it. */
export interface ScopedConnection {
  /** The SMTP client; undefined where the MTA does not tell. */
  readonly client: Client | undefined;
  /** The address that the MTA connected to, such as `inet:8891@127.0.0.1`; undefined without a server. */
  readonly listener: string | undefined;
}

/** What is known of a message when it is asked whether a filter is for it. */
export interface ScopedMessage extends ScopedConnection {
  /** The sender; undefined where the MTA does not tell. */
  readonly sender: EnvelopeAddress | undefined;
  /** Looks up a macro of the MTA. */
  readonly macro: (name: string) => string | undefined;
}

/**
 * Which connections, messages and recipients a filter is for: it is for what all questions are answered with true for.
 * For others it is as if it were not in the chain. One that throws fails as a callback of the filter would.
 */
export interface Scope {
  /** Asked once for each connection. */
  connection?(connection: ScopedConnection): boolean;
  /** Asked once for each message, at its sender. */
  message?(message: ScopedMessage): boolean;
  /**
   * Asked for each recipient. The filter hears of a message with the first one that it is for, its `mail` callback too:
   * what that answers holds for this recipient and for the others that it is for. Of the rest of the envelope it hears
   * nothing, but the content of a message is one for all recipients.
   */
  recipient?(recipient: EnvelopeAddress): boolean;
}

/** What a filter is for, and what it is not for. Where a list is empty or missing it says nothing. */
export interface Conditions {
  /** Networks of clients. One whose address the MTA does not tell is in none. */
  readonly clients?: readonly Network[];
  /** The same for those that it is not for. */
  readonly notClients?: readonly Network[];
  /** Addresses that the MTA connects to, as they are listened on. */
  readonly listeners?: readonly string[];
  /** The same for those that it is not for. */
  readonly notListeners?: readonly string[];
  /** Senders, see {@linkcode matchesAddress}. */
  readonly senders?: readonly (string | AddressPattern)[];
  /** The same for those that it is not for. */
  readonly notSenders?: readonly (string | AddressPattern)[];
  /** Recipients, the same but for `<>`. */
  readonly recipients?: readonly (string | AddressPattern)[];
  /** The same for those that it is not for. */
  readonly notRecipients?: readonly (string | AddressPattern)[];
  /** Whether it is only for clients that logged in, or only for those that did not. */
  readonly authenticated?: boolean;
  /** The share of connections that it is for, drawn by lot: 0 to 1. */
  readonly share?: number;
}

// A record, so that the compiler says when one is missing.
const CONDITIONS = {
  clients: true,
  notClients: true,
  listeners: true,
  notListeners: true,
  senders: true,
  notSenders: true,
  recipients: true,
  notRecipients: true,
  authenticated: true,
  share: true,
} satisfies Record<keyof Conditions, true>;

/**
 * Makes a scope of conditions.
 *
 * @param conditions what the filter is for
 * @param random gives the lots, from 0 to below 1
 * @throws {InvalidSettingError} for a condition that there is not
 * @throws {RangeError} for a share or an address pattern that cannot be, or for what is wholly left out again
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { EnvelopeAddress } from "../message/envelope.ts";
 * import { scopeOf } from "./scope.ts";
 *
 * const scope = scopeOf({ recipients: ["example.org", ".example.net"] });
 * const isFor = (to: string) => scope.recipient!(EnvelopeAddress.of(to));
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
  const scope: Scope = {};
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
  return scope;
}

/**
 * A scope that holds what both hold.
 *
 * @param first one scope
 * @param second the other
 */
export function bothScopes(first: Scope, second: Scope): Scope {
  const scope: Scope = {};
  for (const question of ["connection", "message", "recipient"] as const) {
    const asked = [first, second].filter((each) => each[question] !== undefined);
    if (asked.length > 0) {
      scope[question] = (about: never) => asked.every((each) => each[question]!(about));
    }
  }
  return scope;
}

/** The pairs of lists of which one says what a filter is for, and the other what not. */
const PAIRS = [
  ["clients", "notClients"],
  ["listeners", "notListeners"],
  ["senders", "notSenders"],
  ["recipients", "notRecipients"],
] as const;

/** What a filter is for, and is wholly not for at the same time. */
export interface Contradiction {
  /** The list in which it stands. */
  readonly list: typeof PAIRS[number][0];
  /** What the filter is for. */
  readonly only: string;
  /** What leaves nothing of it. */
  readonly not: string;
}

/**
 * Finds what can never take effect: a network, a listener or an address that a filter is for, and that lies within one
 * that it is not for.
 *
 * @param conditions what the filter is for
 * @throws {RangeError} for an address pattern that cannot be
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

type Condition = string | Network | AddressPattern;

function leavesNothing(not: Condition, only: Condition, list: Contradiction["list"]): boolean {
  if (list === "clients") return coversNetwork(not as Network, only as Network);
  if (list === "listeners") return not === only;
  return coversPattern(textOf(not), textOf(only));
}

function textOf(condition: Condition): string {
  return typeof condition === "string" ? condition : condition.text;
}

/**
 * Whether an address is one of a pattern's: `joe@example.org` is one address, `example.org` every address of that
 * domain, `.example.org` every address of a domain below it, and `<>` the null sender. Case does not matter.
 *
 * @param pattern the pattern
 * @param address without angle brackets
 */
export function matchesAddress(pattern: string, address: string): boolean {
  return patternOf("sender", pattern).has(address);
}

function patternOf(role: AddressRole, pattern: string | AddressPattern): AddressPattern {
  if (typeof pattern !== "string") return pattern;
  return parseAddressPattern(pattern, role, (reason) => {
    throw new RangeError(`Invalid address ${JSON.stringify(pattern)}: ${reason}`);
  });
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

/** Whether something is in one of the first list, where there are any, and in none of the second. */
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
