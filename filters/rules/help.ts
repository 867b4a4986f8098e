/**
 * What help says of the filter `rules`.
 *
 * @module
 */

/** How rules are asked, and what they do. */
export const DESCRIPTION =
  `After each --rule NAME come its conditions, the same ones that filters have, and what it does with mail that
meets them. A rule without conditions is for all mail. In a configuration file each rule is a table, [[filter.rule]], with
its name as a key. Conditions before the first rule are those of the filter.

ORDER. Rules are asked in their order. With --match first, the first one that acts is the last; with --match all, the rules
after it act too, up to one that decides: with --reject, --tempfail, --discard or --accept. --accept ends these rules only;
the other filters still see the message.

WHEN. A rule acts as soon as it and all rules before it can be decided: at MAIL if they ask for client, sender, login, macros
or TLS, at RCPT for recipients, SPF and iprev, and at the end for From, subject, header and other results. The outcome is the
same as if all of them were asked at the end, but refusals come earlier.

RECIPIENTS. Rules are asked for each recipient by itself. At RCPT a refusal concerns that recipient only. At the end it
refuses the whole message, while --discard and --redirect still concern only the recipients that they are for. Changes of the
header and --quarantine are for the whole message.

IN DOUBT, as where several authors stand in From, rules that refuse, hold, log or change act, and those that accept, discard,
redirect or say next-field do not: what is doubtful gets no privilege, and is not lost. Only a refusal ends the rules then.

FIELDS. With --match field, rules are asked about one header field after the other, as Postfix does with header_checks: the
first rule whose --field matches acts on the field, then the next field comes, until a rule decides. In texts, $1 is a group
of the expression.

VALUES. {client_addr}, {mail_from} and other names in braces are filled in, in replies, reasons, log lines and header values, as
header-rewrite does; the words for header fields are those of header-rewrite, too. See docs/rules.md.`;

/** Command lines to copy. */
export const EXAMPLES: readonly (readonly [what: string, command: string])[] = [
  [
    "Refuse mail from outside that claims to be from us, and hold what looks like a lottery:",
    'milterkit serve --listen inet:8825@localhost --filter rules --rule forged --not-client 10.0.0.0/8 --not-authenticated --only-sender example.org --reject "550 5.7.1 You are not example.org" --rule lottery --only-subject /lottery/i --quarantine "Lottery"',
  ],
  [
    "Mark what comes from outside, and log large messages:",
    'milterkit serve --listen inet:8825@localhost --filter rules --match all --rule outside --not-client 10.0.0.0/8 --replace "text:Subject /^/ [EXT] " --rule large --only-larger 20MB --log "large message from {mail_from}"',
  ],
];
