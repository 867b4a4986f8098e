/**
 * Evaluates records: the function check_host of RFC 7208 section 4.
 *
 * @module
 */
import type { SpfClient } from "./client.ts";
import type { ClientNames } from "./client_names.ts";
import type { KnownAnswer, SpfLookups } from "./lookups.ts";
import { spfRecordsOf } from "./records_of_answer.ts";
import { MacroExpander, type MacroString, usesMacro } from "./macro_string.ts";
import { matches, matchesWithoutDns } from "./mechanisms.ts";
import { queryName } from "../dns_names.ts";
import type { Mechanism, SpfQualifier, SpfRecord } from "./record.ts";
import { SpfProblem, type SpfStep } from "./results.ts";
import type { SpfSender } from "./sender.ts";

/** What a check is about, and with what. */
export interface CheckContext {
  readonly client: SpfClient;
  readonly sender: SpfSender;
  readonly names: ClientNames;
  readonly lookups: SpfLookups;
  /** The name of the host that receives, for the macro `r`. */
  readonly receiver: string;
  /** The time in seconds since 1970, for the macro `t`. */
  readonly now: () => number;
  readonly onStep: ((step: SpfStep) => void) | undefined;
}

/** The result of the evaluation of a record. Errors are thrown. */
export interface HostOutcome {
  readonly result: SpfQualifier | "none";
  readonly reason: string;
  /** The mechanism that matched. */
  readonly mechanism?: string;
  /** The domain of the record that decided. */
  readonly domain: string;
  /** Its modifier `exp`. */
  readonly exp?: MacroString | undefined;
}

const REASONS: Readonly<Record<SpfQualifier, string>> = {
  pass: "the domain permits the client",
  fail: "the domain does not permit the client",
  softfail: "the domain says that the client is probably not permitted",
  neutral: "the domain says neither that the client is permitted nor that it is not",
};

/**
 * Evaluates the record of a domain.
 *
 * @param domain a name as `normalizeName` returns it
 * @param depth 0 for the first record, 1 for one that it includes
 * @throws {SpfProblem} for `temperror` and `permerror`
 */
export async function checkHost(domain: string, context: CheckContext, depth = 0): Promise<HostOutcome> {
  // An outage here belongs to the term that led to this domain.
  const answer = await context.lookups.need("TXT", domain);
  const record = await locate(() => selectRecord(answer, domain, context, depth), domain);
  if ("result" in record) return record;
  const { lookups, onStep } = context;
  for (const mechanism of record.mechanisms) {
    const matched = matchesWithoutDns(mechanism, context.client) ??
      await locate(() => evaluate(mechanism, domain, context, depth), domain, mechanism.text);
    onStep?.({ type: "term", depth, domain, term: mechanism.text, matched });
    if (!matched) continue;
    const { qualifier, text } = mechanism;
    return { result: qualifier, reason: REASONS[qualifier], mechanism: text, domain, exp: record.exp };
  }
  const { redirect } = record;
  if (redirect === undefined) {
    return { result: "neutral", reason: "no mechanism of the domain's record matches the client", domain };
  }
  return await locate(
    async () => {
      lookups.countTerm();
      const target = queryName((await expanderFor(domain, context, redirect)).name(redirect));
      onStep?.({ type: "term", depth, domain, term: record.redirectText ?? "redirect", matched: true });
      const outcome = target === undefined ? undefined : await checkHost(target, context, depth);
      if (outcome === undefined || outcome.result === "none") {
        throw new SpfProblem("permerror", "the domain of redirect has no SPF record"); // section 6.1
      }
      return outcome;
    },
    domain,
    record.redirectText,
  );
}

/** Adds to a problem where it is, unless it came from a record further in. */
async function locate<T>(call: () => T | Promise<T>, domain: string, term?: string): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof SpfProblem && error.domain === undefined) {
      error.domain = domain;
      error.value ??= term;
    }
    throw error;
  }
}

/** Sections 4.4 to 4.6. */
function selectRecord(
  answer: KnownAnswer<string>,
  domain: string,
  { onStep }: CheckContext,
  depth: number,
): SpfRecord | HostOutcome {
  if (answer.status === "nxdomain") return { result: "none", reason: "the domain does not exist", domain };
  const { texts, first: record } = spfRecordsOf(answer);
  if (record === undefined) return { result: "none", reason: "the domain has no SPF record", domain };
  for (const text of texts) onStep?.({ type: "record", depth, domain, text });
  if (texts.length > 1) throw new SpfProblem("permerror", "the domain has more than one SPF record");
  if ("problem" in record) throw new SpfProblem("permerror", record.problem, record.term);
  return record;
}

/** Whether a mechanism that needs DNS matches. */
async function evaluate(
  mechanism: Mechanism,
  domain: string,
  context: CheckContext,
  depth: number,
): Promise<boolean> {
  const { kind, target } = mechanism;
  context.lookups.countTerm();
  const expanded = target && (await expanderFor(domain, context, target)).name(target);
  const name = expanded === undefined ? domain : queryName(expanded);
  if (kind !== "include") return await matches(mechanism, name, context);
  // RFC 8616 section 4: a term matches nothing if its name has a local part that is not ASCII.
  if (name === undefined && expanded !== undefined && /[^\0-\x7f]/.test(expanded)) return false;
  const outcome = name === undefined ? undefined : await checkHost(name, context, depth + 1);
  if (outcome === undefined || outcome.result === "none") {
    throw new SpfProblem("permerror", "the included domain has no SPF record"); // section 5.2
  }
  return outcome.result === "pass";
}

/**
 * An expander for what a record of `domain` says.
 *
 * @param text what it is for: the client's name is only looked up if this needs it
 * @throws {SpfProblem} `temperror` if time is up
 */
export async function expanderFor(
  domain: string,
  { client, sender, names, receiver, now }: CheckContext,
  text: MacroString,
): Promise<MacroExpander> {
  const name = usesMacro(text, "p") ? await names.best(domain) : "unknown";
  const values: Readonly<Record<string, () => string>> = {
    s: () => `${sender.localPart}@${sender.domain}`,
    l: () => sender.localPart,
    o: () => sender.domain,
    d: () => domain,
    i: () => client.dotted,
    p: () => name,
    v: () => client.recordType === "A" ? "in-addr" : "ip6",
    h: () => sender.helo,
    c: () => client.text,
    r: () => receiver,
    t: () => String(Math.floor(now())),
  };
  return new MacroExpander((letter) => values[letter]?.() ?? "");
}
