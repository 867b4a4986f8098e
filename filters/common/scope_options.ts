/**
 * The options that say what a filter is for; every filter has them.
 *
 * @module
 */

import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { type Conditions, contradictionOf, type Scope, scopeOf } from "../../lib/filter/scope.ts";

const client = { kind: "network", metavar: "NETWORK", repeatable: true } as const;
const listener = { kind: "listen-address", metavar: "ADDRESS", repeatable: true } as const;
const sender = { kind: "sender", metavar: "DOMAIN", repeatable: true } as const;
const recipient = { kind: "recipient", metavar: "DOMAIN", repeatable: true } as const;

/** They can be combined: the filter is for what all of them let through. */
export const SCOPE_OPTIONS: readonly OptionSpec[] = [
  {
    ...client,
    name: "only-client",
    example: "192.0.2.0/24",
    description: "Only for clients of this network, or of one of several",
  },
  { ...client, name: "not-client", example: "10.0.0.0/8", description: "Not for clients of this network" },
  {
    ...listener,
    name: "only-listener",
    example: "inet:8892@localhost",
    description: "Only where the MTA came to this --listen address",
  },
  {
    ...listener,
    name: "not-listener",
    example: "inet:8892@localhost",
    description: "Not where the MTA came to this --listen address",
  },
  {
    ...sender,
    name: "only-sender",
    example: "example.org",
    description:
      "Only for senders of this domain; .example.org: of those below it; joe@example.org: this one; <>: bounces",
  },
  { ...sender, name: "not-sender", example: "example.org", description: "Not for senders of this domain" },
  {
    ...recipient,
    name: "only-recipient",
    example: "example.org",
    description:
      "Only for recipients of this domain; with the first one it hears of the sender, then of the content, which is one for all",
  },
  {
    ...recipient,
    name: "not-recipient",
    example: "example.org",
    description: "Not for recipients of this domain",
  },
  {
    name: "only-authenticated",
    kind: "flag",
    description: "Only for mail of clients that logged in (macro auth_authen)",
  },
  {
    name: "not-authenticated",
    kind: "flag",
    description: "Not for mail of clients that logged in",
  },
  {
    name: "share",
    kind: "string",
    metavar: "PERCENT",
    example: "10%",
    description: "Only for so many of the SMTP sessions, drawn by lot, to try something out",
  },
];

/**
 * The scope that options say.
 *
 * @param options what was given to a filter
 * @returns undefined where it is for everything
 * @throws {OptionError} for what is no address, domain or share, or does not go together
 */
export function scopeOfOptions(options: OptionValues): Scope | undefined {
  const names = SCOPE_OPTIONS.map(({ name }) => name);
  if (!options.given.some(({ name }) => names.includes(name))) return undefined;
  const only = options.get("flag", "only-authenticated") ?? false;
  const not = options.get("flag", "not-authenticated") ?? false;
  if (only && not) {
    throw new OptionError("not-authenticated", "true", "it leaves nothing over with --only-authenticated");
  }
  const share = options.get("string", "share");
  const conditions: Conditions = {
    clients: options.all("network", "only-client"),
    notClients: options.all("network", "not-client"),
    listeners: options.all("listen-address", "only-listener"),
    notListeners: options.all("listen-address", "not-listener"),
    senders: options.all("sender", "only-sender"),
    notSenders: options.all("sender", "not-sender"),
    recipients: options.all("recipient", "only-recipient"),
    notRecipients: options.all("recipient", "not-recipient"),
    ...(only || not ? { authenticated: only } : {}),
    ...(share === undefined ? {} : { share: shareOf(share) }),
  };
  const contradiction = contradictionOf(conditions);
  if (contradiction) {
    // Each list has the name of its options, in the plural.
    const condition = contradiction.list.slice(0, -1);
    throw new OptionError(
      `only-${condition}`,
      contradiction.only,
      `--not-${condition} ${contradiction.not} leaves nothing of it`,
    );
  }
  return scopeOf(conditions);
}

function shareOf(text: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text) ?? [];
  if (percent === undefined || Number(percent) > 100) {
    throw new OptionError("share", text, "want a share from 0% to 100%, such as 10%");
  }
  return Number(percent) / 100;
}
