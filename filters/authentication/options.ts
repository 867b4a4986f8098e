/**
 * The options of filters that check mail, in groups.
 *
 * @module
 */
import { MAX_RSA_BITS, MIN_RSA_BITS } from "../../lib/auth/dkim/key_record.ts";
import type { OptionDeclaration, OptionDeclarations } from "../../lib/filter/option_declarations.ts";
import { type Action, ACTIONS } from "./actions.ts";

function action(fallback: Action, description: string): OptionDeclaration {
  return { kind: "enum", metavar: "ACTION", choices: ACTIONS, default: fallback, description };
}

/** How results are reported, and whose results count. */
export const REPORT_OPTIONS = {
  "authserv-id": {
    kind: "string",
    metavar: "ID",
    description:
      "The name that identifies our results; by default that of the service (--authserv-id before the first filter), otherwise " +
      "that of the MTA (its macro j), otherwise that of the host",
    example: "mx.example.org",
  },
  strip: {
    kind: "enum",
    metavar: "WHICH",
    choices: ["all", "ours", "none"],
    default: "ours",
    description:
      "Which Authentication-Results fields from others are removed: all, those with our own id, or none",
  },
  "trust-results": {
    kind: "string",
    metavar: "ID@NETWORK",
    repeatable: true,
    description:
      "Use results under this id from clients in this network, and remove them from any other client; " +
      "an id alone: use results that a milter in this chain adds",
    example: "border.example.org@192.0.2.0/24",
  },
} as const satisfies OptionDeclarations;

/** Whose messages are not checked. */
export const CLIENT_OPTIONS = {
  trust: {
    kind: "network",
    metavar: "NETWORK",
    repeatable: true,
    description: "Clients whose messages are not checked",
    example: "192.0.2.0/24",
  },
  "check-authenticated": {
    kind: "flag",
    description: "Also check the messages of authenticated senders (macro auth_authen)",
  },
} as const satisfies OptionDeclarations;

/** Authors whose messages are not checked. */
export const AUTHOR_OPTIONS = {
  "exempt-domain": {
    kind: "domain-pattern",
    metavar: "DOMAIN",
    repeatable: true,
    description:
      "Do not check messages whose From names only this domain; with a leading dot: only its subdomains. Beware: anyone can forge From",
    example: ".example.org",
  },
} as const satisfies OptionDeclarations;

/** What happens if the filter itself fails. */
export const ERROR_OPTIONS = {
  "on-error": action("tempfail", "What to do with a message on which the filter itself fails"),
} satisfies OptionDeclarations;

/** What follows from results of DKIM. */
export const DKIM_ACTION_OPTIONS = {
  "on-fail": action("accept", "What to do with a message that has signatures, but none that passes"),
  "on-none": action("accept", "What to do with a message that has no signature"),
  "on-no-key": action("accept", "What to do if the keys of all signatures are missing or revoked"),
  "on-dns-error": action("tempfail", "What to do if no signature passes and a key could not be looked up"),
  "require-from-domain": {
    kind: "flag",
    description:
      "For the actions, count only signatures whose d= is the domain in From, a parent or a subdomain of it; every domain in From needs one",
  },
} satisfies OptionDeclarations;

/** How DKIM is verified. */
export const DKIM_OPTIONS = {
  "length-tag": {
    kind: "enum",
    metavar: "HOW",
    choices: ["accept", "report", "refuse"],
    default: "report",
    description:
      "Result for a valid signature that leaves the end of the body unsigned (l=): pass, pass with a comment, or policy",
  },
  "min-key-bits": {
    kind: "integer",
    metavar: "BITS",
    min: MIN_RSA_BITS,
    max: MAX_RSA_BITS,
    default: "1024",
    description:
      "Smallest RSA key; signatures with smaller keys give policy. RFC 8301 forbids less than 1024",
  },
  "max-signatures": {
    kind: "integer",
    metavar: "NUMBER",
    min: 1,
    max: 100,
    default: "10",
    description: "Maximum number of signatures to check, from the top; further ones get no result",
  },
  "max-header-bytes": {
    kind: "size",
    metavar: "SIZE",
    within: "limit-header-size",
    default: "1MiB",
    description: "Largest header; signatures in larger headers give policy",
  },
  "clock-drift": {
    kind: "duration",
    metavar: "TIME",
    default: "300s",
    description: "How much a signer's clock may differ from ours, for t= and x=",
  },
  "allow-sha1": {
    kind: "flag",
    description:
      "Let rsa-sha1 pass, for archives of old mail. Unsafe: such signatures can be forged, and RFC 8301 forbids them",
  },
} as const satisfies OptionDeclarations;

