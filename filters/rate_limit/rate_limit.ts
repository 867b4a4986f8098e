/**
 * Limits how much mail each login, sender, client or recipient may send.
 *
 * @module
 */

import { type CreatedFilter, defineFilter } from "../../lib/filter/definition.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { FilterKit } from "../../lib/filter/filter_kit.ts";
import { declarationsOf } from "../../lib/filter/option_declarations.ts";
import { reject, tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import type { EnvelopeAddress } from "../../lib/message/envelope.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import type { Limit } from "./limit.ts";
import { Limiter } from "./limiter.ts";
import { RATE_LIMIT_OPTIONS } from "./options.ts";
import { noticeSettings } from "./notice_settings.ts";
import { type RateLimitSettings, rateLimitSettings } from "./settings.ts";

/** What is known of a message. */
class MessageState {
  /** Whether it is our own notice; undefined until it was checked. */
  isOurs: boolean | undefined;
  /** The first limit that it was over, for actions at its end. */
  over: Limit | undefined;
}

/** The filter `rate-limit`. */
export const rateLimit = defineFilter({
  name: "rate-limit",
  summary: "Limits the mail of each login, sender, client or recipient, and notifies the administrator",
  description:
    `Counts messages or recipients, by login unless --by or --key says otherwise, and stops mail over a limit, so that a
stolen password does little harm. 100/1h burst 20 allows 20 at once, and over time up to 100 an hour. Without a burst,
all 100 can come at once. A refused attempt does not count, so the account can send again as soon as the limit allows
it.

WHO. Mail without a value for the key is not counted: by login, mail from clients that did not log in; by sender,
bounces (<>). Only a key that is a fixed text, such as --key everybody, counts all mail together. Logins, addresses
and HELO are compared without case. To limit only some mail, use the conditions that every filter has (--only-client,
--not-recipient and so on).

WHEN. Messages are counted at MAIL, and recipients one by one at RCPT, where only those over the limit are refused.
Counted mail stays counted, even if a later filter or the MTA refuses the message.

ACTIONS. tempfail answers 451 4.7.1, and well-behaved clients try again; reject answers 550 5.7.1. quarantine holds the message, mark
adds a field such as "X-Rate-Limit: over 100/1h" and lets it pass, both at the end of the message.

NOTICES. The first time a key exceeds a limit, and then at most once per --notify-every, a warning is logged,
--notify-command runs and --notify-mail is sent, all in the background: mail never waits for them. Notices pass this
filter uncounted. milterkit check sends none, and reports those it would send.

STATE. Counts are in the store that --state of serve names; in a file or Valkey they survive a restart, and several
workers and machines count together. rate-limit filters with the same --label, or without one, share counts. If the
store is unavailable, --on-state-error of serve decides: accept counts in this process alone until the store is back,
tempfail answers 451. With --dry-run, separate buckets are used, and no notices are sent.`,
  examples: [
    [
      "Stop stolen accounts, and notify the postmaster:",
      "milterkit serve --listen inet:8825@localhost --filter rate-limit --limit 200/1h --limit 1000/1d --count recipients --notify-mail postmaster@example.org",
    ],
    [
      "Accept at most 30 messages a minute from each network without a login:",
      "milterkit serve --listen inet:8825@localhost --filter rate-limit --by client --ipv4-prefix 24 --not-authenticated --limit 30/1m",
    ],
  ],
  changes: ["addHeader", "quarantine"],
  verdicts: ["mail", "rcpt"],
  messageState: () => new MessageState(),
  options: declarationsOf(RATE_LIMIT_OPTIONS),
  create: (_, kit) => createRateLimit(kit),
});

type RateFilter = CreatedFilter<undefined, MessageState>;
type Context = MessageContext<undefined, MessageState>;

function createRateLimit(kit: FilterKit): RateFilter {
  const settings = rateLimitSettings(kit.options);
  const limiter = new Limiter(settings, noticeSettings(kit.options), kit);
  const check = (context: Context, recipient?: EnvelopeAddress) =>
    checked(limiter, settings, context, recipient);
  return {
    ...(settings.unit === "messages"
      ? { mail: (_sender: EnvelopeAddress, context: Context) => check(context) }
      : { rcpt: (recipient: EnvelopeAddress, context: Context) => check(context, recipient) }),
    ...atEnd(settings),
    dispose: () => limiter.close(),
  };
}

/** Counts a message or a recipient, and returns the consequence. Mail without a key costs nothing. */
function checked(
  limiter: Limiter,
  settings: RateLimitSettings,
  context: Context,
  recipient?: EnvelopeAddress,
): void | Promise<Verdict<"reject" | "tempfail"> | void> {
  const { template, lengths, exempt } = settings;
  const key = template.key({ context, recipient, lengths });
  if (key === undefined || exempt.has(key)) return;
  return take(limiter, settings, context, key, recipient);
}

async function take(
  limiter: Limiter,
  { action, unit }: RateLimitSettings,
  context: Context,
  key: string,
  recipient: EnvelopeAddress | undefined,
): Promise<Verdict<"reject" | "tempfail"> | void> {
  const { messageState } = context;
  try {
    if (messageState.isOurs === undefined) {
      const isOurs = limiter.isOurs(context.helo);
      messageState.isOurs = typeof isOurs === "boolean" ? isOurs : await isOurs;
    }
    if (messageState.isOurs) return;
    const over = await limiter.take(key, context, recipient);
    if (!over) return;
    messageState.over ??= over.limit;
    const text = refusalText(unit, over.wait);
    if (action === "reject") return reject(550, "5.7.1", text);
    if (action === "tempfail") return tempfail(451, "4.7.1", text);
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    // The service is configured to put mail off in that case, and logs why.
    context.remark("put off: the state does not answer");
    return tempfail(451, "4.3.0", "Cannot count mail at the moment, try again later");
  }
}

function refusalText(unit: string, wait: number): string {
  return `Too many ${unit}, try again in ${timeText(wait)}`;
}

/** A time in words, rounded up, but to less than twice as long. */
function timeText(milliseconds: number): string {
  const units = [["hour", 3_600_000], ["minute", 60_000], ["second", 1000]] as const;
  const [name, size] = units.find(([, size]) => milliseconds > 2 * size) ?? units[2];
  const count = Math.max(1, Math.ceil(milliseconds / size));
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** The actions that wait for the end of the message. */
function atEnd({ action, markHeader }: RateLimitSettings): Partial<RateFilter> {
  if (action === "mark") {
    return {
      changes: ["addHeader"],
      readsHeader: false,
      eom(message, { messageState: { over } }) {
        if (over) message.addHeader(markHeader, `over ${over.text}`);
      },
    };
  }
  if (action === "quarantine") {
    return {
      changes: ["quarantine"],
      readsHeader: false,
      eom(message, { messageState: { over } }) {
        if (over) message.quarantine(`over the limit ${over.text}`);
      },
    };
  }
  return { changes: [] };
}
