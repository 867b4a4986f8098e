/**
 * Options for conditions on the content of a message, and on what its MTA tells of the connection. Every filter has them,
 * and so do the named conditions of a configuration file.
 *
 * @module
 */

import type { OptionSpec } from "../../lib/options/options.ts";

/** What a condition with a value asks for: both `only-` and `not-` have it. */
const PAIRS: readonly (Omit<OptionSpec, "repeatable" | "name"> & { readonly name: string })[] = [
  {
    name: "from",
    kind: "domain-pattern",
    metavar: "DOMAIN",
    example: "example.org",
    description: "mail whose authors, in From, are in this domain; known at the end of the message",
  },
  {
    name: "subject",
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/lottery/i",
    description: "mail whose decoded subject matches; known at the end of the message",
  },
  {
    name: "header",
    kind: "string",
    metavar: "FIELD",
    example: "X-Spam-Flag /yes/i",
    description:
      "mail with this header field, or with one whose decoded text matches; known at the end of the message",
  },
  {
    name: "header-line",
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/^X-Mailer: Bulk/i",
    description:
      "mail with a header field that matches as a whole: name, colon and undecoded value, on one line; known at the end of the message",
  },
  {
    name: "sender-address",
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/^bounce-/i",
    description: "senders whose whole address, without < and >, matches",
  },
  {
    name: "recipient-address",
    kind: "regexp",
    metavar: "/REGEXP/FLAGS",
    example: "/^sales\\+/i",
    description: "recipients whose whole address, without < and >, matches",
  },
  {
    name: "client-name",
    kind: "string",
    metavar: "DOMAIN",
    example: ".example.org",
    description:
      "clients whose host name, as the MTA looked it up, is this one, is below it if it begins with a dot, or matches /REGEXP/",
  },
  {
    name: "helo",
    kind: "string",
    metavar: "NAME",
    example: "/^localhost$/i",
    description: "clients that greeted with this name (HELO), or one that matches /REGEXP/",
  },
  {
    name: "login",
    kind: "string",
    metavar: "NAME",
    example: "alice",
    description: "clients that logged in with this name, or one that matches /REGEXP/ (macro auth_authen)",
  },
  {
    name: "macro",
    kind: "string",
    metavar: "NAME=VALUE",
    example: "tls_version=TLSv1.3",
    description: "mail with this value of an MTA macro at MAIL or before; without =VALUE: any value",
  },
];

/** The options. */
export const CONDITION_OPTIONS: readonly OptionSpec[] = [
  ...PAIRS.flatMap(({ name, description, ...spec }): OptionSpec[] => [
    { ...spec, name: `only-${name}`, repeatable: true, description: `Only for ${description}` },
    { ...spec, name: `not-${name}`, repeatable: true, description: `Not for ${description.split(";")[0]}` },
  ]),
  {
    name: "only-tls",
    kind: "flag",
    description: "Only for mail that came over TLS (macro tls_version)",
  },
  { name: "not-tls", kind: "flag", description: "Not for mail that came over TLS" },
  {
    name: "only-larger",
    kind: "size",
    metavar: "SIZE",
    example: "10MB",
    description: "Only for mail whose client announced a larger size, or none",
  },
  {
    name: "only-smaller",
    kind: "size",
    metavar: "SIZE",
    example: "1MB",
    description: "Only for mail whose client announced a smaller size, or none",
  },
];

/** The options of a filter that name conditions of its configuration file. */
export const NAMED_OPTIONS: readonly OptionSpec[] = [
  {
    name: "if",
    kind: "string",
    metavar: "NAME",
    repeatable: true,
    example: "from-partner",
    description: "Only for mail that meets this condition, [conditions.NAME] in the configuration file",
  },
  {
    name: "unless",
    kind: "string",
    metavar: "NAME",
    repeatable: true,
    example: "from-partner",
    description: "Not for mail that meets this condition",
  },
];
