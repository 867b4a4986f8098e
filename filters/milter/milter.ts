/**
 * Runs an external milter as a filter of the chain.
 *
 * @module
 */

import { type CreatedFilter, defineFilter } from "../../lib/filter/definition.ts";
import type { OnError } from "../../lib/filter/filter.ts";
import { MTA_CHANGES } from "../../lib/filter/filter_terms.ts";
import { declarationsOf } from "../../lib/filter/option_declarations.ts";
import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { haveConditions } from "../common/scope_options.ts";
import { formatAddress, parseAddress } from "../../lib/net/address.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { MilterSession } from "./session.ts";
import { Upstream } from "./upstream.ts";

const OPTIONS: readonly OptionSpec[] = [
  {
    name: "address",
    kind: "connect-address",
    metavar: "ADDRESS",
    example: "inet:11332@localhost",
    description:
      "Where the milter listens: unix:/path, inet:port@host, inet6:port@host; not one of this service's own addresses",
  },
  {
    name: "on-error",
    kind: "enum",
    metavar: "ACTION",
    choices: ["tempfail", "reject", "accept", "skip"],
    default: "tempfail",
    description:
      "What happens to a message if the milter fails on it; accept: the message continues without the milter; skip: so do " +
      "later messages of the same SMTP connection",
  },
  {
    name: "timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    within: "callback-timeout",
    default: "7s",
    description:
      "Longest wait for the connection, and for each answer before end of message; less than --callback-timeout",
  },
  {
    name: "end-timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    within: "message-timeout",
    default: "120s",
    description: "Longest silence at end of message; a milter that needs longer must send progress notices",
  },
  {
    name: "reuse",
    kind: "flag",
    description:
      "Keep connections for the next SMTP client (QUIT_NC); only for milters that are known to support it, such as " +
      "Milterkit's own; C libmilter does not always",
  },
];

/** The filter `milter`. */
export const milter = defineFilter({
  name: "milter",
  summary: "Asks an external milter, such as opendkim, rspamd or clamav-milter",
  description:
    `The milter takes its place in the chain: it sees the message as earlier filters left it, with the macros that the MTA
sent, and its answers and changes count as if the MTA had asked it at that point. It is offered what the MTA offers,
so the MTA must offer what the milter needs.

A milter fails on a message if it cannot be reached, closes the connection, answers too late, or violates the milter
protocol; --on-error then decides what happens to the message. Each message tries a new connection, so nothing has to
be restarted when the milter is back. If a connection times out, the milter is not tried again for 5 seconds.

Where a milter breaks the rules but the MTA tolerates it, the chain behaves like that MTA. This applies to header
names with a colon or a space, the null recipient, bytes that are not UTF-8, and the answer "skip" at events other
than body. After such a skip, Postfix sends the milter no more consecutive events of that kind. With Sendmail, skip at
a header skips the body, and skip at an earlier event is a failure. A line end in a recipient, a sender or ESMTP
arguments is always a failure.`,
  examples: [
    [
      "Limit the size, have opendkim sign or verify, then change headers:",
      "milterkit serve --listen inet:8825@localhost --filter size-limit --max 25MB " +
      "--filter milter --address unix:/run/opendkim/opendkim.sock --label opendkim " +
      '--filter header-rewrite --add "X-Checked: yes"',
    ],
    [
      "Ask rspamd only about mail from outside, and accept mail without it while it is down:",
      "milterkit serve --listen inet:8825@localhost --filter milter --address inet:11332@localhost --label rspamd " +
      "--not-client 127.0.0.0/8 --not-authenticated --on-error accept",
    ],
  ],
  changes: MTA_CHANGES,
  options: declarationsOf(OPTIONS),
  create: (_, { options, clock }) => createMilter(options, clock),
});

/**
 * Makes the filter.
 *
 * @param options its options
 * @param clock the clock for timeouts
 * @throws {OptionError} without an address
 */
export function createMilter(
  options: OptionValues,
  clock: Clock,
): CreatedFilter<MilterSession, undefined> {
  const text = options.get("connect-address", "address");
  if (text === undefined) {
    throw new OptionError("address", undefined, "give it, for example --address inet:11332@localhost");
  }
  const address = parseAddress(text);
  const onError = options.get("enum", "on-error")!;
  const skips = onError === "skip";
  const timeout = options.get("duration", "timeout")!;
  const upstream = new Upstream({
    address,
    timeout,
    endTimeout: options.get("duration", "end-timeout")!,
    reuse: options.get("flag", "reuse") ?? false,
    clock,
  });
  const isForAll = !haveConditions(options);
  return {
    name: `milter ${formatAddress(address)}`,
    // With skip, the message passes; the session ensures that the milter is not asked again.
    onError: skips ? "accept" : onError as OnError,
    // Later than the milter's own timeout, whose error says that the milter is at fault.
    timeout: Math.min(timeout + 500, 600_000),
    // It may write, count or learn, so it is asked only about messages that the filters before it let through.
    actsOutside: true,
    connectionState: () => new MilterSession(upstream, skips),
    negotiate: (offer, { connectionState }) => connectionState.negotiate(offer, !isForAll),
    connect: (_client, context) => context.connectionState.connect(context),
    helo: (name, context) => context.connectionState.helo(name, context),
    mail: (sender, context) => context.connectionState.mail(sender, context),
    rcpt: (recipient, context) => context.connectionState.rcpt(recipient, context),
    data: (context) => context.connectionState.data(context),
    header: (field, context) => context.connectionState.header(field, context),
    eoh: (context) => context.connectionState.eoh(context),
    body: (chunk, context) => context.connectionState.body(chunk, context),
    eom: (message, context) => context.connectionState.eom(message, context),
    unknown: (command, context) => context.connectionState.unknown(command, context),
    abort: ({ connectionState }) => connectionState.abort(),
    close: ({ connectionState }) => connectionState.close(),
  };
}
