/**
 * Asks a milter that runs on its own, in a place of the chain.
 *
 * @module
 */

import type { FilterDefinition } from "../../lib/filter/definition.ts";
import { defineFilter, type Filter, type OnError } from "../../lib/filter/filter.ts";
import { OptionError, type OptionSpec, type OptionValues } from "../../lib/options/options.ts";
import { scopeOfOptions } from "../common/scope_options.ts";
import { formatAddress, parseAddress } from "../../lib/net/address.ts";
import { type Clock, systemClock } from "../../lib/time/clock.ts";
import { MilterSession } from "./session.ts";
import { Upstream } from "./upstream.ts";

const OPTIONS: readonly OptionSpec[] = [
  {
    name: "address",
    kind: "connect-address",
    metavar: "ADDRESS",
    example: "inet:11332@localhost",
    description:
      "Where the milter listens: unix:/path, inet:port@host, inet6:port@host; none of this service's own addresses",
  },
  {
    name: "on-error",
    kind: "enum",
    metavar: "ACTION",
    choices: ["tempfail", "reject", "accept", "skip"],
    default: "tempfail",
    description:
      "What happens to a message on which it fails; accept: the message goes on without it; skip: so do the later " +
      "ones of the same SMTP connection",
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
      "Longest wait for the connection, and for an answer before end of message; less than --callback-timeout",
  },
  {
    name: "end-timeout",
    kind: "duration",
    metavar: "TIME",
    min: 1,
    max: 600_000,
    within: "message-timeout",
    default: "120s",
    description:
      "Longest silence at end of message, where a milter that needs longer says that it is at work",
  },
  {
    name: "reuse",
    kind: "flag",
    description:
      "Keep connections for the next SMTP client (QUIT_NC): for milters that are known to take that, such as those of " +
      "Milterkit; C libmilter does not always",
  },
];

/** The filter `milter`. */
export const milter: FilterDefinition = {
  name: "milter",
  summary: "Asks a milter that runs on its own, such as opendkim, rspamd or clamav-milter",
  description:
    `The milter takes its place in the chain: it sees the message as the filters before it left it, with the macros that
the MTA sent, and what it answers and changes counts as if the MTA had asked it there. It is offered what the MTA
offers, so the MTA must offer what it needs.

A milter that cannot be reached, closes, answers too late or what is no milter protocol has failed on the message at
hand, and --on-error says what becomes of that. Each message tries again with a new connection, so nothing has to be
restarted when the milter is back. One that did not even take a connection in time is left alone for 5 seconds.

What no milter should do and the MTA takes, the chain takes as that MTA does: header names with a colon or a space, the
null recipient, bytes that are not UTF-8. The answer "skip" anywhere but in the body: with Postfix the milter is told of
no more events of that kind in a row; with Sendmail it is not shown the body after skip at a header, and has failed after
skip at an earlier event. A recipient, a sender or ESMTP arguments with a line end are a failure.`,
  examples: [
    [
      "Limit the size, have opendkim sign or verify, then change headers:",
      "milterkit serve --listen inet:8891@localhost --filter size-limit --max 25MB " +
      "--filter milter --address unix:/run/opendkim/opendkim.sock --label opendkim " +
      '--filter header-rewrite --add "X-Checked: yes"',
    ],
    [
      "Ask rspamd about strangers alone, and take mail without it while it is down:",
      "milterkit serve --listen inet:8891@localhost --filter milter --address inet:11332@localhost --label rspamd " +
      "--not-client 127.0.0.0/8 --not-authenticated --on-error accept",
    ],
  ],
  options: OPTIONS,
  create: (options) => createMilter(options),
};

/**
 * Makes the filter.
 *
 * @param options its options
 * @param clock what tells the time
 * @throws {OptionError} without an address
 */
export function createMilter(
  options: OptionValues,
  clock: Clock = systemClock,
): Filter<MilterSession, undefined> {
  const text = options.get("connect-address", "address");
  if (text === undefined) {
    throw new OptionError("address", undefined, "say where the milter listens, such as inet:11332@localhost");
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
  const isForAll = scopeOfOptions(options) === undefined;
  return defineFilter<MilterSession, undefined>({
    name: `milter ${formatAddress(address)}`,
    // A milter that is skipped lets the message pass; that it is not asked again is its session's business.
    onError: skips ? "accept" : onError as OnError,
    // Its own end of waiting comes first, which is known to be the milter's fault.
    timeout: Math.min(timeout + 500, 600_000),
    // It may write, count and learn as it likes, so it is asked only about what the filters before it let through.
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
  });
}
