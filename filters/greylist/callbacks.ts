/**
 * The callbacks of the filter: what is decided at a recipient, and for the null sender at DATA.
 *
 * @module
 */

import type { Resolver } from "../../lib/dns/resolver.ts";
import type { MessageContext } from "../../lib/filter/context.ts";
import type { CreatedFilter } from "../../lib/filter/definition.ts";
import type { Counter, Histogram } from "../../lib/filter/filter_kit.ts";
import { tempfail, type Verdict } from "../../lib/filter/verdict.ts";
import { StoreUnavailableError } from "../../lib/store/store.ts";
import type { Clock } from "../../lib/time/clock.ts";
import { exemptRecipient, exemptSession, inDomain } from "./exemptions.ts";
import { clientAddress, type Evidence, gatherEvidence } from "./evidence.ts";
import { suspicionsOf } from "./suspicions.ts";
import { retryIdentity, stableSender, trustedIdentity } from "./identity.ts";
import type { Memory } from "./memory.ts";
import type { GreylistSettings } from "./options.ts";

/**
 * The longest wait for lookups, in milliseconds: well below the filter's time limit at a recipient
 * (--callback-timeout), so that slow name servers do not make the filter fail.
 */
const LOOKUP_TIME = 5000;
/** The time for lookups of this filter's own: a little less, so that what has been found by then counts. */
const OWN_LOOKUP_TIME = 4500;

/** What the callbacks use. */
export interface GreylistParts {
  readonly memory: Memory;
  readonly resolver: Resolver;
  readonly clock: Clock;
  /** Counts recipients by result. */
  readonly recipients: Counter<"result">;
  /** Counts how long mail had waited, in seconds. */
  readonly waits: Histogram;
}

/** What is known of a message. */
interface MessageState {
  /** Why it is not put off, whoever its recipients are. */
  exempt: string | undefined;
  /** What is known about who sends it; undefined if lookups take too long. */
  evidence: Promise<Evidence | undefined> | undefined;
  /** Whether its client is trusted, once that was asked. */
  trusted: Promise<boolean> | undefined;
  /** The recipients that are decided about at DATA. */
  readonly later: string[];
}

type Context = MessageContext<undefined, MessageState>;

/** The decision about a recipient: a word for metrics, the reason, and how long it has to wait. */
interface Decision {
  readonly result:
    | "exempt"
    | "unsuspicious"
    | "undecided"
    | "known"
    | "trusted"
    | "waited"
    | "put-off"
    | "early";
  readonly remark?: string | undefined;
  /** The milliseconds that are left. */
  readonly left?: number | undefined;
  /** Whether it cannot be decided, and the service is configured to put mail off in that case. */
  readonly isUnavailable?: boolean;
}

/**
 * Makes the callbacks.
 *
 * @param settings what the options say
 * @param parts what they use
 */
export function greylistFilter(
  settings: GreylistSettings,
  parts: GreylistParts,
): CreatedFilter<undefined, MessageState> {
  const decided = async (recipient: string, context: Context): Promise<Decision> => {
    const decision = await decide(recipient, context, settings, parts).catch(whenUnavailable);
    parts.recipients.add({ result: decision.result });
    if (decision.remark !== undefined) context.remark(`${recipient}: ${decision.remark}`);
    if (decision.left !== undefined) context.label("greylisted");
    return decision;
  };
  return {
    messageState: () => ({
      exempt: undefined,
      evidence: undefined,
      trusted: undefined,
      later: [],
    }),
    mail(_sender, context) {
      const { messageState: state } = context;
      const address = clientAddress(context);
      state.exempt = exemptSession(address, context);
      if (address === undefined || state.exempt !== undefined) return;
      const evidence = inTime(
        parts.clock,
        gatherEvidence(address, context, { ...parts, deadline: OWN_LOOKUP_TIME }),
      );
      // An error in this program is for the recipient, if one comes.
      evidence.catch(() => {});
      state.evidence = evidence;
    },
    async rcpt({ address }, context) {
      if (isNull(context)) context.messageState.later.push(address);
      else return verdictOf([await decided(address, context)]);
    },
    async data(context) {
      const { later } = context.messageState;
      if (later.length === 0) return;
      const accepted = new Set(context.recipients.map(({ address }) => address));
      const decisions: Decision[] = [];
      for (const address of later.filter((each) => accepted.has(each))) {
        decisions.push(await decided(address, context));
      }
      return verdictOf(decisions);
    },
  };
}

