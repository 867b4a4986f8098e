/**
 * The options of `dkim-check`.
 *
 * @module
 */
import type { OptionSpec } from "../../lib/options/options.ts";
import { MAX_RSA_BITS, MIN_RSA_BITS } from "../../lib/auth/dkim/key_record.ts";
import { type Action, ACTIONS } from "./policy.ts";

function action(name: string, fallback: Action, description: string): OptionSpec {
  return { name, kind: "enum", metavar: "ACTION", choices: ACTIONS, default: fallback, description };
}

/** Every option, in the order in which help shows them. */
export const DKIM_CHECK_OPTIONS: readonly OptionSpec[] = [
  {
    name: "authserv-id",
    kind: "string",
    metavar: "ID",
    description:
      "The name that identifies our results; by default the MTA's own (its macro j), or else the host's",
    example: "mx.example.org",
  },
  {
    name: "strip",
    kind: "enum",
    metavar: "WHICH",
    choices: ["all", "ours", "none"],
    default: "ours",
    description:
      "Which Authentication-Results fields of others are removed: all, those with our own id, or none",
  },
  action("on-fail", "accept", "What to do with a message that has signatures, but none that passes"),
  action("on-none", "accept", "What to do with a message that has no signature"),
  action("on-no-key", "accept", "What to do if the key of every signature does not exist or was revoked"),
  action("on-dns-error", "tempfail", "What to do if no signature passes and a key could not be looked up"),
  action("on-error", "tempfail", "What to do with a message on which the filter itself fails"),
  {
    name: "require-from-domain",
    kind: "flag",
    description:
      "For the actions, count only signatures whose d= is the domain in From, or above or below it; every domain in From needs one",
  },
  {
    name: "length-tag",
    kind: "enum",
    metavar: "HOW",
    choices: ["accept", "report", "refuse"],
    default: "report",
    description:
      "Result for a valid signature that leaves the end of the body unsigned (l=): pass, pass with a comment, or policy",
  },
  {
    name: "trust",
    kind: "network",
    metavar: "NETWORK",
    repeatable: true,
    description: "Clients whose messages are not checked",
    example: "192.0.2.0/24",
  },
  {
    name: "check-authenticated",
    kind: "flag",
    description: "Also check the messages of authenticated senders (macro auth_authen)",
  },
  {
    name: "exempt-domain",
    kind: "domain",
    metavar: "DOMAIN",
    repeatable: true,
    description:
      "Do not check messages whose From names only this domain; with a leading dot: only its subdomains. Beware: anyone can forge From",
    example: ".example.org",
  },
  {
    name: "min-key-bits",
    kind: "integer",
    metavar: "BITS",
    min: MIN_RSA_BITS,
    max: MAX_RSA_BITS,
    default: "1024",
    description:
      "Smallest RSA key; signatures with smaller ones give policy. RFC 8301 forbids less than 1024",
  },
  {
    name: "max-signatures",
    kind: "integer",
    metavar: "NUMBER",
    min: 1,
    max: 100,
    default: "10",
    description: "Most signatures to check, from the top; further ones get no result",
  },
  {
    name: "max-header-bytes",
    kind: "size",
    metavar: "SIZE",
    within: "limit-header-size",
    default: "1MiB",
    description: "Largest header; signatures in larger ones give policy",
  },
  {
    name: "clock-drift",
    kind: "duration",
    metavar: "TIME",
    default: "300s",
    description: "How much a signer's clock may differ from ours, for t= and x=",
  },
  {
    name: "allow-sha1",
    kind: "flag",
    description:
      "Let rsa-sha1 pass, for archives of old mail. Unsafe: such signatures can be forged, and RFC 8301 forbids them",
  },
  {
    name: "dns-server",
    kind: "string",
    metavar: "SERVER",
    repeatable: true,
    description:
      "A name server for keys, with or without a port; several are tried in turn; by default the DNS of the service",
    example: "192.0.2.53",
  },
  {
    name: "dns-timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 60_000,
    description: "Longest wait for a key; by default that of the service, or 5s with --dns-server",
    example: "5s",
  },
  {
    name: "dns-records",
    kind: "file",
    metavar: "FILE",
    description:
      "Take keys from a file instead of DNS: lines of a name, a type (TXT if left out) and a value, or of a name and NXDOMAIN, SERVFAIL or TIMEOUT",
  },
];
