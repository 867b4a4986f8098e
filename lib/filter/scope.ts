/**
 * Which connections, messages and recipients a filter is for.
 *
 * @module
 */

import { domainToASCII } from "node:url";
import type { EnvelopeAddress } from "../message/envelope.ts";
import type { Client } from "./context.ts";
import type { Network } from "./options.ts";

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
  readonly senders?: readonly string[];
  /** The same for those that it is not for. */
  readonly notSenders?: readonly string[];
  /** Recipients. */
  readonly recipients?: readonly string[];
  /** The same for those that it is not for. */
  readonly notRecipients?: readonly string[];
  /** Whether it is only for clients that logged in, or only for those that did not. */
  readonly authenticated?: boolean;
  /** The share of connections that it is for, drawn by lot: 0 to 1. */
  readonly share?: number;
}

/**
 * Makes a scope of conditions.
 *
 * @param conditions what the filter is for
 * @param random gives the lots, from 0 to below 1
 * @throws {RangeError} for a share or an address pattern that cannot be
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
  const { authenticated, share } = conditions;
  if (share !== undefined && !(share >= 0 && share <= 1)) {
    throw new RangeError(`Invalid share ${share}: want 0 to 1`);
  }
  const clients = either(conditions.clients, conditions.notClients);
  const listeners = either(conditions.listeners, conditions.notListeners);
  const sender = addressCondition(conditions.senders, conditions.notSenders);
  const recipient = addressCondition(conditions.recipients, conditions.notRecipients);
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

/**
 * Whether an address is one of a pattern's: `joe@example.org` is one address, `example.org` every address of that
 * domain, `.example.org` every address of a domain below it, and `<>` the null sender. Case does not matter.
 *
 * @param pattern the pattern
 * @param address without angle brackets
 */
export function matchesAddress(pattern: string, address: string): boolean {
  return addressMatcher(pattern)(address);
}

function addressMatcher(pattern: string): (address: string) => boolean {
  if (pattern === "<>") return (address) => address === "";
  const at = pattern.lastIndexOf("@");
  const domain = asciiDomain(pattern.slice(at + 1));
  if (domain.replace(/^\./, "") === "" || (at >= 0 && domain.startsWith(".")) || at === 0) {
    throw new RangeError(
      `Invalid address ${JSON.stringify(pattern)}: want example.org, .example.org, joe@example.org or <>`,
    );
  }
  if (at > 0) {
    const user = pattern.slice(0, at).toLowerCase();
    return (address) => domainOf(address) === domain && userOf(address) === user;
  }
  return domain.startsWith(".")
    ? (address) => domainOf(address).endsWith(domain)
    : (address) => domainOf(address) === domain;
}

function addressCondition(
  only: readonly string[] | undefined,
  not: readonly string[] | undefined,
): ((address: string) => boolean) | undefined {
  const condition = either(only?.map(addressMatcher), not?.map(addressMatcher));
  return condition && ((address) => condition((matches) => matches(address)));
}

/** Whether something is in one of the first list, where there are any, and in none of the second. */
function either<T>(
  only: readonly T[] | undefined,
  not: readonly T[] | undefined,
): ((has: (item: T) => boolean) => boolean) | undefined {
  if (!only?.length && !not?.length) return undefined;
  return (has) => (!only?.length || only.some(has)) && !not?.some(has);
}

/** IPv4 that came over IPv6 is IPv4 to who writes networks. */
function clientAddress(client: Client | undefined): string {
  return client?.address.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
}

function userOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf("@"))).toLowerCase();
}

function domainOf(address: string): string {
  const at = address.lastIndexOf("@");
  return at < 0 ? "" : asciiDomain(address.slice(at + 1));
}

/** International names come as they are written, or encoded. What is no name stays as it is. */
function asciiDomain(domain: string): string {
  const lower = domain.toLowerCase().replace(/\.$/, "");
  // deno-lint-ignore no-control-regex -- whether there is anything but ASCII
  if (/^[\x00-\x7f]*$/.test(lower)) return lower;
  const dot = lower.startsWith(".") ? "." : "";
  return dot + (domainToASCII(lower.slice(dot.length)) || lower.slice(dot.length));
}
