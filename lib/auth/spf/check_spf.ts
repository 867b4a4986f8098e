/**
 * Checks whether a client may use the name of a domain (SPF, RFC 7208).
 *
 * @module
 */
import type { Resolver } from "../../dns/resolver.ts";
import { type Clock, systemClock } from "../../time/clock.ts";
import { Deadline } from "../deadline.ts";
import { wholeNumber } from "../whole_number.ts";
import { type CheckContext, checkHost } from "./check_host.ts";
import { clientOf } from "./client.ts";
import { ClientNames } from "./client_names.ts";
import { explanationOf } from "./explanation.ts";
import { SpfLookups } from "./lookups.ts";
import { type SpfIdentity, SpfProblem, type SpfResult, type SpfStep } from "./results.ts";
import { type SpfSender, spfSenderOf } from "./sender.ts";

/** What an MTA knows at MAIL. Any text is accepted; none of it is trusted. */
export interface SpfQuery {
  /** The client's IP address. An IPv4-mapped IPv6 address counts as IPv4. */
  readonly client: string;
  /** What the client said in HELO or EHLO; empty if nothing. */
  readonly helo: string;
  /** The address of MAIL FROM, with or without angle brackets; empty or `<>` for the null sender. */
  readonly mailFrom: string;
  /**
   * Which name to check. With a null sender, HELO is checked in either case (RFC 7208 section 2.4).
   * @default {"mailfrom"}
   */
  readonly identity?: SpfIdentity | undefined;
}

/** Settings of {@link checkSpf}. */
export interface CheckSpfOptions {
  /** Looks up the records. */
  readonly resolver: Resolver;
  /**
   * The maximum number of terms without an answer, 0 or more; with more the result is `permerror` (RFC 7208 section
   * 4.6.4).
   * @default {2}
   */
  readonly maxVoidLookups?: number | undefined;
  /**
   * The maximum number of milliseconds for the whole check, 1 or more; the RFC wants at least 20 seconds. Then it is
   * `temperror`.
   * @default {20000}
   */
  readonly deadline?: number | undefined;
  /**
   * Whether to look up the domain's explanation of a `fail`.
   * @default {true}
   */
  readonly explain?: boolean | undefined;
  /**
   * The name of this host, which an explanation may mention.
   * @default {"unknown"}
   */
  readonly receiver?: string | undefined;
  /** Ends the check: it is `temperror`. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each step, for showing how a result came about. The check throws what it throws. */
  readonly onStep?: ((step: SpfStep) => void) | undefined;
  /**
   * The clock for the deadline.
   * @default {the system's clock}
   */
  readonly clock?: Clock | undefined;
  /**
   * The time in seconds since 1970, which an explanation may mention.
   * @default {the system's}
   */
  readonly now?: (() => number) | undefined;
}

/**
 * Checks one identity of a client: the domain of MAIL FROM, or HELO. Bad input is a result, never an error.
 *
 * @param query the client, HELO and MAIL FROM
 * @param options where records are looked up, and limits
 * @throws {RangeError} (as a rejection) if a limit is not a whole number, or too small
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { checkSpf, parseRecordsFile } from "../../auth.ts";
 *
 * const resolver = parseRecordsFile(`
 * example.org      TXT "v=spf1 mx -all"
 * example.org      MX 10 mail.example.org
 * mail.example.org A 192.0.2.1
 * `);
 * const mail = { helo: "mail.example.org", mailFrom: "joe@example.org" };
 * const good = await checkSpf({ client: "192.0.2.1", ...mail }, { resolver });
 * assert.deepEqual([good.result, good.mechanism], ["pass", "mx"]);
 * const bad = await checkSpf({ client: "192.0.2.99", ...mail }, { resolver });
 * assert.deepEqual([bad.result, bad.reason], ["fail", "the domain does not permit the client"]);
 * ```
 */
export async function checkSpf(query: SpfQuery, options: CheckSpfOptions): Promise<SpfResult> {
  const { resolver, clock = systemClock, onStep, signal, receiver = "unknown" } = options;
  const maxVoid = wholeNumber("maxVoidLookups", options.maxVoidLookups ?? 2, 0);
  const milliseconds = wholeNumber("deadline", options.deadline ?? 20_000, 1);
  const sender = spfSenderOf(query.identity ?? "mailfrom", query.mailFrom, query.helo);
  const deadline = new Deadline(milliseconds, clock, signal);
  const lookups = new SpfLookups(resolver, deadline, maxVoid, onStep);
  const client = clientOf(query.client);
  try {
    if (client === undefined) return none(sender, "the client has no IP address", lookups);
    const names = new ClientNames(client, lookups);
    const now = options.now ?? ((): number => Date.now() / 1000);
    const context = { client, sender, names, lookups, receiver, now, onStep };
    return await check(sender, context, options.explain ?? true);
  } finally {
    deadline.end();
  }
}

async function check(sender: SpfSender, context: CheckContext, explain: boolean): Promise<SpfResult> {
  const { lookups } = context;
  const { identity, checked: domain } = sender;
  if (domain === undefined) return none(sender, sender.problem, lookups);
  try {
    const outcome = await checkHost(domain, context);
    const { result, reason, mechanism } = outcome;
    const explanation = explain && result === "fail" ? await explanationOf(outcome, context) : undefined;
    const recordDomain = result === "none" ? undefined : outcome.domain;
    return {
      result,
      identity,
      domain,
      reason,
      mechanism,
      recordDomain,
      explanation,
      lookups: lookups.counts,
    };
  } catch (error) {
    if (!(error instanceof SpfProblem)) throw error;
    return {
      result: error.code,
      identity,
      domain,
      reason: error.message,
      mechanism: error.value,
      recordDomain: error.domain,
      lookups: lookups.counts,
    };
  }
}

function none(sender: SpfSender, reason: string, lookups: SpfLookups): SpfResult {
  return {
    result: "none",
    identity: sender.identity,
    domain: sender.checked,
    reason,
    lookups: lookups.counts,
  };
}
