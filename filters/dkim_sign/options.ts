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
      "Sign with the key in this file; % as the domain, and in the file name, stands for the domain in From",
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
      "Choose the keys for certain authors, instead of by domain. PATTERN: an address, in which * stands for any text, example.org, .example.org (its subdomains) or * (anyone); then keys separated by commas, or none; the first match counts",
  },
  "sign-all": {
    kind: "flag",
    description: "Sign with the keys of every --sign that matches, not only of the first",
  },
} as const satisfies OptionDeclarations;

/** Whose messages are signed. */
const SENDER_OPTIONS = {
  "sign-client": {
    kind: "network",
    metavar: "NETWORK",
    repeatable: true,
    example: "192.0.2.0/24",
    description:
      "Also sign for clients in this network that did not log in. Beware of 127.0.0.1 if a content filter sends strangers' mail back from there",
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
      "Sign only if the login, the envelope sender, or either of them has the domain of the author, so that users cannot get other domains' signatures",
  },
  "not-to": {
    kind: "recipient",
    metavar: "DOMAIN",
    repeatable: true,
    example: "lists.example.org",
    description: "Do not sign messages whose recipients are all in this domain, or in one of several",
  },
  "sender-header": {
    kind: "header-name",
    metavar: "NAME",
    repeatable: true,
    example: "Sender",
    description:
      "Take the author from this field; with several, from the first one that the message has, and otherwise from From; by default only from From",
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
      "Sign only fields with this name, or with one of several, and From; by default all fields that people see and mail programs act on",
  },
  oversign: {
    kind: "header-name",
    metavar: "NAME",
    repeatable: true,
    example: "Subject",
    description: "Sign this field once more than it occurs, so that nobody can add one; always done for From",
  },
  canonicalization: {
    kind: "enum",
    metavar: "HEADER/BODY",
    choices: ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"],
    default: "relaxed/relaxed",
    description: "Which changes the signature survives: relaxed allows changes of white space",
  },
  lifetime: {
    kind: "duration",
    metavar: "TIME",
    min: 60_000,
    max: 10 * 365 * 86_400_000,
    example: "14d",
    description: "Make signatures expire after this time (x=); by default they do not",
  },
  "body-length": {
    kind: "flag",
    description:
      "State how much of the body is signed (l=). Unsafe: anybody can then append to the message, and it still passes",
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
