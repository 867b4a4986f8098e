/**
 * The options that limit what a filter applies to; every filter has them.
 *
 * @module
 */

import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { scopeOfCondition } from "../../lib/filter/condition_scope.ts";
import { bothScopes, contradictionOf, type Scope } from "../../lib/filter/scope.ts";
import { type NamedConditions, wholeCondition } from "./condition_options.ts";
import { CONDITION_OPTIONS, NAMED_OPTIONS } from "./condition_specs.ts";
import { resultConditions } from "./result_conditions.ts";

const client = { kind: "network", metavar: "NETWORK", repeatable: true } as const;
const listener = { kind: "listen-address", metavar: "ADDRESS", repeatable: true } as const;
const sender = { kind: "sender", metavar: "DOMAIN", repeatable: true } as const;
const recipient = { kind: "recipient", metavar: "DOMAIN", repeatable: true } as const;

/** They can be combined; then all of them must be true. */
export const SCOPE_OPTIONS: readonly OptionSpec[] = [
  {
    ...client,
    name: "only-client",
    example: "192.0.2.0/24",
    description: "Only for clients in this network, or in one of several",
  },
  { ...client, name: "not-client", example: "10.0.0.0/8", description: "Not for clients in this network" },
  {
    ...listener,
    name: "only-listener",
    example: "inet:8892@localhost",
    description: "Only if the MTA connected to this --listen address",
  },
  {
    ...listener,
    name: "not-listener",
    example: "inet:8892@localhost",
    description: "Not if the MTA connected to this --listen address",
  },
  {
    ...sender,
    name: "only-sender",
    example: "example.org",
    description:
      "Only for senders in this domain; .example.org: in its subdomains; joe@example.org: this address; <>: bounces",
  },
  { ...sender, name: "not-sender", example: "example.org", description: "Not for senders in this domain" },
  {
    ...recipient,
    name: "only-recipient",
    example: "example.org",
    description:
      "Only for recipients in this domain; changes to the content still affect all recipients of the message",
  },
  {
    ...recipient,
    name: "not-recipient",
    example: "example.org",
    description: "Not for recipients in this domain",
  },
  {
    name: "only-authenticated",
    kind: "flag",
    description: "Only for mail from clients that logged in (macro auth_authen)",
  },
  {
    name: "not-authenticated",
    kind: "flag",
    description: "Not for mail from clients that logged in",
  },
  {
    name: "only-result",
    kind: "string",
    metavar: "METHOD=RESULT",
    repeatable: true,
    example: "dmarc=fail",
    description:
      "Only for mail with this result of SPF, DKIM, DMARC or iprev, which an earlier filter must provide. SPF and iprev are known at the first recipient, DKIM and DMARC at the end",
  },
  {
    name: "not-result",
    kind: "string",
    metavar: "METHOD=RESULT",
    repeatable: true,
    example: "dmarc=pass",
    description: "Not for mail with this result",
  },
  ...CONDITION_OPTIONS,
  ...NAMED_OPTIONS,
  {
    name: "share",
    kind: "string",
    metavar: "PERCENT",
    example: "10%",
    description: "Only for this share of the SMTP sessions, chosen at random, for a trial",
  },
];

/** Whether options say that a filter is for some mail only. */
export function haveConditions(options: OptionValues): boolean {
  return options.given.some(({ name }) => SCOPE_OPTIONS.some((each) => each.name === name));
}

/** The names of those that groups of options can have, too, such as rules: all but the one that draws lots. */
export const GROUP_CONDITIONS: readonly string[] = SCOPE_OPTIONS.map(({ name }) => name)
  .filter((name) => name !== "share");

/**
 * Makes the scope that options describe.
 *
 * @param options the options given to a filter
 * @param named the conditions that they can name
 * @param random returns random numbers for a share, from 0 to below 1
 * @returns undefined if the filter applies to everything
 * @throws {OptionError} for an invalid share, or for conflicting options
 */
export function scopeOfOptions(
  options: OptionValues,
  named: NamedConditions = new Map(),
  random: () => number = Math.random,
): Scope | undefined {
  if (!haveConditions(options)) return undefined;
  const only = options.get("flag", "only-authenticated") ?? false;
  const not = options.get("flag", "not-authenticated") ?? false;
  if (only && not) {
    throw new OptionError("not-authenticated", "true", "with --only-authenticated it leaves nothing");
  }
  const contradiction = contradictionOf({
    clients: options.all("network", "only-client"),
    notClients: options.all("network", "not-client"),
    listeners: options.all("listen-address", "only-listener"),
    notListeners: options.all("listen-address", "not-listener"),
    senders: options.all("sender", "only-sender"),
    notSenders: options.all("sender", "not-sender"),
    recipients: options.all("recipient", "only-recipient"),
    notRecipients: options.all("recipient", "not-recipient"),
    results: resultConditions("only-result", options),
    notResults: resultConditions("not-result", options),
  });
  if (contradiction) {
    // Each list has the name of its options, in the plural.
    const condition = contradiction.list.slice(0, -1);
    throw new OptionError(
      `only-${condition}`,
      contradiction.only,
      `--not-${condition} ${contradiction.not} leaves nothing of it`,
    );
  }
  const scope = scopeOfCondition(wholeCondition(options, named));
  const share = options.get("string", "share");
  return share === undefined ? scope : bothScopes(scope, shareScope(share, random));
}

/** Takes a share of the connections. */
function shareScope(text: string, random: () => number): Scope {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent === undefined || Number(percent) > 100) {
    throw new OptionError("share", text, "want a share from 0% to 100%, such as 10%");
  }
  const share = Number(percent) / 100;
  return {
    connection: () => random() < share,
    reason: (question) => question === "connection" ? `share ${text}` : undefined,
  };
}
