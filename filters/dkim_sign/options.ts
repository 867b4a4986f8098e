/**
 * The options of `dkim-sign`.
 *
 * @module
 */
import type { OptionDeclarations } from "../../lib/filter/option_declarations.ts";

/** Where keys are, and for whom they sign. */
const KEY_OPTIONS = {
  keys: {
    kind: "file",
    metavar: "FOLDER",
    example: "/etc/milterkit/keys",
    description:
      "Sign with the keys in this folder: DOMAIN/SELECTOR.pem, for each domain one RSA key, one Ed25519 key, or both",
  },
  key: {
    kind: "string",
    metavar: "DOMAIN:SELECTOR:FILE",
    colonsBeforeFile: 2,
    repeatable: true,
    example: "example.org:2026:/etc/milterkit/2026.pem",
    description:
      "Sign with the key in this file; the domain % stands for that in From, and a % in the file for the same",
  },
  subdomains: {
    kind: "flag",
    description:
      "Let the keys of a domain also sign for authors in its subdomains that have no key of their own",
  },
  sign: {
    kind: "string",
    metavar: "PATTERN=DOMAIN/SELECTOR",
    repeatable: true,
    example: "news@example.org=example.org/news",
    description:
      "Which keys sign for which authors, in place of the domain: an address, in which * stands for any text, example.org, .example.org (its subdomains) or * (anyone), and keys with commas between them, or none; the first that matches",
  },
  "sign-all": { kind: "flag", description: "Let every --sign that matches sign, and not only the first" },
} as const satisfies OptionDeclarations;

/** Whose messages are signed. */
const SENDER_OPTIONS = {
  "sign-client": {
    kind: "network",
    metavar: "NETWORK",
    repeatable: true,
    example: "192.0.2.0/24",
    description:
      "Also sign for clients in this network that did not log in. Beware of 127.0.0.1 if a content filter sends mail of others back from there",
  },
  "sign-macro": {
    kind: "string",
    metavar: "NAME[=VALUE]",
    repeatable: true,
    example: "daemon_name=ORIGINATING",
    description: "Also sign if the MTA sends this macro, with this value if one is given",
  },
  "match-sender": {
    kind: "enum",
    metavar: "WHAT",
    choices: ["login", "envelope", "either"],
    description:
      "Sign only if the login, the envelope sender, or either has the domain of the author, so that users cannot get other domains' signatures",
  },
  "not-to": {
    kind: "recipient",
    metavar: "DOMAIN",
    repeatable: true,
    example: "lists.example.org",
    description: "Do not sign messages of which all recipients are in this domain, or in one of several",
  },
  "sender-header": {
    kind: "header-name",
    metavar: "NAME",
    repeatable: true,
    example: "Sender",
    description:
      "Take the author from this field, or from the first of several that the message has; From is the last; by default From alone",
  },
  "on-missing-key": {
    kind: "enum",
    metavar: "ACTION",
    choices: ["accept", "tempfail", "reject"],
    default: "accept",
    description: "What to do with a message that would be signed if there were a key for its author",
  },
} as const satisfies OptionDeclarations;

/** What a signature covers. */
const SIGNATURE_OPTIONS = {
  headers: {
    kind: "header-name",
    metavar: "NAME",
    repeatable: true,
    example: "Subject",
    description:
      "Sign only the fields of this name, of those of several, and From; by default all that people see and mail programs act on",
  },
  oversign: {
    kind: "header-name",
    metavar: "NAME",
    repeatable: true,
    example: "Subject",
    description: "Sign this field once more than it is there, so that nobody can add one; From always is",
  },
  canonicalization: {
    kind: "enum",
    metavar: "HEADER/BODY",
    choices: ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"],
    default: "relaxed/relaxed",
    description: "Which changes the signature survives: with relaxed, those of white space",
  },
  lifetime: {
    kind: "duration",
    metavar: "TIME",
    min: 60_000,
    max: 10 * 365 * 86_400_000,
    example: "14d",
    description: "Let signatures expire after this time (x=); by default they do not",
  },
  "body-length": {
    kind: "flag",
    description:
      "Say how much of the body is signed (l=). Unsafe: anybody can then append to the message, and it still passes",
  },
  "line-limit": {
    kind: "integer",
    metavar: "BYTES",
    min: 78,
    max: 1_000_000_000,
    example: "2040",
    description:
      "Do not sign messages with longer lines, which the MTA would break; by default 998 for Postfix (smtp_line_length_limit) and 990 for Sendmail (L= of its mailer)",
  },
} as const satisfies OptionDeclarations;

/** All options. */
export const SIGN_OPTIONS = {
  ...KEY_OPTIONS,
  ...SENDER_OPTIONS,
  ...SIGNATURE_OPTIONS,
} as const satisfies OptionDeclarations;
