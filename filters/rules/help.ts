/**
 * What help says of the filter `rules`.
 *
 * @module
 */

/** How rules are asked, and what they do. */
export const DESCRIPTION =
  `Each --rule NAME is followed by its conditions, the same ones that filters have, and its actions. A rule without
conditions applies to all mail. In a configuration file each rule is a table, [[filter.rule]], with its name as a key.
Conditions before the first rule are those of the filter.

ORDER. Rules are evaluated in order. With --match first, evaluation stops at the first rule that acts; with --match
all, later rules act too, up to one that decides, with --reject, --tempfail, --discard or --accept. --accept stops
these rules only; later filters still see the message.

WHEN. A rule acts as soon as it and all rules before it can be evaluated: at MAIL for conditions on client, sender,
login, macros or TLS, at RCPT for recipients, SPF and iprev, and at the end for From, subject, header and other
results. The outcome is the same as if all rules were evaluated at the end, but refusals come earlier.

RECIPIENTS. Rules are evaluated separately for each recipient. At RCPT a refusal affects only that recipient. At the
end it refuses the whole message, while --discard and --redirect still affect only the recipients that the rule
applies to. Header changes and --quarantine affect the whole message.

IN DOUBT, for example if From names several authors, rules that refuse, hold, log or change act; those with --accept,
--discard, --redirect or --next-field do not: an ambiguous message gets no privilege, and is not lost. In that case
only a refusal stops the rules.

FIELDS. With --match field, rules are evaluated for one header field after another, as Postfix does with
header_checks: the first rule whose --field matches acts on the field, then the next field follows, until a rule
decides. In texts, $1 is a group of the expression.

VALUES. {client_addr}, {mail_from} and other names in braces are filled in, as in header-rewrite, in replies, reasons,
log lines and header values; the options for header fields are those of header-rewrite too. See docs/rules.md.`;

/** Command lines to copy. */
export const EXAMPLES: readonly (readonly [what: string, command: string])[] = [
  [
    "Refuse mail from outside that claims to be from us, and hold lottery mail:",
    'milterkit serve --listen inet:8825@localhost --filter rules --rule forged --not-client 10.0.0.0/8 --not-authenticated --only-sender example.org --reject "550 5.7.1 You are not example.org" --rule lottery --only-subject /lottery/i --quarantine "Lottery"',
  ],
  [
    "Mark mail from outside, and log large messages:",
    'milterkit serve --listen inet:8825@localhost --filter rules --match all --rule outside --not-client 10.0.0.0/8 --replace "text:Subject /^/ [EXT] " --rule large --only-larger 20MB --log "large message from {mail_from}"',
  ],
];