function isNull({ sender }: Context): boolean {
  return (sender?.address ?? "") === "";
}

function whenUnavailable(error: unknown): Decision {
  if (!(error instanceof StoreUnavailableError)) throw error;
  return { result: "undecided", remark: "put off: the state does not answer", isUnavailable: true };
}

function verdictOf(decisions: readonly Decision[]): Verdict<"tempfail"> | undefined {
  if (decisions.some(({ isUnavailable }) => isUnavailable)) {
    return tempfail(451, "4.3.0", "Cannot decide at the moment, please try again later");
  }
  const left = Math.max(0, ...decisions.map((decision) => decision.left ?? 0));
  if (left === 0) return undefined;
  const time = seconds(left);
  return tempfail(451, "4.7.1", `Greylisted, please try again in ${time} second${time === 1 ? "" : "s"}`);
}

async function decide(
  recipient: string,
  context: Context,
  settings: GreylistSettings,
  { memory, waits }: GreylistParts,
): Promise<Decision> {
  const { messageState: state } = context;
  if (state.exempt !== undefined || exemptRecipient(recipient)) return { result: "exempt" };
  const evidence = await state.evidence;
  if (evidence === undefined) return { result: "undecided", remark: "not greylisted: lookups took too long" };
  const { spf, client } = evidence;
  const passes = spf.result === "pass";
  const domains = [
    ...(passes && spf.domain !== undefined ? [spf.domain] : []),
    ...(client.status === "named" ? [client.name] : []),
  ];
  if (domains.some((domain) => inDomain(domain, settings.exemptDomains))) return { result: "exempt" };
  const found = passes && !settings.checkSpfPass ? [] : suspicionsOf(settings.conditions, evidence);
  if (found.length === 0) return { result: "unsuspicious" };
  const why = found.join(", ");

  const nobody = isNull(context);
  const trusted = trustedIdentity(evidence, settings.prefixes, nobody);
  if (await (state.trusted ??= memory.isTrusted(trusted))) {
    return { result: "trusted", remark: `not greylisted: its client is trusted (${why})` };
  }
  const who = retryIdentity(evidence, settings.prefixes, nobody);
  const sender = stableSender(context.sender?.mailbox ?? "");
  const attempt = await memory.attempt([who, sender, recipient.toLowerCase()].join("\n"));
  switch (attempt.outcome) {
    case "unknown":
      return { result: "undecided", remark: `not greylisted: the state does not answer (${why})` };
    case "known":
      return { result: "known", remark: `not greylisted: such mail has waited before (${why})` };
    case "waited": {
      waits.observe(attempt.waited / 1000);
      await memory.countWait(trusted);
      return { result: "waited", remark: `waited ${seconds(attempt.waited)} s (${why})` };
    }
    case "first":
    case "early": {
      const result = attempt.outcome === "first" ? "put-off" : "early";
      const { left } = attempt;
      return { result, left, remark: `greylisted: ${why}; ${seconds(left)} s left` };
    }
  }
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

/** What a lookup finds within its time; undefined later. The lookups themselves end at the end of the message. */
async function inTime<T>(clock: Clock, work: Promise<T>): Promise<T | undefined> {
  let callOff: (() => void) | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    callOff = clock.after(LOOKUP_TIME, () => resolve(undefined));
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    callOff?.();
  }
}