/** How SPF is checked, and what follows. */
export const SPF_OPTIONS = {
  "on-spf-fail": {
    kind: "enum",
    metavar: "ACTION",
    choices: ["accept", "reject", "tempfail"],
    default: "accept",
    description:
      "What to do with recipients of a sender whose SPF fails. Forwarded mail fails too; DMARC also considers DKIM (RFC 9989 section 7.1)",
  },
  "on-spf-error": {
    kind: "enum",
    metavar: "ACTION",
    choices: ["accept", "reject", "tempfail"],
    default: "accept",
    description: "What to do if SPF cannot be checked; with reject, a failed lookup gives tempfail",
  },
  "spf-void-lookups": {
    kind: "integer",
    metavar: "NUMBER",
    min: 0,
    max: 100,
    default: "2",
    description:
      "Maximum number of terms in a record whose lookup finds nothing; with more, the result is permerror",
  },
  "received-spf": { kind: "flag", description: "Also add the field Received-SPF" },
} as const satisfies OptionDeclarations;

/** What follows from results of DMARC. */
export const DMARC_OPTIONS = {
  "on-dmarc-fail": {
    kind: "enum",
    metavar: "ACTION",
    choices: ["accept", "policy", "quarantine", "reject"],
    default: "accept",
    description:
      "What to do with a message that fails DMARC: accept it; apply the domain's policy; or quarantine it, or reject it, whichever of the two the policy asks for. With p=none it is accepted",
  },
  "on-dmarc-error": {
    kind: "enum",
    metavar: "ACTION",
    choices: ["accept", "tempfail"],
    default: "accept",
    description: "What to do if DMARC has no result because a lookup failed",
  },
  "on-bad-from": {
    kind: "enum",
    metavar: "ACTION",
    choices: ["accept", "quarantine", "reject"],
    description:
      "What to do with a message whose From is missing, occurs twice, cannot be parsed, or names more than 3 domains, so that no policy covers it; by default reject, but accept with --on-dmarc-fail accept",
  },
  "exempt-dmarc": {
    kind: "file",
    metavar: "FILE",
    repeatable: true,
    description:
      "Mailing lists and forwarders that may fail DMARC: on each line, a network of their clients, or a domain for which SPF or DKIM passes",
  },
} as const satisfies OptionDeclarations;

/** Where names are looked up. */
export const RESOLVER_OPTIONS = {
  "dns-server": {
    kind: "string",
    metavar: "SERVER",
    repeatable: true,
    description:
      "A name server, with or without a port; several are tried in order; by default the service's name servers",
    example: "192.0.2.53",
  },
  "dns-timeout": {
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 60_000,
    description: "Longest wait for an answer; by default that of the service, or 5s with --dns-server",
    example: "5s",
  },
  "dns-records": {
    kind: "file",
    metavar: "FILE",
    description:
      "Read records from a file instead of DNS: on each line, a name, a type (by default TXT) and a value, or a name and NXDOMAIN, SERVFAIL or TIMEOUT",
  },
} as const satisfies OptionDeclarations;

/** How long the lookups of SPF may take. */
export const LOOKUP_OPTIONS = {
  "lookup-timeout": {
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 240_000,
    default: "20s",
    description:
      "Longest time for all SPF lookups of one message; after that the result is temperror. RFC 7208 recommends at least 20s",
  },
} as const satisfies OptionDeclarations;
