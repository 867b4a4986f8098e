/**
 * The options of `milterkit explain`.
 *
 * @module
 */

import type { OptionSpec } from "../../../lib/options/options.ts";
import { DNS_LOOKUP_OPTIONS } from "../../explanation/lookup_options.ts";
import type { CommandHelp } from "../../terminal/command_line.ts";

/** The options. */
export const EXPLAIN_OPTIONS: readonly OptionSpec[] = [
  {
    name: "domain",
    kind: "string",
    metavar: "DOMAIN",
    description: "Explain the records of a domain that sends mail, without a message",
    example: "example.com",
  },
  {
    name: "client",
    kind: "string",
    metavar: "ADDRESS",
    description:
      "IP address of the SMTP client; else that of the topmost Received with one outside your network",
    example: "192.0.2.1",
  },
  {
    name: "helo",
    kind: "string",
    metavar: "NAME",
    description: "Name in HELO; else that of the same Received",
    example: "mail.example.com",
  },
  {
    name: "from",
    kind: "string",
    metavar: "ADDRESS",
    description: "Envelope sender (MAIL FROM), <> for none; else the message's Return-Path",
  },
  {
    name: "mta-id",
    kind: "string",
    metavar: "NAME",
    description:
      'Name of the server that received the message: then only a Received field with "by NAME" counts',
    example: "mx.example.net",
  },
  ...DNS_LOOKUP_OPTIONS,
  { name: "json", kind: "flag", description: "Print one JSON object, for programs" },
];

/** The rest of the help text. */
export const EXPLAIN_HELP: CommandHelp = {
  brief: "milterkit explain [options] FILE | - | --domain DOMAIN",
  description:
    "Says why a message passes or fails SPF, DKIM and DMARC: every record and DNS lookup in order, which mechanism " +
    "matched, which signature broke and where, which domains are aligned with From, which policy applies, and what a " +
    "receiver would do. FILE is one message as it was received, and - is standard input. It sends no mail.\n\n" +
    "SPF is about the client and the envelope, which a message file does not have: give --client, --helo and --from as " +
    "your server logged them. What you leave out is taken from Received and Return-Path, which senders can forge.\n\n" +
    "Exit code: 0 the message authenticates (DMARC passes; without a DMARC record, SPF or DKIM), 3 it does not, 4 a " +
    "lookup failed, so the result is unknown; 2 the command line or a file is wrong.",
  examples: [
    [
      "Why did this message go to spam?",
      "milterkit explain message.eml --client 192.0.2.1 --from joe@example.com",
    ],
    [
      "May this server send mail for example.com?",
      "milterkit explain --domain example.com --client 192.0.2.1",
    ],
    [
      "Would a record that is not published yet be right?",
      "milterkit explain --domain example.com --client 192.0.2.1 --dns-records new-records.txt",
    ],
  ],
};
